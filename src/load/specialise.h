// A BPF program specialised for its configuration, as a compiler would: constants are propagated, branches that they
// decide become jumps, and dead code is eliminated.
//
//   r1 = config ll; r2 = *(u8 *)(r1 + 7); if r2 == 0 goto A; B ...       B ...
//
// The verifier knows constants of a frozen map as well and skips what they rule out, but what it skipped was read,
// relocated and checked before, is then cut out piece by piece (verifier_remove_insns, a third of the time that a load
// of ours took), and the loads of the constants themselves stay in the program for every hit.
//
// Constants are propagated through registers, spills to the stack, branches and calls, with a worklist of basic blocks.
// Liveness then tells what is dead, spills included. Byte swaps and differences of pointers are never evaluated:
// bpf/core.h uses them to hide a scalar's range from the verifier.
//
// Only functions that may be reached are looked at: a program is linked with all that it might call, of which most have
// little left, and there are dozens of programs.
//
// Failure: none. A program with an instruction that is not supported in a function that may be reached comes back as it
// was.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace skbtrail::load {

// A map whose only value never changes any more.
struct Constants {
  int map;  // its descriptor, as it is in the program (BPF_PSEUDO_MAP_VALUE)
  std::span<const std::byte> value;
  uint32_t cast = 0;  // BTF id of bpf_rdonly_cast, which takes two arguments; 0: there is none
};

// What is inlined instead of every call to one of the program's functions: code that uses R0 to R5 alone, without
// stack and calls, and leaves by exit.
struct Inlined {
  uint32_t function;  // where it begins
  std::span<const bpf_insn> body;
};

// Whether instruction `i` calls the program's own function that begins there.
bool calls(std::span<const bpf_insn> code, size_t i, uint32_t function);

struct Specialised {
  std::vector<bpf_insn> code;
  // For every instruction that there was, and one after the last: the number of instructions that are kept in front.
  std::vector<uint32_t> moved_to;
  bool supported = false;  // else it came back as it was
  bool inlined = false;    // the body replaces every call, if one was given

  [[nodiscard]] bool keeps(size_t begin, size_t end) const { return moved_to[end] > moved_to[begin]; }
};

// `code` is ready for the kernel, but for being specialised. `functions`: where each of its functions begins,
// ascending, the first at 0. `inlined` may be null.
Specialised specialise(std::span<const bpf_insn> code, std::span<const uint32_t> functions, const Constants& constants,
                       const Inlined* inlined = nullptr);

}  // namespace skbtrail::load
