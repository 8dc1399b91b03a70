// The basic blocks of a BPF program in an order in which few jumps are taken.
//
//   entry: ... goto C       entry: ...
//   A: if r1 goto E    ──►  C: if !r1 goto E'    what follows a block is after it, and what only leads on
//   B: goto F               F: ...               is skipped
//   C: if r1 goto B
//
// A compiler orders blocks for all configurations; of what a specialised program keeps (specialise.h) many blocks are
// a jump to the next. The kernel's JIT compilers (arch/*/net/bpf_jit_comp.c) translate instruction by instruction and
// leave them there: on the way of a hit that is refused one jump in three was such.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

namespace skbtrail::load {

struct Ordered {
  std::vector<bpf_insn> code;
  // For every instruction: which one of the given it was; kAdded for a jump that there was not.
  static constexpr uint32_t kAdded = UINT32_MAX;
  std::vector<uint32_t> from;
};

// `code` is a program that the kernel would take; `functions`: where each of its functions begins, ascending, the first
// at 0. Functions keep their order. Where a jump would become too long the program comes back as it was.
Ordered in_order_of_flow(std::span<const bpf_insn> code, std::span<const uint32_t> functions);

}  // namespace skbtrail::load
