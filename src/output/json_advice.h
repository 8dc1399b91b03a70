// What `drop -o json` says of a drop beside the event: what its reason means, and what to look at, as `-o drop` has it.
//
//   {"time":...,"drop_reason":"NO_SOCKET",...,"meaning":"no socket takes it; ...","look":["ip netns exec green ss"]}
//
// A false alarm has none of these: `benign` says what it is.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "diagnose/advice.h"
#include "event/event.h"

namespace skbtrail::output {

struct AdviceKey {
  std::string_view name;
  bool is_list;
  std::string_view meaning;
};

// In the order in which they are printed; for the schema.
std::span<const AdviceKey> advice_keys();

// Members of an object, each after a comma. With `explains` all that is known, else the meaning and the most telling
// command.
void append_json_advice(fmt::memory_buffer& out, const event::Event& event, const diagnose::Reasons& reasons,
                        bool explains);
void append_json_advice(fmt::memory_buffer& out, const diagnose::Advice& advice, bool explains);

}  // namespace skbtrail::output
