// Three passes: what libpcap would refuse is refused; loops are unrolled into steps whose targets are absolute; each
// step that can be reached becomes a few eBPF instructions.
#include "filter/classic.h"

#include <fmt/format.h>
#include <linux/bpf_common.h>

#include <algorithm>
#include <array>
#include <optional>

#include "filter/classic_code.h"
#include "filter/ebpf.h"

namespace skbtrail::filter {
namespace {

using namespace ebpf;
using Label = Assembler::Label;

constexpr int kRetA = 0x10;  // BPF_A of linux/filter.h

constexpr uint32_t kOffsetMax = INT32_MAX;
constexpr size_t kProgramMax = 65536;  // such a program is never given to the kernel as it is

int class_of(uint32_t code) {
  return code & 0x07;
}
int mode_of(uint32_t code) {
  return code & 0xe0;
}
int operation_of(uint32_t code) {
  return code & 0xf0;
}

// ---- what is valid ---------------------------------------------------------------------------------------------

bool valid_load(uint32_t code) {
  const bool to_x = class_of(code) == BPF_LDX;
  switch (mode_of(code)) {
    case BPF_IMM:
    case BPF_MEM:
    case BPF_LEN: return (code & 0x18) == BPF_W;
    case BPF_MSH: return to_x && (code & 0x18) == BPF_B;
    case BPF_ABS:
    case BPF_IND: return !to_x && (code & 0x18) != BPF_DW;
    default: return false;
  }
}

bool valid_code(uint32_t code) {
  if (code > 0xff) return false;
  const int operation = operation_of(code);
  switch (class_of(code)) {
    case BPF_LD:
    case BPF_LDX: return valid_load(code);
    case BPF_ST:
    case BPF_STX: return code == static_cast<uint32_t>(class_of(code));
    case BPF_ALU: return code == (BPF_ALU | BPF_NEG) || (operation <= BPF_XOR && operation != BPF_NEG);
    case BPF_JMP: return code == (BPF_JMP | BPF_JA) || (operation >= BPF_JEQ && operation <= BPF_JSET);
    case BPF_RET: return code == (BPF_RET | BPF_K) || code == (BPF_RET | kRetA);
    default: return code == kTaxCode || code == kTxaCode;
  }
}

bool uses_cell(uint32_t code) {
  return class_of(code) == BPF_ST || class_of(code) == BPF_STX ||
         (class_of(code) <= BPF_LDX && mode_of(code) == BPF_MEM);
}

const char* fault_of(const ClassicInstruction& it) {
  if (!valid_code(it.code)) return "is no instruction of classic BPF";
  if (uses_cell(it.code) && it.k >= kMemoryCells) return "uses a memory cell that does not exist";
  if (class_of(it.code) != BPF_ALU || takes_x(it.code)) return nullptr;
  const int operation = operation_of(it.code);
  if ((operation == BPF_DIV || operation == BPF_MOD) && it.k == 0) return "divides by zero";
  if ((operation == BPF_LSH || operation == BPF_RSH) && it.k >= 32) return "shifts by more than 31 bits";
  return nullptr;
}

[[noreturn]] void refuse(size_t number, std::string_view fault) {
  throw UntranslatableFilter(fmt::format("instruction {} of the packet filter {}", number, fault));
}

// ---- steps: absolute targets, loops unrolled -------------------------------------------------------------------

constexpr size_t kOutside = SIZE_MAX;  // a target: out of range

struct Step {
  uint16_t code;
  uint32_t k;
  size_t on_true, on_false;   // the same where there is nothing to decide
  bool begins_round = false;  // of a loop, the second or a later one
};

// Instructions first to last jump back to first, and nowhere else.
struct Loop {
  size_t first, last;
};

bool is_backward(const ClassicInstruction& it) {
  return it.code == (BPF_JMP | BPF_JA) && static_cast<int32_t>(it.k) < 0;
}

size_t target_of(const ClassicProgram& program, size_t from, int64_t distance) {
  const int64_t target = static_cast<int64_t>(from) + 1 + distance;
  if (target < 0 || target >= static_cast<int64_t>(program.size())) refuse(from, "leaves the program");
  return static_cast<size_t>(target);
}

std::vector<Loop> loops_of(const ClassicProgram& program) {
  std::vector<Loop> loops;
  for (size_t i = 0; i < program.size(); i++) {
    if (!is_backward(program[i])) continue;
    const size_t head = target_of(program, i, static_cast<int32_t>(program[i].k));
    if (!loops.empty() && head <= loops.back().last) {
      if (head != loops.back().first) refuse(i, "is a loop in a loop");
      loops.back().last = i;
    } else {
      loops.push_back({head, i});
    }
  }
  return loops;
}

class Unrolled {
 public:
  Unrolled(const ClassicProgram& program, uint32_t rounds)
      : program_(program), loops_(loops_of(program)), rounds_(std::max(rounds, 1u)) {
    number_instructions();
  }

