// What is known of locations where there is no packet: a row of counted drops, a counter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bpf/drop_key.h"
#include "diagnose/advice.h"
#include "event/names.h"

namespace skbtrail::output {

struct Location {
  uint32_t netns;  // 0: not known, or none in particular
  uint32_t ifindex;
  std::string_view ifname;
};

// A command with placeholders (diagnose/command.h) as it is to be typed for a device in its namespace.
std::string command_at(std::string_view pattern, const Location& location, const event::Names& names);

// What a drop of this kind means, as of a drop (diagnose/advice.h).
diagnose::Advice advice_on(const drop_key& drop, const diagnose::Reasons& reasons, const event::Names& names);

}  // namespace skbtrail::output
