// Fields of the section `conntrack`: the connection to which the kernel counts a packet. They are there where they are
// asked for.
#pragma once

#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

std::vector<Field> conntrack_fields();

}  // namespace skbtrail::event