  std::vector<Step> steps() const {
    std::vector<Step> made;
    for (size_t i = 0; i < program_.size(); i++) {
      const Loop* loop = loop_at(i);
      if (!loop) {
        made.push_back(step(i, 0));
      } else if (i == loop->first) {
        for (uint32_t round = 0; round < rounds_; round++)
          for (size_t inside = loop->first; inside <= loop->last; inside++) {
            made.push_back(step(inside, round));
            made.back().begins_round = round > 0 && inside == loop->first;
          }
      }
    }
    return made;
  }

 private:
  const Loop* loop_at(size_t i) const {
    for (const Loop& loop : loops_)
      if (i >= loop.first && i <= loop.last) return &loop;
    return nullptr;
  }

  // Where the first copy of each instruction is.
  void number_instructions() {
    size_t at = 0;
    for (size_t i = 0; i < program_.size(); i++) {
      const Loop* loop = loop_at(i);
      indices_.push_back(at++);
      if (loop && i == loop->last) at += (loop->last - loop->first + 1) * (rounds_ - 1);
    }
  }

  // A jump inside a loop stays in its round; the one back to the loop's head enters the next.
  size_t index_of(size_t target, size_t from, uint32_t round) const {
    const Loop* loop = loop_at(from);
    if (loop_at(target) != loop || !loop) return indices_[target];
    if (target <= from) round++;
    if (round == rounds_) return kOutside;
    return indices_[target] + round * (loop->last - loop->first + 1);
  }

  Step step(size_t i, uint32_t round) const {
    const ClassicInstruction& it = program_[i];
    int64_t on_true = 0, on_false = 0;
    if (it.code == (BPF_JMP | BPF_JA)) {
      on_true = on_false = static_cast<int32_t>(it.k);
    } else if (class_of(it.code) == BPF_JMP) {
      on_true = it.jt;
      on_false = it.jf;
    } else if (class_of(it.code) == BPF_RET) {
      return {it.code, it.k, kOutside, kOutside};
    }
    return {it.code, it.k, index_of(target_of(program_, i, on_true), i, round),
            index_of(target_of(program_, i, on_false), i, round)};
  }

