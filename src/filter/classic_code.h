// What codes of classic BPF instructions say, and what linux/bpf_common.h skips (it is in linux/filter.h).
#pragma once

#include <linux/bpf_common.h>

#include <cstdint>
#include <optional>

namespace skbtrail::filter {

// X = A, A = X: BPF_TAX and BPF_TXA.
constexpr uint16_t kTaxCode = BPF_MISC | 0x00, kTxaCode = BPF_MISC | 0x80;

// A load at this offset yields skb->pkt_type and is never out of range: SKF_AD_OFF + SKF_AD_PKTTYPE of linux/filter.h.
constexpr uint32_t kPacketTypeOffset = 0xfffff004;

// Bytes that a load takes.
constexpr uint32_t load_bytes(uint32_t code) {
  return BPF_SIZE(code) == BPF_B ? 1 : BPF_SIZE(code) == BPF_H ? 2 : 4;
}

constexpr bool takes_x(uint32_t code) {
  return BPF_SRC(code) == BPF_X;
}

// Whether an operation is commutative (BPF_OP() of an ALU instruction).
constexpr bool is_commutative(uint32_t operation) {
  return operation == BPF_ADD || operation == BPF_MUL || operation == BPF_AND || operation == BPF_OR ||
         operation == BPF_XOR;
}

// Whether a test holds (BPF_OP() of a conditional jump); nothing where it is none.
constexpr std::optional<bool> holds(uint32_t operation, uint32_t a, uint32_t b) {
  switch (operation) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    case BPF_JSET: return (a & b) != 0;
    default: return std::nullopt;
  }
}

}  // namespace skbtrail::filter
