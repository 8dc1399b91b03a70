#include "load/follow_map.h"

namespace skbtrail::load {

namespace {

constexpr int16_t kOnStack = -8;

bpf_insn exchange_on_stack() {
  bpf_insn instruction{};
  instruction.code = BPF_STX | BPF_ATOMIC | BPF_DW;
  instruction.dst_reg = BPF_REG_10;
  instruction.src_reg = BPF_REG_1;
  instruction.off = kOnStack;
  instruction.imm = BPF_CMPXCHG;
  return instruction;
}

}  // namespace

bool exchanges_atomically(BpfKernel& kernel) {
  using namespace kernel::code;
  kernel::Code code{store_on_stack(kOnStack, 0), move_number(BPF_REG_0, 0), move_number(BPF_REG_1, 1),
                    exchange_on_stack()};
  for (const auto& instruction : kernel::nothing()) code.push_back(instruction);
  return kernel.loads({.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .code = std::move(code)});
}

uint32_t follow_table_bytes(const Plan& plan) {
  constexpr uint32_t kEach = sizeof(uint64_t) + sizeof(follow_value);
  const uint32_t slots = plan.follow_hash ? 0 : plan.track;
  return static_cast<uint32_t>(sizeof(follow_table)) + slots * kEach;
}

}  // namespace skbtrail::load