  const ClassicProgram& program_;
  std::vector<Loop> loops_;
  uint32_t rounds_;
  std::vector<size_t> indices_;
};

// Where a jump leads to another one that goes on in any case, as one does that is too far for a classic test's eight
// bits, it leads to that one's target.
void lead_past_jumps(std::vector<Step>& steps) {
  // The end of such ways is found from the last step on, for all of them lead forward.
  std::vector<size_t> end(steps.size());
  const auto end_of = [&](size_t step) { return step == kOutside ? kOutside : end[step]; };
  for (size_t i = steps.size(); i-- > 0;) {
    Step& step = steps[i];
    step.on_true = end_of(step.on_true);
    step.on_false = end_of(step.on_false);
    const bool only_leads = class_of(step.code) == BPF_JMP && step.on_true == step.on_false && !step.begins_round;
    end[i] = only_leads ? step.on_true : i;
  }
}

std::vector<Step> steps_of(const ClassicProgram& program, uint32_t rounds) {
  if (program.empty()) throw UntranslatableFilter("the packet filter is empty");
  if (program.size() > kProgramMax)
    throw UntranslatableFilter(fmt::format("the packet filter has {} instructions, more than {}; use fewer conditions",
                                           program.size(), kProgramMax));
  for (size_t i = 0; i < program.size(); i++)
    if (const char* fault = fault_of(program[i])) refuse(i, fault);
  auto steps = Unrolled(program, rounds).steps();
  lead_past_jumps(steps);
  return steps;
}

// ---- translation -----------------------------------------------------------------------------------------------

// Where the made bytes are, as the program sees the packet.
struct MadeBytes {
  uint32_t at, length;
  uint32_t end() const { return at + length; }
};

MadeBytes made_bytes(Front front) {
  switch (front) {
    case Front::tag: return {12, 4};
    case Front::link_header: return {0, 14};
    case Front::tagged_link_header: return {0, 18};
    default: return {0, 0};
  }
}

class Translation {
 public:
  Translation(std::vector<Step> steps, const Layout& layout)
      : steps_(std::move(steps)),
        reached_(steps_.size()),
        proven_(steps_.size(), UINT32_MAX),
        labels_(steps_.size()),
        layout_(layout),
        made_(made_bytes(layout.front)),
        reject_(out_.new_label()),
        no_(out_.new_label()) {
    mark_reached();
  }

  std::vector<bpf_insn> code() {
    for (size_t i = 0; i < steps_.size(); i++)
      if (reached_[i]) labels_[i] = out_.new_label();
    emit_prologue();
    proven_[0] = 0;
    for (size_t i = 0; i < steps_.size(); i++) {
      if (!reached_[i]) continue;
      out_.bind(labels_[i]);
      there_ = proven_[i];
      emit_step(i);
      for (size_t next : {steps_[i].on_true, steps_[i].on_false})
        if (next != kOutside) proven_[next] = std::min(proven_[next], there_);
    }
    if (divides_) {
      out_.bind(no_);
      emit_return(0);
    }
    if (rejects_) {
      out_.bind(reject_);
      emit_return(layout_.out_of_range);
    }
    return out_.finish();
  }

 private:
  // Registers that outlive a helper call. The classic X is kX.
  static constexpr Register kBytes = r6, kA = r7, kX = r8;
  static constexpr Register kCopied = r9;  // with Access::copy
  static constexpr Register kLinear = r9;  // with Access::typed, where no helper takes it away
  // The stack, from fp downwards.
  static constexpr int kAddress = -8, kLinearCell = -16, kWireLen = -24, kMade = -32, kFetched = -40;
  static constexpr int kFirstCell = -static_cast<int>(kStackMax);
  static_assert(kFirstCell + 4 * static_cast<int>(kMemoryCells) == kFetched);

  static int cell(uint32_t k) { return kFirstCell + 4 * static_cast<int>(k); }

  static bool is_packet_load(const Step& step) {
    const int mode = mode_of(step.code);
    return class_of(step.code) <= BPF_LDX && (mode == BPF_ABS || mode == BPF_IND || mode == BPF_MSH);
  }
  static bool is_packet_type(const Step& step) {
    return is_packet_load(step) && mode_of(step.code) == BPF_ABS && step.k == kPacketTypeOffset;
  }
  // X counts as unsigned and no sum wraps in libpcap, so a constant beyond every packet is out of range with any X.
  static bool never_in_range(const Step& step) {
    return is_packet_load(step) && !is_packet_type(step) && step.k > kOffsetMax - load_bytes(step.code);
  }

