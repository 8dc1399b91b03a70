// BPF programs that a run was asked for and that were loaded after it began: they are not traced, and it says so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/bpf_programs.h"

namespace skbtrail::run {

// What a run was asked for of programs.
struct ProgramWords {
  std::vector<std::string> wanted, excluded;  // words of -t and -x
  uint32_t last = 0;                          // the last program that there was
};

// A sentence, of a few of them by name; empty: there are none, or the kernel does not list them any more.
std::string loaded_later(kernel::BpfProgramSource& source, const ProgramWords& words);

}  // namespace skbtrail::run
