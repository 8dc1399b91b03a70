// eBPF instructions as values, and an assembler that knows labels. What it makes has no relocations and no instruction
// of two slots (ld_imm64), so it can be put anywhere in an object file; jumps only go forward.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace skbtrail::filter::ebpf {

enum Register : uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, fp };

inline bpf_insn instruction(int code, Register to, Register from, int offset, uint32_t immediate) {
  bpf_insn made{};
  made.code = static_cast<uint8_t>(code);
  made.dst_reg = to & 0xf;
  made.src_reg = from & 0xf;
  made.off = static_cast<int16_t>(offset);
  made.imm = static_cast<int32_t>(immediate);
  return made;
}

// Operations in 32 bits clear the upper half of their target, as C's u32 does. `op` is BPF_ADD, BPF_MOV, ….
inline bpf_insn alu32(int op, Register to, uint32_t value) {
  return instruction(BPF_ALU | op | BPF_K, to, r0, 0, value);
}
inline bpf_insn alu32(int op, Register to, Register from) {
  return instruction(BPF_ALU | op | BPF_X, to, from, 0, 0);
}
// In 64 bits; `value` is sign-extended.
inline bpf_insn alu64(int op, Register to, int32_t value) {
  return instruction(BPF_ALU64 | op | BPF_K, to, r0, 0, static_cast<uint32_t>(value));
}
inline bpf_insn alu64(int op, Register to, Register from) {
  return instruction(BPF_ALU64 | op | BPF_X, to, from, 0, 0);
}
// From network to host order; `bits` is 16, 32 or 64. Clears what is above.
inline bpf_insn from_network(Register which, uint32_t bits) {
  return instruction(BPF_ALU | BPF_END | BPF_TO_BE, which, r0, 0, bits);
}

// The size bits of a load of 1, 2, 4 or 8 bytes.
inline int size_code(uint32_t bytes) {
  switch (bytes) {
    case 1: return BPF_B;
    case 2: return BPF_H;
    case 4: return BPF_W;
    case 8: return BPF_DW;
    default: throw std::invalid_argument("no load of such a size");
  }
}
inline bpf_insn load(uint32_t bytes, Register to, Register base, int offset) {
  return instruction(BPF_LDX | BPF_MEM | size_code(bytes), to, base, offset, 0);
}
inline bpf_insn store(uint32_t bytes, Register base, int offset, Register from) {
  return instruction(BPF_STX | BPF_MEM | size_code(bytes), base, from, offset, 0);
}
inline bpf_insn store_zero(uint32_t bytes, Register base, int offset) {
  return instruction(BPF_ST | BPF_MEM | size_code(bytes), base, r0, offset, 0);
}
inline bpf_insn call(bpf_func_id helper) {
  return instruction(BPF_JMP | BPF_CALL, r0, r0, 0, helper);
}
// A function of the kernel proper, by its BTF id.
inline bpf_insn call_kfunc(uint32_t id) {
  return instruction(BPF_JMP | BPF_CALL, r0, static_cast<Register>(BPF_PSEUDO_KFUNC_CALL), 0, id);
}
// The condition that holds where this one does not, if there is one (not for BPF_JSET).
inline std::optional<int> inverse(int operation) {
  switch (operation) {
    case BPF_JEQ: return BPF_JNE;
    case BPF_JNE: return BPF_JEQ;
    case BPF_JGT: return BPF_JLE;
    case BPF_JLE: return BPF_JGT;
    case BPF_JGE: return BPF_JLT;
    case BPF_JLT: return BPF_JGE;
    case BPF_JSGT: return BPF_JSLE;
    case BPF_JSLE: return BPF_JSGT;
    case BPF_JSGE: return BPF_JSLT;
    case BPF_JSLT: return BPF_JSGE;
    default: return std::nullopt;
  }
}
inline bpf_insn exit() {
  return instruction(BPF_JMP | BPF_EXIT, r0, r0, 0, 0);
}

class Assembler {
 public:
  // A jump target that is jumped to before its index is known. Valid for the assembler that made it.
  enum class Label : size_t {};

  Label new_label() {
    indices_.push_back(kUnbound);
    return Label{indices_.size() - 1};
  }
  void bind(Label label) { indices_.at(index(label)) = code_.size(); }

  void emit(const bpf_insn& made) { code_.push_back(made); }

  // `op` is BPF_JEQ, BPF_JGT, …, unsigned. The 64-bit form sign-extends `value`.
  void jump(Label to) { emit_jump(instruction(BPF_JMP | BPF_JA, r0, r0, 0, 0), to); }
  void jump32(int op, Register left, uint32_t value, Label to) {
    emit_jump(instruction(BPF_JMP32 | op | BPF_K, left, r0, 0, value), to);
  }
  void jump32(int op, Register left, Register right, Label to) {
    emit_jump(instruction(BPF_JMP32 | op | BPF_X, left, right, 0, 0), to);
  }
  void jump64(int op, Register left, int32_t value, Label to) {
    emit_jump(instruction(BPF_JMP | op | BPF_K, left, r0, 0, static_cast<uint32_t>(value)), to);
  }
  void jump64(int op, Register left, Register right, Label to) {
    emit_jump(instruction(BPF_JMP | op | BPF_X, left, right, 0, 0), to);
  }

  size_t size() const { return code_.size(); }

  // The finished code; the assembler is empty afterwards. Throws std::length_error if a jump is longer than its 16-bit
  // offset can say, std::logic_error if a label that is jumped to was never bound, or was bound before the jump.
  std::vector<bpf_insn> finish() {
    for (const Jump& jump : jumps_) code_[jump.from].off = distance(jump);
    jumps_.clear();
    indices_.clear();
    return std::move(code_);
  }

 private:
  static constexpr size_t kUnbound = SIZE_MAX;
  struct Jump {
    size_t from;
    Label to;
  };

  static size_t index(Label label) { return static_cast<size_t>(label); }

  void emit_jump(const bpf_insn& made, Label to) {
    jumps_.push_back({code_.size(), to});
    code_.push_back(made);
  }

  int16_t distance(const Jump& jump) const {
    const size_t target = indices_.at(index(jump.to));
    if (target == kUnbound || target <= jump.from) throw std::logic_error("a jump that does not go forward");
    const size_t skipped = target - jump.from - 1;
    if (skipped > INT16_MAX) throw std::length_error("a jump too long");
    return static_cast<int16_t>(skipped);
  }

  std::vector<bpf_insn> code_;
  std::vector<size_t> indices_;
  std::vector<Jump> jumps_;
};

}  // namespace skbtrail::filter::ebpf