  // All jumps go forward here, so one pass will do. What cannot be reached must not be emitted: verifiers refuse it.
  void mark_reached() {
    reached_[0] = true;
    for (size_t i = 0; i < steps_.size(); i++) {
      if (!reached_[i] || never_in_range(steps_[i])) continue;
      for (size_t next : {steps_[i].on_true, steps_[i].on_false})
        if (next != kOutside) reached_[next] = true;
    }
  }

  template <typename Predicate>
  bool any(Predicate holds) const {
    for (size_t i = 0; i < steps_.size(); i++)
      if (reached_[i] && holds(steps_[i])) return true;
    return false;
  }

  static bool mentions_x(const Step& step) {
    switch (class_of(step.code)) {
      case BPF_LD: return mode_of(step.code) == BPF_IND;
      case BPF_ALU:
      case BPF_JMP: return takes_x(step.code);
      case BPF_LDX:
      case BPF_STX:
      case BPF_MISC: return true;
      default: return false;
    }
  }

  void emit_prologue() {
    if (any([](const Step& it) { return is_packet_type(it) || mode_is_len(it); }))
      out_.emit(store(8, fp, kWireLen, r3));
    if (any(is_packet_load)) emit_saved_arguments();
    out_.emit(alu32(BPF_MOV, kA, 0));
    if (any(mentions_x)) out_.emit(alu32(BPF_MOV, kX, 0));
    for (uint32_t k = 0; k < kMemoryCells; k++)
      if (any([k](const Step& it) { return loads_cell(it, k); })) out_.emit(store_zero(4, fp, cell(k)));
  }

  static bool mode_is_len(const Step& step) { return class_of(step.code) <= BPF_LDX && mode_of(step.code) == BPF_LEN; }
  static bool loads_cell(const Step& step, uint32_t k) {
    return class_of(step.code) <= BPF_LDX && mode_of(step.code) == BPF_MEM && step.k == k;
  }

  void emit_saved_arguments() {
    if (!typed()) out_.emit(alu64(BPF_MOV, kBytes, r1));
    if (made_.length) emit_made();
    if (!typed()) out_.emit(alu32(BPF_MOV, kCopied, r2));
    out_.emit(store(8, fp, kAddress, r4));
    out_.emit(alu32(BPF_MOV, r5, r5));
    if (typed()) {
      out_.emit(alu64(BPF_MOV, kLinear, r5));
      out_.emit(alu64(BPF_MOV, r1, r4));
      emit_cast();
      return out_.emit(alu64(BPF_MOV, kBytes, r0));
    }
    out_.emit(store(8, fp, kLinearCell, r5));
    // So that the verifier finds the same kind of stack after a load that called the helper and one that did not.
    out_.emit(store_zero(8, fp, kFetched));
  }

  bool typed() const { return layout_.access == Access::typed; }

  // The kernel address in R1 as a pointer of a type that the verifier knows, in R0.
  void emit_cast() {
    out_.emit(alu32(BPF_MOV, r2, layout_.cast.type));
    out_.emit(call_kfunc(layout_.cast.function));
  }

  // The made bytes, right-aligned in a number; what is before them in the front is zero.
  void emit_made() {
    const bool has_tag = layout_.front != Front::link_header, has_type = layout_.front != Front::tag;
    if (has_tag) {
      out_.emit(alu64(BPF_MOV, r0, r5));
      out_.emit(alu64(BPF_RSH, r0, 32));
    }
    if (has_type) {
      out_.emit(alu64(BPF_MOV, r1, r2));
      out_.emit(alu64(BPF_RSH, r1, 32));
      out_.emit(alu32(BPF_AND, r1, 0xffff));
    }
    if (has_tag && has_type) {
      out_.emit(alu64(BPF_LSH, r0, 16));
      out_.emit(alu64(BPF_OR, r1, r0));
    }
    out_.emit(store(8, fp, kMade, has_type ? r1 : r0));
  }

