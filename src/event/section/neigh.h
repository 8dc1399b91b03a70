// Fields of the section `neigh`: a neighbor, whose link-layer address is asked for.
#pragma once

#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "INCOMPLETE": what it is changed to, else what it is; empty: not known.
std::string_view neigh_state(const Event& event);

// "neighbor 10.0.0.9 on eth0 asked 3 times": without its state. Nothing where it is not known.
void append_neigh_asked(Scratch& out, const Event& event);
// "neighbor 10.0.0.9 on eth0 asked 3 times: FAILED", "neighbor 10.0.0.2 on eth0 is at 02:00:00:00:00:01: REACHABLE".
void append_neigh(Scratch& out, const Event& event);

std::vector<Field> neigh_fields();

}  // namespace skbtrail::event
