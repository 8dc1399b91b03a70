// Functions that decide what becomes of a packet: whose rules they ask, as a person calls them, and which of their
// arguments are recorded for it. What they return is their verdict.
#pragma once

#include <cstdint>
#include <string_view>

namespace skbtrail::event {

// How their result is to be read (decision.cc).
enum class Answer : uint8_t {
  verdict,  // of netfilter, as ResultMeaning::verdict
  hook,     // nf_hook_slow(): 1 go on, 0 stolen or queued, below zero an errno: dropped
};

struct Decider {
  std::string_view function;
  std::string_view name;  // "iptables"
  Answer answer;
  bool has_table;  // section `table`; all have `hook`
};

// Null: it is none. `function`: without the suffix of a copy, or with it.
const Decider* decider_of(std::string_view function);

}  // namespace skbtrail::event