  void emit_step(size_t i) {
    const Step& step = steps_[i];
    if (step.begins_round && any(mentions_x)) emit_forgotten(kX);
    switch (class_of(step.code)) {
      case BPF_LD:
      case BPF_LDX:
        if (never_in_range(step)) return emit_reject();
        emit_load(step);
        break;
      case BPF_ST: out_.emit(store(4, fp, cell(step.k), kA)); break;
      case BPF_STX: out_.emit(store(4, fp, cell(step.k), kX)); break;
      case BPF_ALU: emit_alu(step); break;
      case BPF_JMP: return emit_branch(i);
      case BPF_RET: return step.code == (BPF_RET | kRetA) ? emit_return_a() : emit_return(step.k);
      default: emit_move(step.code == kTaxCode); break;
    }
    emit_goto(step.on_true, i);
  }

  // X is an offset that the verifier has to follow, where bytes are read from a copy. A loop's rounds are enough.
  void emit_move(bool to_x) {
    out_.emit(to_x ? alu32(BPF_MOV, kX, kA) : alu32(BPF_MOV, kA, kX));
    if (!to_x || typed() || any([](const Step& it) { return it.begins_round; })) return;
    emit_forgotten(kX);
    emit_forgotten(kCopied);
  }

  // The verifier forgets what it learned of a value that is swapped. Without it the ranges of X that each way through a
  // loop, or past headers of several kinds, leaves differ, and the ways multiply with every round.
  void emit_forgotten(Register which) {
    out_.emit(from_network(which, 32));
    out_.emit(from_network(which, 32));
    out_.emit(alu32(BPF_MOV, which, which));
  }

  // ---- control ----

  void emit_return(uint32_t value) {
    out_.emit(alu32(BPF_MOV, r0, value));
    out_.emit(ebpf::exit());
  }
  void emit_return_a() {
    out_.emit(alu32(BPF_MOV, r0, kA));
    out_.emit(ebpf::exit());
  }
  void emit_reject() { out_.jump(reject()); }

  Label reject() {
    rejects_ = true;
    return reject_;
  }
  // Of a division by zero.
  Label no() {
    divides_ = true;
    return no_;
  }
  Label label(size_t target) { return target == kOutside ? reject() : labels_[target]; }

  bool is_next(size_t target, size_t from) const {
    for (size_t i = from + 1; i < steps_.size(); i++)
      if (reached_[i]) return i == target;
    return false;
  }
  void emit_goto(size_t target, size_t from) {
    if (!is_next(target, from)) out_.jump(label(target));
  }

  void emit_jump_if(int operation, const Step& step, size_t target) {
    if (takes_x(step.code))
      out_.jump32(operation, kA, kX, label(target));
    else
      out_.jump32(operation, kA, step.k, label(target));
  }
  void emit_branch(size_t i) {
    const Step& step = steps_[i];
    const int operation = operation_of(step.code);
    if (step.on_true == step.on_false) return emit_goto(step.on_true, i);
    if (is_next(step.on_true, i) && inverse(operation)) return emit_jump_if(*inverse(operation), step, step.on_false);
    emit_jump_if(operation, step, step.on_true);
    emit_goto(step.on_false, i);
  }

  // ---- arithmetic ----

  void emit_alu(const Step& step) {
    const int operation = operation_of(step.code);
    if (operation == BPF_NEG) return out_.emit(alu32(BPF_NEG, kA, 0u));
    if (!takes_x(step.code)) return out_.emit(alu32(operation, kA, step.k));
    if (operation == BPF_DIV || operation == BPF_MOD) out_.jump32(BPF_JEQ, kX, 0, no());
    if (operation == BPF_LSH || operation == BPF_RSH) return emit_shift_by_x(operation);
    out_.emit(alu32(operation, kA, kX));
  }

  void emit_shift_by_x(int operation) {
    const Label shift = out_.new_label(), done = out_.new_label();
    out_.jump32(BPF_JLT, kX, 32, shift);
    out_.emit(alu32(BPF_MOV, kA, 0u));
    out_.jump(done);
    out_.bind(shift);
    out_.emit(alu32(operation, kA, kX));
    out_.bind(done);
  }

