// What a tracepoint's print format says of its fields. It is an argument list of printf in C:
//
//   "dev=%s saddr=%pI4 newstate=%s", __get_str(name), REC->saddr, __print_symbolic(REC->newstate, { 1, "UP" }, ...)
//
// An argument that is one field (with casts and parentheses around it), or a table of names of one, tells how that
// field is meant; other expressions tell nothing, and that is no failure. Any text may be handed in.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "event/event_format.h"

namespace skbtrail::event {

struct Meaning {
  std::string field;
  Look look = Look::decimal;  // decimal: it says nothing
  std::map<uint64_t, std::string> names;
};

std::vector<Meaning> parse_print_format(std::string_view text);

}  // namespace skbtrail::event
