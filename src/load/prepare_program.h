// What is done to a program that libbpf has relocated, before the kernel gets it:
//
//   kernel functions are put in by their ids (kernel_functions.h)
//   ─► specialised for the configuration, with the prefilter inlined (specialise.h)
//   ─► its blocks in the order in which they follow each other (block_order.h)
#pragma once

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <optional>
#include <string>
#include <vector>

#include "load/kernel_functions.h"
#include "load/object_plan.h"
#include "load/specialise.h"

namespace skbtrail::load {

struct RelocatedProgram {
  std::string name;
  ProgramKind kind;
  std::vector<bpf_insn> code;
  std::vector<bpf_func_info> functions;  // where each begins, and its type
  std::vector<bpf_line_info> lines;
  // What else libbpf loads it with; what it points to is not its own, and `functions` and `lines` are not in it.
  bpf_prog_load_opts options;
};

// What all programs of an object are specialised for. Lends everything.
struct Specialisation {
  Constants constants;
  const btf* types;                                       // of the object, for the names of functions
  const std::optional<std::vector<bpf_insn>>& prefilter;  // the body of prefilter()
  const KernelFunctions& functions;
};

// Whether the prefilter could be put in; nothing: there is none, or the program has no use for it.
std::optional<bool> prepare(RelocatedProgram& program, const Specialisation& specialisation);

}  // namespace skbtrail::load