  // ---- loads ----

  void emit_load(const Step& step) {
    const Register to = class_of(step.code) == BPF_LD ? kA : kX;
    switch (mode_of(step.code)) {
      case BPF_IMM: return out_.emit(alu32(BPF_MOV, to, step.k));
      case BPF_MEM: return out_.emit(load(4, to, fp, cell(step.k)));
      case BPF_LEN: return out_.emit(load(4, to, fp, kWireLen));
      case BPF_IND: return emit_variable(step);
      case BPF_MSH:
        emit_constant(kX, step.k, 1);
        out_.emit(alu32(BPF_AND, kX, 0xf));
        return out_.emit(alu32(BPF_LSH, kX, 2));
      default: break;
    }
    if (!is_packet_type(step)) return emit_constant(kA, step.k, load_bytes(step.code));
    out_.emit(load(8, kA, fp, kWireLen));
    out_.emit(alu64(BPF_RSH, kA, 32));
  }

  // `bytes` at `offset` of the packet as the program sees it.
  void emit_constant(Register to, uint32_t offset, uint32_t bytes) {
    if (made_.length == 0 || offset + bytes <= made_.at) return emit_real(to, offset, bytes);
    if (offset >= made_.end()) return emit_real(to, offset - made_.length, bytes);
    if (offset >= made_.at && offset + bytes <= made_.end()) return emit_part_of_made(to, offset, bytes);
    // Partly made: byte by byte, the first to the left.
    out_.emit(alu32(BPF_MOV, to, 0u));
    for (uint32_t i = 0; i < bytes; i++) {
      emit_constant(r0, offset + i, 1);
      emit_append(to);
    }
  }

  void emit_append(Register to) {
    out_.emit(alu32(BPF_LSH, to, 8));
    out_.emit(alu32(BPF_OR, to, r0));
  }

  void emit_part_of_made(Register to, uint32_t offset, uint32_t bytes) {
    const uint32_t after = made_.end() - (offset + bytes);
    if (after >= 8) return out_.emit(alu32(BPF_MOV, to, 0u));
    out_.emit(load(8, to, fp, kMade));
    if (after) out_.emit(alu64(BPF_RSH, to, static_cast<int32_t>(8 * after)));
    out_.emit(bytes == 4 ? alu32(BPF_MOV, to, to) : alu32(BPF_AND, to, (1u << 8 * bytes) - 1));
  }

  // At a constant offset of the real bytes.
  void emit_real(Register to, uint32_t offset, uint32_t bytes) {
    if (typed())
      emit_typed(to, offset, bytes);
    else
      emit_copied(to, offset, bytes);
    emit_swap(to, bytes);
  }

  void emit_typed(Register to, uint32_t offset, uint32_t bytes) {
    const uint32_t end = offset + bytes;
    if (end > there_) {
      out_.emit(alu64(BPF_MOV, r0, kLinear));
      out_.emit(alu64(BPF_SUB, r0, static_cast<int32_t>(end)));
      out_.jump64(BPF_JSLT, r0, 0, reject());
      there_ = end;
    }
    if (end <= std::min<uint32_t>(layout_.copied_max, INT16_MAX))
      return out_.emit(load(bytes, to, kBytes, static_cast<int>(offset)));
    out_.emit(load(8, r1, fp, kAddress));
    out_.emit(alu64(BPF_ADD, r1, static_cast<int32_t>(offset)));
    emit_cast();
    out_.emit(load(bytes, to, r0, 0));
  }

