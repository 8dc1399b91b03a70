// Fields of the section `route`: what a routing table was asked, and what it answered.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/fields.h"

namespace skbtrail::event {

// "unicast", "local", "blackhole": of a route; empty: there is none, or its type is not known.
std::string_view route_type(const Event& event);

// Why there is none that leads somewhere: an errno by name. "EAGAIN": none in this table.
std::string route_error(const Event& event);

// Each appends nothing where it is not known.
void append_route_table(Scratch& out, const Event& event);  // "main", or its number
// "route to 10.0.0.2 via 10.0.0.1 dev eth0 table main", "no route to 10.9.9.9 in table main", "blackhole route to
// 10.9.9.9 table main: EINVAL". To where the packet came from: "route back to ...".
void append_route(Scratch& out, const Event& event);

std::vector<Field> route_fields();

}  // namespace skbtrail::event
