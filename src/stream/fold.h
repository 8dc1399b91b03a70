// A BPF program with its configuration worked in: what the configuration decides is decided, and code that can no
// longer be reached, or whose result nobody uses, is left out.
//
//   r1 = config ll; r2 = *(u8 *)(r1 + 7); if r2 == 0 goto A; B ...       B ...
//
// The verifier knows constants of a frozen map as well and skips what they rule out, but what it skipped was read,
// relocated and checked before, is then cut out piece by piece (verifier_remove_insns, a third of the time that a load
// of ours took), and the loads of the constants themselves stay in the program for every hit.
//
// Values are followed through registers, what is put aside on the stack, branches and calls. What is put aside and not
// read any more is not put aside. Byte swaps and differences of pointers are never worked out: bpf/core.h uses them to
// hide from the verifier what it knows.
//
// Failure: none. A program with something in it that is not understood comes back as it was.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace skbtrail::stream {

// A map whose only value never changes any more.
struct Constants {
  int map;  // its descriptor, as it stands in the program (BPF_PSEUDO_MAP_VALUE)
  std::span<const std::byte> value;
  uint32_t cast = 0;  // BTF id of bpf_rdonly_cast, which takes two arguments; 0: there is none
};

// What is put in the place of every call to one of the program's functions: code that uses R0 to R5 alone, without
// stack and calls, and leaves by exit.
struct Inlined {
  uint32_t function;  // where it begins
  std::span<const bpf_insn> body;
};

// Whether instruction `i` calls the program's own function that begins there.
bool calls(std::span<const bpf_insn> code, size_t i, uint32_t function);

struct FoldedProgram {
  std::vector<bpf_insn> code;
  // For every instruction that there was: the number of instructions that are left in front of it, and whether it is
  // left itself.
  std::vector<uint32_t> place;
  std::vector<bool> left;
  bool inlined = false;  // the body stands in the place of every call, if one was given
};

// `code` is ready for the kernel, but for what is folded here. `functions`: where each of its functions begins,
// ascending, the first at 0. `inlined` may be null.
FoldedProgram fold(std::span<const bpf_insn> code, std::span<const uint32_t> functions, const Constants& constants,
                   const Inlined* inlined = nullptr);

}  // namespace skbtrail::stream