  // The copy is as long as it is, so the verifier needs no bound.
  void emit_copied(Register to, uint32_t offset, uint32_t bytes) {
    const uint32_t end = offset + bytes;
    const bool may_be_copied = end <= std::min<uint32_t>(layout_.copied_max, INT16_MAX);
    const Label copied = out_.new_label(), done = out_.new_label();
    if (may_be_copied) out_.jump32(BPF_JGE, kCopied, end, copied);
    emit_unless_linear([&] { out_.emit(alu64(BPF_SUB, r0, static_cast<int32_t>(end))); }, 0);
    out_.emit(load(8, r3, fp, kAddress));
    if (offset) out_.emit(alu64(BPF_ADD, r3, static_cast<int32_t>(offset)));
    emit_fetch(to, bytes);
    if (may_be_copied) {
      out_.jump(done);
      out_.bind(copied);
      out_.emit(load(bytes, to, kBytes, static_cast<int>(offset)));
    }
    out_.bind(done);
  }

  // Bounds are evaluated on differences: comparing the values themselves would teach the verifier a range of each,
  // which remains, and ways through the program that differ only in that would not be taken for the same.
  template <typename Subtract>
  void emit_unless_linear(Subtract subtract_from_r0, uint32_t at_least) {
    out_.emit(load(8, r0, fp, kLinearCell));
    subtract_from_r0();
    out_.jump64(BPF_JSLT, r0, static_cast<int32_t>(at_least), reject());
  }

  // From the kernel address in R3, by way of the stack.
  void emit_fetch(Register to, uint32_t bytes) {
    out_.emit(alu64(BPF_MOV, r1, fp));
    out_.emit(alu64(BPF_ADD, r1, kFetched));
    out_.emit(alu32(BPF_MOV, r2, bytes));
    out_.emit(call(BPF_FUNC_probe_read_kernel));
    out_.jump64(BPF_JNE, r0, 0, reject());
    out_.emit(load(bytes, to, fp, kFetched));
  }

  void emit_swap(Register to, uint32_t bytes) {
    if (bytes > 1) out_.emit(from_network(to, 8 * bytes));
  }

  // At X + k. The sum is made in 64 bits, where it cannot wrap.
  void emit_variable(const Step& step) {
    const uint32_t bytes = load_bytes(step.code);
    if (step.k < made_.end()) return emit_variable_front(step.k, bytes);
    emit_offset(step.k - made_.length);
    emit_real_at_r1(kA, bytes);
  }

  void emit_offset(uint32_t k) {
    out_.emit(alu32(BPF_MOV, r1, k));
    out_.emit(alu64(BPF_ADD, r1, kX));
  }

  // Where it depends on X whether made bytes are loaded: byte by byte.
  void emit_variable_front(uint32_t k, uint32_t bytes) {
    out_.emit(alu32(BPF_MOV, kA, 0u));
    for (uint32_t i = 0; i < bytes; i++) {
      const Label after = out_.new_label(), real = out_.new_label(), done = out_.new_label();
      emit_offset(k + i);
      out_.jump64(BPF_JGE, r1, static_cast<int32_t>(made_.end()), after);
      if (made_.at) out_.jump64(BPF_JLT, r1, static_cast<int32_t>(made_.at), real);
      emit_made_byte_at_r1(done);
      out_.bind(after);
      out_.emit(alu64(BPF_SUB, r1, static_cast<int32_t>(made_.length)));
      out_.bind(real);
      emit_real_at_r1(r0, 1);
      out_.bind(done);
      emit_append(kA);
    }
  }

  void emit_made_byte_at_r1(Label done) {
    out_.emit(alu64(BPF_MOV, r2, static_cast<int32_t>(made_.end() - 1)));
    out_.emit(alu64(BPF_SUB, r2, r1));
    out_.emit(alu32(BPF_MOV, r0, 0u));
    out_.jump64(BPF_JGE, r2, 8, done);
    out_.emit(alu64(BPF_LSH, r2, 3));
    out_.emit(load(8, r0, fp, kMade));
    out_.emit(alu64(BPF_RSH, r0, r2));
    out_.emit(alu32(BPF_AND, r0, 0xff));
    out_.jump(done);
  }

