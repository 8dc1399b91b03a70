#include "load/block_order.h"

#include <numeric>
#include <optional>
#include <utility>

#include "filter/ebpf.h"
#include "load/instructions.h"

namespace skbtrail::load {

namespace {

class Order {
 public:
  Order(std::span<const bpf_insn> code, std::span<const uint32_t> functions) : code_(code), functions_(functions) {}

  std::optional<Ordered> made() {
    find_blocks();
    if (has_endless_jumps()) return std::nullopt;
    for (size_t f = 0; f < functions_.size(); f++) order(f);
    return resolved() ? std::optional(std::move(ordered_)) : std::nullopt;
  }

 private:
  void find_blocks();
  [[nodiscard]] size_t target(size_t i) const {
    return static_cast<size_t>(static_cast<int64_t>(i) + 1 + code_[i].off);
  }
  [[nodiscard]] bool has_endless_jumps() const;
  [[nodiscard]] size_t past_jumps(size_t i) const;
  void order(size_t function);
  void place(size_t first);
  std::optional<size_t> place_block(size_t first);
  size_t place_condition(size_t i);
  void add(const bpf_insn& insn, uint32_t from, std::optional<size_t> leads_to = std::nullopt);
  bool resolved();

  std::span<const bpf_insn> code_;
  std::span<const uint32_t> functions_;
  std::vector<bool> begins_;                     // a block, by instruction
  std::vector<std::optional<uint32_t>> placed_;  // where it is now, by instruction
  std::vector<std::optional<size_t>> leads_to_;  // of each jump that is placed: the instruction, as it was numbered
  std::vector<size_t> waiting_;                  // first instructions of blocks that something leads to
  Ordered ordered_;
};

void Order::find_blocks() {
  begins_.assign(code_.size() + 1, false);
  placed_.assign(code_.size(), std::nullopt);
  for (const uint32_t function : functions_) begins_[function] = true;
  for (size_t i = 0; i < code_.size(); i += slots(code_[i])) {
    if (!is_jump(code_[i]) || is_call(code_[i])) continue;
    begins_[i + 1] = true;
    if (!is_exit(code_[i])) begins_[target(i)] = true;
  }
}

// Where the way through jumps ends that begins with instruction `i`.
size_t Order::past_jumps(size_t i) const {
  for (size_t jumps = 0; is_goto(code_[i]) && jumps < code_.size(); jumps++) i = target(i);
  return i;
}

bool Order::has_endless_jumps() const {
  for (size_t i = 0; i < code_.size(); i += slots(code_[i]))
    if (is_goto(code_[past_jumps(i)])) return true;
  return false;
}

void Order::add(const bpf_insn& insn, uint32_t from, std::optional<size_t> leads_to) {
  ordered_.code.push_back(insn);
  ordered_.from.push_back(from);
  leads_to_.push_back(leads_to);
}

// A function from its first instruction on, and then what is jumped to, the latest first: near to where it is jumped
// from.
void Order::order(size_t function) {
  waiting_.assign(1, functions_[function]);
  while (!waiting_.empty()) {
    const size_t first = waiting_.back();
    waiting_.pop_back();
    if (!placed_[first]) place(first);
  }
}

// Blocks one after the other, until the next is placed already or there is none.
void Order::place(size_t first) {
  std::optional<size_t> next = first;
  while (next && !placed_[*next]) next = place_block(*next);
  if (next) add({BPF_JMP | BPF_JA, 0, 0, 0, 0}, Ordered::kAdded, next);
}

// Returns what comes next, if anything.
std::optional<size_t> Order::place_block(size_t first) {
  for (size_t i = first;; i += slots(code_[i])) {
    if (i != first && begins_[i]) return past_jumps(i);
    if (is_goto(code_[i])) return past_jumps(i);
    placed_[i] = static_cast<uint32_t>(ordered_.code.size());
    if (is_condition(code_[i])) return place_condition(i);
    for (size_t slot = 0; slot < slots(code_[i]); slot++) add(code_[i + slot], static_cast<uint32_t>(i + slot));
    if (is_exit(code_[i])) return std::nullopt;
  }
}

// What is after a condition follows it, unless it only leads elsewhere: then what it leads to was meant to be
// near.
size_t Order::place_condition(size_t i) {
  size_t taken = past_jumps(target(i)), next = past_jumps(i + 1);
  bpf_insn insn = code_[i];
  if (const auto other = filter::ebpf::inverse(BPF_OP(insn.code)); other && is_goto(code_[i + 1]) && !placed_[taken]) {
    insn.code = static_cast<uint8_t>((insn.code & ~0xf0) | *other);
    std::swap(taken, next);
  }
  add(insn, static_cast<uint32_t>(i), taken);
  waiting_.push_back(taken);
  return next;
}

// Puts in how far each jump goes, and where functions are now. False: further than it can.
bool Order::resolved() {
  for (size_t i = 0; i < ordered_.code.size(); i++) {
    bpf_insn& insn = ordered_.code[i];
    if (is_own_call(insn)) {
      const auto callee = static_cast<size_t>(static_cast<int64_t>(ordered_.from[i]) + 1 + insn.imm);
      insn.imm = static_cast<int32_t>(*placed_[past_jumps(callee)]) - static_cast<int32_t>(i) - 1;
    }
    if (!leads_to_[i]) continue;
    const int64_t distance = static_cast<int64_t>(*placed_[*leads_to_[i]]) - static_cast<int64_t>(i) - 1;
    if (distance < INT16_MIN || distance > INT16_MAX) return false;
    insn.off = static_cast<__s16>(distance);
  }
  return true;
}

Ordered unchanged(std::span<const bpf_insn> code) {
  Ordered same{{code.begin(), code.end()}, std::vector<uint32_t>(code.size())};
  std::iota(same.from.begin(), same.from.end(), 0U);
  return same;
}

}  // namespace

Ordered in_order_of_flow(std::span<const bpf_insn> code, std::span<const uint32_t> functions) {
  auto ordered = Order(code, functions).made();
  return ordered ? std::move(*ordered) : unchanged(code);
}

}  // namespace skbtrail::load
