// Which tracepoints share a program (bpf/tracepoint.h). A program takes the verifier milliseconds, in an emulated guest
// a quarter of a second, and those of most tracepoints would be alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bpf/config.h"
#include "probe/tracepoints.h"

namespace skbtrail::attach {

// At most SKBTRAIL_SHARED programs. One may be for a single tracepoint: where none has a program with types, libbpf
// does not read the kernel's BTF, which takes as long as several programs do.
struct SharedPrograms {
  std::vector<probe_config> programs;  // their configuration
  std::vector<uint8_t> of;             // for each tracepoint: its program's number, counted from 1; 0: its own

  // Of tracepoints as they were chosen, with their sections.
  static SharedPrograms among(std::span<const probe::Probe> tracepoints);
};

// The attach cookie, by which the shared program is told of the tracepoint: its number in the plan, and where its
// arguments are.
uint64_t cookie_of(size_t number, const probe_config& config);

}  // namespace skbtrail::attach