  // At the offset in R1 of the real bytes.
  void emit_real_at_r1(Register to, uint32_t bytes) {
    if (typed())
      emit_typed_at_r1(to, bytes);
    else
      emit_copied_or_fetched_at_r1(to, bytes);
    emit_swap(to, bytes);
  }

  void emit_typed_at_r1(Register to, uint32_t bytes) {
    out_.emit(alu64(BPF_MOV, r0, kLinear));
    out_.emit(alu64(BPF_SUB, r0, r1));
    out_.jump64(BPF_JSLT, r0, static_cast<int32_t>(bytes), reject());
    out_.emit(load(8, r0, fp, kAddress));
    out_.emit(alu64(BPF_ADD, r1, r0));
    emit_cast();
    out_.emit(load(bytes, to, r0, 0));
  }

  // The verifier follows the fetched byte first: what that leaves on the stack covers what a copied one leaves, and not
  // the other way round.
  void emit_copied_or_fetched_at_r1(Register to, uint32_t bytes) {
    const bool may_be_copied = bytes <= layout_.copied_max;
    const Label copied = out_.new_label(), done = out_.new_label();
    if (may_be_copied) {
      out_.emit(alu64(BPF_MOV, r2, kCopied));
      out_.emit(alu64(BPF_SUB, r2, r1));
      out_.jump64(BPF_JSGE, r2, static_cast<int32_t>(bytes), copied);
    }
    emit_unless_linear([&] { out_.emit(alu64(BPF_SUB, r0, r1)); }, bytes);
    out_.emit(load(8, r3, fp, kAddress));
    out_.emit(alu64(BPF_ADD, r3, r1));
    emit_fetch(to, bytes);
    if (may_be_copied) {
      out_.jump(done);
      out_.bind(copied);
      emit_copied_at_r1(to, bytes);
    }
    out_.bind(done);
  }

  // This bound always holds; it is there because the verifier knows nothing of `copied`, and is on the register
  // that is used.
  void emit_copied_at_r1(Register to, uint32_t bytes) {
    out_.jump64(BPF_JGT, r1, static_cast<int32_t>(layout_.copied_max - bytes), reject());
    out_.emit(alu64(BPF_MOV, r2, kBytes));
    out_.emit(alu64(BPF_ADD, r2, r1));
    out_.emit(load(bytes, to, r2, 0));
  }

  std::vector<Step> steps_;
  std::vector<bool> reached_;
  // By step: so many bytes are known to be in range, whichever way it is reached. All jumps go forward, so this is
  // complete when a step's turn comes. `there_` is that of the step at hand, and grows with its loads.
  std::vector<uint32_t> proven_;
  uint32_t there_ = 0;
  std::vector<Label> labels_;
  Layout layout_;
  MadeBytes made_;
  Assembler out_;
  Label reject_, no_;
  bool rejects_ = false, divides_ = false;
};

}  // namespace

bool asks_length(const ClassicProgram& program) {
  return std::any_of(program.begin(), program.end(), [](const ClassicInstruction& it) {
    return class_of(it.code) <= BPF_LDX && mode_of(it.code) == BPF_LEN;
  });
}

bool asks_packet_type(const ClassicProgram& program) {
  return std::any_of(program.begin(), program.end(), [](const ClassicInstruction& it) {
    return class_of(it.code) == BPF_LD && mode_of(it.code) == BPF_ABS && it.k == kPacketTypeOffset;
  });
}

std::vector<bpf_insn> translate(const ClassicProgram& program, const Layout& layout) {
  if (layout.copied_max > INT32_MAX) throw std::invalid_argument("copied_max is beyond what an offset can say");
  try {
    return Translation(steps_of(program, layout.rounds), layout).code();
  } catch (const std::length_error&) {
    throw UntranslatableFilter(
        fmt::format("the packet filter is too long: {} classic instructions become more than a jump of the kernel can "
                    "cross; use fewer conditions",
                    program.size()));
  }
}

}  // namespace skbtrail::filter
