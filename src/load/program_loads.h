// Programs prepared and loaded by several threads at once. The verifier takes most of the time of a start, and for who
// may load programs at all (CAP_BPF) it holds no lock meanwhile (bpf_check() in kernel/bpf/verifier.c, since 5.3).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernel/fd.h"
#include "load/bpf_kernel.h"
#include "load/prepare_program.h"

namespace skbtrail::load {

struct ProgramLoads {
  std::vector<Fd> programs;  // in their order
  FastReject fast;
  // Of the first that the kernel refused; 0: it took all.
  int error = 0;  // an errno
  std::string refused;
  std::string log;  // what the verifier says
};

ProgramLoads load_programs(std::span<RelocatedProgram> programs, const Specialisation& specialisation);

}  // namespace skbtrail::load
