// Runs what classic.cc and prefilter.cc emit, and nothing else: an instruction they do not emit, a register read before
// it was written, a jump that does not go forward, memory beyond what the agreement in filter/classic.h grants, each
// throws. So it holds the code to less than the kernel's verifier would, but on every input, without a kernel.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "filter/classic.h"

namespace skbtrail::test {

struct InterpretedPacket {
  std::span<const uint8_t> copy;    // `copied_max` bytes
  std::span<const uint8_t> linear;  // what bpf_probe_read_kernel finds
  uint32_t copied = 0;
  uint32_t wire_len = 0;
  uint32_t packet_type = 0;
  uint16_t ethertype = 0;
  uint32_t tag = 0;
  uint16_t variant = 0;  // for the code of filter/packet_filter.h
};

class Interpreter {
 public:
  // What a translation with Access::typed has to be told.
  static constexpr uint32_t kCastFunction = 77, kCastType = 99;

  // Keeps a reference to `code`.
  explicit Interpreter(const std::vector<bpf_insn>& code) : code_(code) {}

  uint32_t run(const InterpretedPacket& packet) {
    begin(packet);
    set(1, kCopyAt);
    set(2, packet.copied | uint64_t{packet.ethertype} << 32 | uint64_t{packet.variant} << 48);
    set(3, packet.wire_len | uint64_t{packet.packet_type} << 32);
    set(4, kLinearAt);
    set(5, packet.linear.size() | uint64_t{packet.tag} << 32);
    set(10, kStackAt);
    for (size_t at = 0;;) {
      const bpf_insn& it = code_.at(at);
      if (it.code == (BPF_JMP | BPF_EXIT)) return static_cast<uint32_t>(get(0));
      at = step(it) ? at + 1 + distance(it) : at + 1;
    }
  }

  // Code of filter/prefilter.h: `bytes` are all that may be read at R1, the Ethernet type first, `linear` is what R2
  // says of them. Nothing if it runs off its end.
  std::optional<uint32_t> run_quick(std::span<const uint8_t> bytes, int64_t linear, uint16_t protocol, uint64_t first) {
    const InterpretedPacket packet{.copy = bytes, .linear = {}};
    begin(packet);
    set(1, kCopyAt);
    set(2, static_cast<uint64_t>(linear));
    set(3, protocol);
    set(4, first);
    for (size_t at = 0; at != code_.size();) {
      const bpf_insn& it = code_.at(at);
      if (it.code == (BPF_JMP | BPF_EXIT)) return static_cast<uint32_t>(get(0));
      at = step(it) ? at + 1 + distance(it) : at + 1;
    }
    return std::nullopt;
  }

 private:
  static constexpr uint64_t kCopyAt = 0x1000000000, kLinearAt = 0x2000000000, kStackAt = 0x3000000000;

  void begin(const InterpretedPacket& packet) {
    packet_ = &packet;
    written_.fill(false);
    stack_written_.fill(false);
  }

  static void require(bool holds, const char* what) {
    if (!holds) throw std::logic_error(std::string("eBPF: ") + what);
  }

  uint64_t get(unsigned which) const {
    require(written_.at(which), "a register is read before it was written");
    return registers_[which];
  }
  void set(unsigned which, uint64_t value) {
    written_.at(which) = true;
    registers_[which] = value;
  }

  static size_t distance(const bpf_insn& it) {
    require(it.off >= 0, "a jump backwards");
    return static_cast<size_t>(it.off);
  }

  // True if it jumps.
  bool step(const bpf_insn& it) {
    switch (BPF_CLASS(it.code)) {
      case BPF_ALU:
      case BPF_ALU64: alu(it); return false;
      case BPF_LDX: load(it); return false;
      case BPF_ST: store(it, static_cast<uint64_t>(int64_t{it.imm})); return false;
      case BPF_STX: store(it, get(it.src_reg)); return false;
      case BPF_JMP:
        if (it.code == (BPF_JMP | BPF_JA)) return true;
        if (it.code != (BPF_JMP | BPF_CALL)) return jumps(it, false);
        call(it);
        return false;
      case BPF_JMP32: return jumps(it, true);
      default: require(false, "an instruction that is not emitted"); return false;
    }
  }

  uint64_t operand(const bpf_insn& it) const {
    return it.code & BPF_X ? get(it.src_reg) : static_cast<uint64_t>(int64_t{it.imm});
  }

  void alu(const bpf_insn& it) {
    const bool narrow = BPF_CLASS(it.code) == BPF_ALU;
    if (BPF_OP(it.code) == BPF_END) return swap(it);
    uint64_t left = BPF_OP(it.code) == BPF_MOV ? 0 : get(it.dst_reg), right = operand(it);
    if (narrow) left = static_cast<uint32_t>(left), right = static_cast<uint32_t>(right);
    const uint64_t result = computed(BPF_OP(it.code), left, right, narrow ? 32 : 64);
    set(it.dst_reg, narrow ? static_cast<uint32_t>(result) : result);
  }

