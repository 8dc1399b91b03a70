// What is different about a packet from one look at it to the next.
#pragma once

#include <vector>

#include "trail/trail.h"

namespace skbtrail::trail {

// Adds what changed to `changes`.
void find_changes(std::vector<Change>& changes, const Look& from, const Look& to);

}  // namespace skbtrail::trail
