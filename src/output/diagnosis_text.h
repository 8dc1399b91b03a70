// What --diagnose says of a trail, below its head, and what it comes to at the end:
//
//     error no-socket: no socket takes it; the sender gets a reset or an ICMP error
//       look: ip netns exec web ss -Hanpt sport = :9001
//
// A command is never broken, so that it can be copied.
#pragma once

#include <fmt/format.h>

#include <vector>

#include "diagnose/diagnosis.h"

namespace skbtrail::output {

struct FindingStyle {
  size_t width = 0;  // columns; 0: lines are not broken
  bool color = false;
  bool explains = false;  // causes, and all commands
};
void append_findings(fmt::memory_buffer& out, const trail::Trail& trail, const std::vector<diagnose::Finding>& findings,
                     const FindingStyle& style);

void append_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis, size_t width, bool color);

}  // namespace skbtrail::output