  static uint64_t computed(int operation, uint64_t left, uint64_t right, uint32_t bits) {
    switch (operation) {
      case BPF_ADD: return left + right;
      case BPF_SUB: return left - right;
      case BPF_MUL: return left * right;
      case BPF_OR: return left | right;
      case BPF_AND: return left & right;
      case BPF_XOR: return left ^ right;
      case BPF_MOV: return right;
      case BPF_NEG: return 0 - left;
      case BPF_DIV: require(right != 0, "division by zero"); return left / right;
      case BPF_MOD: require(right != 0, "division by zero"); return left % right;
      case BPF_LSH: require(right < bits, "shift too far"); return left << right;
      case BPF_RSH: require(right < bits, "shift too far"); return left >> right;
      default: require(false, "an operation that is not emitted"); return 0;
    }
  }

  void swap(const bpf_insn& it) {
    static_assert(std::endian::native == std::endian::little);
    require(it.code == (BPF_ALU | BPF_END | BPF_TO_BE), "a swap that is not emitted");
    const uint64_t value = get(it.dst_reg);
    require(it.imm == 16 || it.imm == 32, "a swap that is not emitted");
    set(it.dst_reg, it.imm == 16 ? __builtin_bswap16(static_cast<uint16_t>(value))
                                 : __builtin_bswap32(static_cast<uint32_t>(value)));
  }

  static size_t bytes_of(const bpf_insn& it) {
    switch (BPF_SIZE(it.code)) {
      case BPF_B: return 1;
      case BPF_H: return 2;
      case BPF_W: return 4;
      default: return 8;
    }
  }

  uint64_t address(unsigned base, int offset) const { return get(base) + static_cast<uint64_t>(int64_t{offset}); }

  void load(const bpf_insn& it) {
    require(BPF_MODE(it.code) == BPF_MEM, "a load that is not emitted");
    const uint64_t from = address(it.src_reg, it.off);
    const size_t bytes = bytes_of(it);
    uint64_t value = 0;
    if (from >= kLinearAt && from + bytes <= kLinearAt + packet_->linear.size())
      std::memcpy(&value, packet_->linear.data() + (from - kLinearAt), bytes);
    else if (from >= kCopyAt && from + bytes <= kCopyAt + packet_->copy.size())
      std::memcpy(&value, packet_->copy.data() + (from - kCopyAt), bytes);
    else
      std::memcpy(&value, on_stack(from, bytes, false), bytes);
    set(it.dst_reg, value);
  }

  void store(const bpf_insn& it, uint64_t value) {
    require(BPF_MODE(it.code) == BPF_MEM, "a store that is not emitted");
    std::memcpy(on_stack(address(it.dst_reg, it.off), bytes_of(it), true), &value, bytes_of(it));
  }

  uint8_t* on_stack(uint64_t at, size_t bytes, bool writes) {
    require(at >= kStackAt - filter::kStackMax && at + bytes <= kStackAt, "memory that is not granted");
    const size_t first = at - (kStackAt - filter::kStackMax);
    for (size_t i = first; i < first + bytes; i++) {
      require(writes || stack_written_[i], "stack is read before it was written");
      stack_written_[i] = true;
    }
    return stack_.data() + first;
  }

  bool jumps(const bpf_insn& it, bool narrow) const {
    uint64_t left = get(it.dst_reg), right = operand(it);
    if (narrow) left = static_cast<uint32_t>(left), right = static_cast<uint32_t>(right);
    switch (BPF_OP(it.code)) {
      case BPF_JEQ: return left == right;
      case BPF_JNE: return left != right;
      case BPF_JGT: return left > right;
      case BPF_JGE: return left >= right;
      case BPF_JLT: return left < right;
      case BPF_JLE: return left <= right;
      case BPF_JSLT: return static_cast<int64_t>(left) < static_cast<int64_t>(right);
      case BPF_JSGE: return static_cast<int64_t>(left) >= static_cast<int64_t>(right);
      case BPF_JSET: return (left & right) != 0;
      default: require(false, "a jump that is not emitted"); return false;
    }
  }

  // The kfunc that casts an address.
  void cast() {
    set(0, get(1));
    require(get(2) == kCastType, "a cast to another type");
    for (unsigned clobbered = 1; clobbered <= 5; clobbered++) written_[clobbered] = false;
  }

  void call(const bpf_insn& it) {
    if (it.src_reg == BPF_PSEUDO_KFUNC_CALL && it.imm == kCastFunction) return cast();
    require(it.imm == BPF_FUNC_probe_read_kernel && it.src_reg == 0, "a call that is not agreed");
    const uint64_t to = get(1), bytes = get(2), from = get(3);
    const bool there = from >= kLinearAt && from + bytes <= kLinearAt + packet_->linear.size();
    require(there, "a read beyond `linear`");
    std::memcpy(on_stack(to, bytes, true), packet_->linear.data() + (from - kLinearAt), bytes);
    for (unsigned clobbered = 1; clobbered <= 5; clobbered++) written_[clobbered] = false;
    set(0, 0);
  }

  const std::vector<bpf_insn>& code_;
  const InterpretedPacket* packet_ = nullptr;
  std::array<uint64_t, 11> registers_{};
  std::array<bool, 11> written_{};
  std::array<uint8_t, filter::kStackMax> stack_{};
  std::array<bool, filter::kStackMax> stack_written_{};
};

}  // namespace skbtrail::test
