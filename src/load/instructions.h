// What kind of BPF instruction it is: for what reads and rewrites programs that are ready for the kernel (specialise.h,
// block_order.h). The classes and codes are those of linux/bpf.h and of Documentation/bpf/standardization.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>

namespace skbtrail::load {

inline constexpr uint8_t kLoadImmediate =
    BPF_LD | BPF_IMM | BPF_DW;  // two slots, of which the second is no instruction

inline uint8_t class_of(const bpf_insn& insn) {
  return BPF_CLASS(insn.code);
}
inline bool is_jump(const bpf_insn& insn) {
  return class_of(insn) == BPF_JMP || class_of(insn) == BPF_JMP32;
}
inline bool is_call(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_CALL);
}
inline bool is_own_call(const bpf_insn& insn) {
  return is_call(insn) && insn.src_reg == BPF_PSEUDO_CALL;
}
inline bool is_exit(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_EXIT);
}
inline bool is_goto(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_JA);
}
inline bool is_condition(const bpf_insn& insn) {
  const uint8_t operation = BPF_OP(insn.code);
  return is_jump(insn) && operation != BPF_JA && operation != BPF_CALL && operation != BPF_EXIT &&
         operation <= BPF_JSLE;
}
// How much room it takes in a program, in instructions.
inline size_t slots(const bpf_insn& insn) {
  return insn.code == kLoadImmediate ? 2 : 1;
}

}  // namespace skbtrail::load
