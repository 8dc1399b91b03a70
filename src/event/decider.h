// Functions that decide what becomes of a packet: whose rules they ask, as a person calls them, and which of their
// arguments are recorded for it. What they return is their verdict; that of a single rule is what it is traced with.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/record.h"

namespace skbtrail::event {

// How their result is to be read (decision.cc).
enum class Answer : uint8_t {
  verdict,  // of netfilter, as ResultMeaning::verdict
  hook,     // nf_hook_slow(): 1 go on, 0 stolen or queued, below zero an errno: dropped
  action,   // TC_ACT_*
  error,    // below zero an errno: dropped, unless it is EINPROGRESS
  refusal,  // the same, or a drop reason; all else says nothing, as there may have been nothing to ask
  rule,     // none: the kernel's trace calls it with what a rule said, in the section `rule`
};

struct Decider {
  std::string_view functions;  // separated by spaces
  std::string_view name;       // "iptables"
  Answer answer;
  uint32_t sections;  // enum rec_section: what is known of who is asked

  [[nodiscard]] bool has_table() const { return sections & REC_SECTION_TABLE; }
};

// All sections of deciders.
constexpr uint32_t kDeciderSections =
    REC_SECTION_HOOK | REC_SECTION_TABLE | REC_SECTION_TC | REC_SECTION_IPVS | REC_SECTION_XFRM | REC_SECTION_RULE;

// Null: it is none. `function`: without the suffix of a copy, or with it.
const Decider* decider_of(std::string_view function);

}  // namespace skbtrail::event
