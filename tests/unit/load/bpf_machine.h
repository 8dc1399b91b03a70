// A machine for general eBPF, and programs made at random for it. It knows nothing of the verifier: whatever the
// registers hold, every run is defined, so that two programs that mean the same can be told by what they do.
//
// What a program cannot rely on is filled with numbers that say nothing: R0 and R6 to R9 when a function begins, R1 to
// R5 after a call, memory that is neither stack nor constants.
#pragma once

#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "filter/ebpf.h"
#include "load/block_order.h"
#include "load/specialise.h"

namespace skbtrail::test {

using Code = std::vector<bpf_insn>;

// What the rest of the world notices of a program. What it puts aside on its stack is noticed only by what is called
// with a pointer to it.
struct Event {
  enum class Kind : uint8_t { store, atomic, call } kind;
  uint64_t what = 0;  // address, function
  std::array<uint64_t, 5> values{};
  uint64_t stack = 0;  // a hash of what pointers to the stack among them lead to

  bool operator==(const Event&) const = default;
};

struct Outcome {
  enum class End : uint8_t { exited, out_of_steps, fault } end;
  uint64_t r0 = 0;
  size_t steps = 0;
  std::vector<Event> trace;
};

class Machine {
 public:
  static constexpr uint64_t kContextAt = 0x1000'0000'0000, kConstantsAt = 0x2000'0000'0000, kStackAt = 0x5a00'0000'0000;
  static constexpr size_t kStackMax = 512, kFramesMax = 8;

  // `inlined` is run in the place of every call of its function, as load/specialise.h says. Keeps references.
  Machine(std::span<const bpf_insn> code, const load::Constants& constants, const load::Inlined* inlined = nullptr)
      : code_(code), constants_(constants), inlined_(inlined) {}

  Outcome run(size_t most_steps) {
    frames_.assign(1, {});
    stack_.fill(kNothing);
    trace_.clear();
    calls_ = 0;
    position_ = {code_, 0, {}};
    for (unsigned r = 0; r <= 10; r++) registers_[r] = nothing(r);
    registers_[1] = kContextAt;
    registers_[10] = kStackAt + kStackMax;
    ended_.reset();
    size_t steps = 0;
    for (; !ended_ && steps < most_steps; steps++) step();
    return {ended_.value_or(Outcome::End::out_of_steps), registers_[0], steps, std::move(trace_)};
  }

 private:
  struct Position {
    std::span<const bpf_insn> code;
    size_t next = 0;
    std::optional<size_t> resume = {};  // of a body: where the program goes on
  };
  struct Frame {
    Position back;
    std::array<uint64_t, 4> saved{};  // R6 to R9
  };

  static constexpr uint8_t kNothing = 0x5a;  // what a function finds on its stack

  static uint64_t mixed(uint64_t number) {
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
  }
  static uint64_t nothing(uint64_t which) { return mixed(which + 0x9e3779b97f4a7c15); }

  void fault() { ended_ = Outcome::End::fault; }

  void step() {
    if (position_.next >= position_.code.size()) {
      if (!position_.resume || position_.next > position_.code.size()) return fault();
      position_ = {code_, *position_.resume, {}};
      return;
    }
    const bpf_insn& it = position_.code[position_.next++];
    if (it.dst_reg > 10 || it.src_reg > 10) return fault();
    switch (BPF_CLASS(it.code)) {
      case BPF_LD: return load_immediate(it);
      case BPF_LDX: return load(it);
      case BPF_ST:
      case BPF_STX: return store(it);
      case BPF_ALU:
      case BPF_ALU64: return calculate(it);
      default: return jump(it);
    }
  }

  void load_immediate(const bpf_insn& it) {
    if (it.code != (BPF_LD | BPF_IMM | BPF_DW) || position_.next >= position_.code.size()) return fault();
    const bpf_insn& rest = position_.code[position_.next++];
    if (rest.code != 0) return fault();
    const uint64_t low = static_cast<uint32_t>(it.imm), high = static_cast<uint32_t>(rest.imm);
    if (it.src_reg == 0)
      registers_[it.dst_reg] = low | high << 32;
    else if (it.src_reg == BPF_PSEUDO_MAP_VALUE && it.imm == constants_.map)
      registers_[it.dst_reg] = kConstantsAt + high;
    else if (it.src_reg == BPF_PSEUDO_FUNC)  // which function, however far it is
      registers_[it.dst_reg] = nothing(position_.next - 1 + low);
    else
      registers_[it.dst_reg] = nothing(low + (high << 32) + it.src_reg);
  }

  static size_t bytes_of(const bpf_insn& it) {
    switch (BPF_SIZE(it.code)) {
      case BPF_B: return 1;
      case BPF_H: return 2;
      case BPF_W: return 4;
      default: return 8;
    }
  }

  static uint64_t cut(uint64_t number, size_t bytes) {
    return bytes == 8 ? number : number & ((uint64_t{1} << 8 * bytes) - 1);
  }
  static uint64_t sign_extended(uint64_t number, size_t bits) {
    const size_t above = 64 - bits;
    return static_cast<uint64_t>(static_cast<int64_t>(number << above) >> above);
  }

  uint8_t* on_stack(uint64_t at, size_t bytes) {
    return at >= kStackAt && at <= kStackAt + stack_.size() - bytes ? stack_.data() + (at - kStackAt) : nullptr;
  }

  uint64_t read(uint64_t at, size_t bytes) {
    uint64_t value = 0;
    const size_t size = constants_.value.size();
    if (const uint8_t* from = on_stack(at, bytes))
      std::memcpy(&value, from, bytes);
    else if (at >= kConstantsAt && at - kConstantsAt <= size && size - (at - kConstantsAt) >= bytes)
      std::memcpy(&value, constants_.value.data() + (at - kConstantsAt), bytes);
    else
      value = cut(nothing(at), bytes);
    return value;
  }

  void write(uint64_t at, size_t bytes, uint64_t value) {
    if (uint8_t* to = on_stack(at, bytes)) std::memcpy(to, &value, bytes);
  }

  void load(const bpf_insn& it) {
    const bool is_signed = BPF_MODE(it.code) == 0x80;  // BPF_MEMSX
    if (BPF_MODE(it.code) != BPF_MEM && !is_signed) return fault();
    const size_t bytes = bytes_of(it);
    const uint64_t value = read(registers_[it.src_reg] + static_cast<uint64_t>(int64_t{it.off}), bytes);
    registers_[it.dst_reg] = is_signed ? sign_extended(value, 8 * bytes) : value;
  }

  void store(const bpf_insn& it) {
    const uint64_t at = registers_[it.dst_reg] + static_cast<uint64_t>(int64_t{it.off});
    const size_t bytes = bytes_of(it);
    if (BPF_MODE(it.code) == BPF_ATOMIC && BPF_CLASS(it.code) == BPF_STX) return change(it, at, bytes);
    if (BPF_MODE(it.code) != BPF_MEM) return fault();
    const uint64_t value = BPF_CLASS(it.code) == BPF_STX ? registers_[it.src_reg] : immediate(it);
    if (!on_stack(at, bytes)) trace_.push_back({Event::Kind::store, at, {bytes, cut(value, bytes)}});
    write(at, bytes, value);
  }

  // An atomic operation.
  void change(const bpf_insn& it, uint64_t at, size_t bytes) {
    constexpr int kLoadAcquire = 0x100, kStoreRelease = 0x110;
    if (it.imm == kLoadAcquire) {
      registers_[it.dst_reg] = read(registers_[it.src_reg] + static_cast<uint64_t>(int64_t{it.off}), bytes);
      return;
    }
    const uint64_t there = read(at, bytes), given = cut(registers_[it.src_reg], bytes);
    uint64_t result = 0;
    switch (it.imm & ~BPF_FETCH) {
      case BPF_ADD: result = there + given; break;
      case BPF_OR: result = there | given; break;
      case BPF_AND: result = there & given; break;
      case BPF_XOR: result = there ^ given; break;
      case BPF_XCHG & ~BPF_FETCH:
      case kStoreRelease: result = given; break;
      case BPF_CMPXCHG & ~BPF_FETCH: result = there == cut(registers_[0], bytes) ? given : there; break;
      default: return fault();
    }
    const uint64_t compared = it.imm == BPF_CMPXCHG ? cut(registers_[0], bytes) : 0;
    trace_.push_back({Event::Kind::atomic, at, {bytes, static_cast<uint32_t>(it.imm), given, compared}});
    write(at, bytes, result);
    if (it.imm == BPF_CMPXCHG)
      registers_[0] = there;
    else if (it.imm & BPF_FETCH)
      registers_[it.src_reg] = there;
  }

  static uint64_t immediate(const bpf_insn& it) { return static_cast<uint64_t>(int64_t{it.imm}); }
  uint64_t operand(const bpf_insn& it) const {
    return BPF_SRC(it.code) == BPF_X ? registers_[it.src_reg] : immediate(it);
  }

  void calculate(const bpf_insn& it) {
    uint64_t& to = registers_[it.dst_reg];
    if (BPF_OP(it.code) == BPF_END) return swap(it);
    const auto result =
        BPF_CLASS(it.code) == BPF_ALU64 ? calculated(it, to, operand(it)) : calculated32(it, to, operand(it));
    if (!result) return fault();
    to = BPF_CLASS(it.code) == BPF_ALU64 ? *result : static_cast<uint32_t>(*result);
  }

  static std::optional<uint64_t> calculated(const bpf_insn& it, uint64_t a, uint64_t b) {
    const auto sa = static_cast<int64_t>(a), sb = static_cast<int64_t>(b);
    switch (BPF_OP(it.code)) {
      case BPF_ADD: return a + b;
      case BPF_SUB: return a - b;
      case BPF_MUL: return a * b;
      case BPF_DIV:
        if (it.off == 0) return b ? a / b : 0;
        return sb == 0 ? 0 : sb == -1 ? 0 - a : static_cast<uint64_t>(sa / sb);
      case BPF_MOD:
        if (it.off == 0) return b ? a % b : a;
        return sb == 0 ? a : sb == -1 ? 0 : static_cast<uint64_t>(sa % sb);
      case BPF_OR: return a | b;
      case BPF_AND: return a & b;
      case BPF_XOR: return a ^ b;
      case BPF_LSH: return a << (b % 64);
      case BPF_RSH: return a >> (b % 64);
      case BPF_ARSH: return static_cast<uint64_t>(sa >> (b % 64));
      case BPF_NEG: return ~a + 1;
      case BPF_MOV: return it.off == 0 ? b : moved(it, b, 32);
      default: return std::nullopt;
    }
  }

  static std::optional<uint64_t> calculated32(const bpf_insn& it, uint64_t a64, uint64_t b64) {
    const auto a = static_cast<uint32_t>(a64), b = static_cast<uint32_t>(b64);
    const auto sa = static_cast<int32_t>(a), sb = static_cast<int32_t>(b);
    switch (BPF_OP(it.code)) {
      case BPF_ADD: return a + b;
      case BPF_SUB: return a - b;
      case BPF_MUL: return a * b;
      case BPF_DIV:
        if (it.off == 0) return b ? a / b : 0;
        return sb == 0 ? 0 : sb == -1 ? 0 - a : static_cast<uint32_t>(sa / sb);
      case BPF_MOD:
        if (it.off == 0) return b ? a % b : a;
        return sb == 0 ? a : sb == -1 ? 0 : static_cast<uint32_t>(sa % sb);
      case BPF_OR: return a | b;
      case BPF_AND: return a & b;
      case BPF_XOR: return a ^ b;
      case BPF_LSH: return a << (b % 32);
      case BPF_RSH: return a >> (b % 32);
      case BPF_ARSH: return static_cast<uint32_t>(sa >> (b % 32));
      case BPF_NEG: return ~a + 1;
      case BPF_MOV: return it.off == 0 ? b : moved(it, b, 16);
      default: return std::nullopt;
    }
  }

  // The low bits of a number, sign-extended: what a move with an offset is.
  static uint64_t moved(const bpf_insn& it, uint64_t number, int widest) {
    const bool known = (it.off == 8 || it.off == 16 || it.off == 32) && it.off <= widest;
    if (!known || BPF_SRC(it.code) != BPF_X) return nothing(number);
    return sign_extended(number, static_cast<size_t>(it.off));
  }

  void swap(const bpf_insn& it) {
    uint64_t& to = registers_[it.dst_reg];
    if (it.imm != 16 && it.imm != 32 && it.imm != 64) {
      to = nothing(to);
      return;
    }
    to = cut(to, static_cast<size_t>(it.imm) / 8);
    const bool turns = BPF_CLASS(it.code) == BPF_ALU64 || BPF_SRC(it.code) == BPF_TO_BE;
    if (turns) to = __builtin_bswap64(to) >> (64 - it.imm);
  }

  static std::optional<bool> holds(uint8_t operation, uint64_t a, uint64_t b, int64_t sa, int64_t sb) {
    switch (operation) {
      case BPF_JEQ: return a == b;
      case BPF_JNE: return a != b;
      case BPF_JGT: return a > b;
      case BPF_JGE: return a >= b;
      case BPF_JLT: return a < b;
      case BPF_JLE: return a <= b;
      case BPF_JSGT: return sa > sb;
      case BPF_JSGE: return sa >= sb;
      case BPF_JSLT: return sa < sb;
      case BPF_JSLE: return sa <= sb;
      case BPF_JSET: return (a & b) != 0;
      default: return std::nullopt;
    }
  }

  void jump(const bpf_insn& it) {
    if (it.code == (BPF_JMP | BPF_CALL)) return it.src_reg == BPF_PSEUDO_CALL ? enter(it) : call(it);
    if (it.code == (BPF_JMP | BPF_EXIT)) return leave();
    if (it.code == (BPF_JMP | BPF_JA)) return go(it.off);
    if (it.code == (BPF_JMP32 | BPF_JA)) return go(it.imm);
    const uint64_t a = registers_[it.dst_reg], b = operand(it);
    const auto taken = BPF_CLASS(it.code) == BPF_JMP
                           ? holds(BPF_OP(it.code), a, b, static_cast<int64_t>(a), static_cast<int64_t>(b))
                           : holds(BPF_OP(it.code), static_cast<uint32_t>(a), static_cast<uint32_t>(b),
                                   static_cast<int32_t>(a), static_cast<int32_t>(b));
    if (!taken) return fault();
    if (*taken) go(it.off);
  }

  void go(int64_t distance) {
    position_.next += static_cast<size_t>(distance);  // out of the program it is a fault
  }

  static unsigned arguments_of(const bpf_insn& it) {
    if (it.src_reg == BPF_PSEUDO_KFUNC_CALL) return 3;
    switch (it.imm) {
      case BPF_FUNC_ktime_get_ns: return 0;
      case BPF_FUNC_get_attach_cookie: return 1;
      case BPF_FUNC_map_lookup_elem: return 2;
      case BPF_FUNC_probe_read_kernel: return 3;
      case BPF_FUNC_ringbuf_output: return 4;
      case BPF_FUNC_perf_event_output: return 5;
      default: return 0;
    }
  }

  void forget(unsigned first, unsigned last) {
    for (unsigned r = first; r <= last; r++) registers_[r] = nothing(r + 100 * calls_);
  }

  void call(const bpf_insn& it) {
    Event event{Event::Kind::call, static_cast<uint32_t>(it.imm) | uint64_t{it.src_reg} << 32, {}};
    std::copy_n(registers_.begin() + 1, arguments_of(it), event.values.begin());
    for (const uint64_t value : event.values)
      for (uint64_t at = value; value >= registers_[10] - kStackMax && at < registers_[10]; at++)
        event.stack = mixed(event.stack ^ read(at, 1));
    trace_.push_back(event);
    calls_++;
    registers_[0] = calls_ % 3 ? nothing(calls_) : 0;
    forget(1, 5);
  }

  void enter(const bpf_insn& it) {
    const size_t target = position_.next + static_cast<size_t>(int64_t{it.imm});
    if (inlined_ && !position_.resume && target == inlined_->function) {
      position_ = {inlined_->body, 0, position_.next};
      return;
    }
    if (position_.resume || target >= code_.size() || frames_.size() == kFramesMax) return fault();
    Frame frame{position_, {}};
    std::copy_n(registers_.begin() + 6, 4, frame.saved.begin());
    frames_.push_back(frame);
    position_.next = target;
    calls_++;
    registers_[0] = nothing(calls_);
    forget(6, 9);
    registers_[10] = kStackAt + kStackMax * frames_.size();
    std::fill_n(stack_.begin() + static_cast<ptrdiff_t>(kStackMax * (frames_.size() - 1)), kStackMax, kNothing);
  }

  void leave() {
    if (frames_.size() == 1) {
      ended_ = Outcome::End::exited;
      return;
    }
    position_ = frames_.back().back;
    std::copy_n(frames_.back().saved.begin(), 4, registers_.begin() + 6);
    frames_.pop_back();
    calls_++;
    forget(1, 5);
    registers_[10] = kStackAt + kStackMax * frames_.size();
  }

  std::span<const bpf_insn> code_;
  const load::Constants& constants_;
  const load::Inlined* inlined_;
  Position position_;
  std::array<uint64_t, 11> registers_{};
  std::array<uint8_t, kStackMax * kFramesMax> stack_{};
  std::vector<Frame> frames_;
  std::vector<Event> trace_;
  uint64_t calls_ = 0;
  std::optional<Outcome::End> ended_;
};

inline bpf_insn jump(int distance) {
  return filter::ebpf::instruction(BPF_JMP | BPF_JA, filter::ebpf::r0, filter::ebpf::r0, distance, 0);
}
inline bpf_insn call_function(int distance) {
  return filter::ebpf::instruction(BPF_JMP | BPF_CALL, filter::ebpf::r0,
                                   static_cast<filter::ebpf::Register>(BPF_PSEUDO_CALL), 0,
                                   static_cast<uint32_t>(distance));
}
// The two slots of a load of 64 bits; `kind` is 0 or BPF_PSEUDO_….
inline void add_wide(Code& to, filter::ebpf::Register which, int kind, uint32_t low, uint32_t high) {
  to.push_back(
      filter::ebpf::instruction(BPF_LD | BPF_IMM | BPF_DW, which, static_cast<filter::ebpf::Register>(kind), 0, low));
  to.push_back(filter::ebpf::instruction(0, filter::ebpf::r0, filter::ebpf::r0, 0, high));
}

// Zeros when there is nothing left.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> from) : rest_(from) {}

  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t first = rest_[0];
    rest_ = rest_.subspan(1);
    return first;
  }
  uint32_t below(uint32_t end) { return byte() % end; }
  bool one_in(uint32_t many) { return below(many) == many - 1; }
  uint32_t word() {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) value = value << 8 | byte();
    return value;
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::span<const uint8_t> rest_;
};

struct MadeProgram {
  Code code;
  std::vector<uint32_t> functions;
  std::optional<uint32_t> inlined;  // the function in whose place `body` is put
  Code body;
};

// Programs as a compiler makes them, but for what they are good for: up to four functions, values that come from the
// constants, branches that depend on them. Some break the rules.
class ProgramMaker {
 public:
  static constexpr int kMap = 7;
  static constexpr size_t kConstantsSize = 32;

  explicit ProgramMaker(Choices& choices) : choices_(choices) {}

  MadeProgram made() {
    const uint32_t functions = 1 + choices_.below(4);
    strange_ = choices_.one_in(8);
    for (uint32_t f = 0; f < functions; f++) {
      made_.functions.push_back(static_cast<uint32_t>(made_.code.size()));
      add_function();
    }
    aim_calls();
    if (functions > 1 && choices_.one_in(3)) {
      made_.inlined = made_.functions[1 + choices_.below(functions - 1)];
      made_.body = body();
    }
    return std::move(made_);
  }

 private:
  using Register = filter::ebpf::Register;

  static constexpr uint8_t kAlu[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND, BPF_LSH, BPF_RSH,  BPF_NEG,
                                     BPF_MOD, BPF_XOR, BPF_MOV, BPF_MOV, BPF_MOV, BPF_ADD, BPF_END, BPF_ARSH, BPF_AND};
  static constexpr uint8_t kConditions[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
                                            BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};
  static constexpr int kHelpers[] = {BPF_FUNC_ktime_get_ns,    BPF_FUNC_get_attach_cookie,
                                     BPF_FUNC_map_lookup_elem, BPF_FUNC_probe_read_kernel,
                                     BPF_FUNC_ringbuf_output,  BPF_FUNC_perf_event_output};
  static constexpr uint32_t kSizes[] = {1, 2, 4, 8};
  static constexpr int kAtomics[] = {BPF_ADD, BPF_ADD | BPF_FETCH, BPF_OR, BPF_AND | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG};

  Register any() { return static_cast<Register>(choices_.below(10)); }
  uint32_t size() { return kSizes[choices_.below(4)]; }
  uint32_t number() {
    constexpr uint32_t kEdges[] = {0, 1, 2, 31, 32, 63, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    return choices_.one_in(8) ? choices_.word() : kEdges[choices_.below(std::size(kEdges))];
  }
  int stack_offset() { return -8 * static_cast<int>(1 + choices_.below(6)); }
  int constants_offset() { return static_cast<int>(choices_.below(kConstantsSize + (strange_ ? 4 : 0))) & ~7; }

  void add(const bpf_insn& made) { made_.code.push_back(made); }

  void add_function() {
    const size_t first = made_.code.size();
    // In a register that calls leave alone, as clang keeps it.
    if (!choices_.one_in(4)) add_wide(made_.code, filter::ebpf::r6, BPF_PSEUDO_MAP_VALUE, kMap, 0);
    for (uint32_t left = 2 + choices_.below(30); left > 0; left--) add_one();
    if (!choices_.one_in(4)) add(filter::ebpf::alu64(BPF_MOV, filter::ebpf::r0, any()));
    if (!strange_ || !choices_.one_in(4)) add(choices_.one_in(8) ? jump(-2) : filter::ebpf::exit());
    aim_jumps(first);
  }

  void add_one() {
    using namespace filter::ebpf;
    switch (choices_.below(20)) {
      case 0: return add_wide(made_.code, any(), 0, number(), choices_.one_in(4) ? number() : 0);
      case 1: return add_wide(made_.code, any(), BPF_PSEUDO_MAP_VALUE, kMap, choices_.below(kConstantsSize));
      case 2: return add_wide(made_.code, any(), choices_.one_in(2) ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE, 8, 0);
      case 3:
      case 4:
      case 5: return add(filter::ebpf::load(size(), any(), choices_.one_in(6) ? any() : r6, constants_offset()));
      case 6: return add(filter::ebpf::load(size(), any(), fp, stack_offset()));
      case 7:
      case 8:
      case 9:
      case 10: return add_calculation();
      case 11: return add(store(size(), fp, stack_offset(), any()));
      case 12: return add(instruction(BPF_ST | BPF_MEM | size_code(size()), fp, r0, stack_offset(), number()));
      case 13: return add(store(size(), any(), 0, any()));
      case 14:
      case 15:
      case 16: return add_condition();
      case 17: return add(choices_.one_in(2) ? jump(0) : call_function(0));
      case 18:
        if (choices_.one_in(4)) return add(call_kfunc(1));
        return add(call(static_cast<bpf_func_id>(kHelpers[choices_.below(std::size(kHelpers))])));
      default: return add_rare();
    }
  }

  void add_calculation() {
    using namespace filter::ebpf;
    const uint8_t operation = kAlu[choices_.below(std::size(kAlu))];
    const int class_of = choices_.one_in(2) ? BPF_ALU : BPF_ALU64;
    if (operation == BPF_END) {
      const int order = class_of == BPF_ALU && choices_.one_in(2) ? BPF_TO_BE : BPF_TO_LE;
      return add(instruction(class_of | BPF_END | order, any(), r0, 0, 16u << choices_.below(3)));
    }
    if (operation == BPF_NEG) return add(instruction(class_of | BPF_NEG, any(), r0, 0, 0));
    if (choices_.one_in(2)) return add(instruction(class_of | operation | BPF_K, any(), r0, 0, number()));
    const bool is_signed = choices_.one_in(6) && (operation == BPF_DIV || operation == BPF_MOD);
    const bool extends = choices_.one_in(6) && operation == BPF_MOV;
    add(instruction(class_of | operation | BPF_X, any(), any(), is_signed ? 1 : extends ? 8 : 0, 0));
  }

  void add_condition() {
    using namespace filter::ebpf;
    const int code = kConditions[choices_.below(std::size(kConditions))] | (choices_.one_in(2) ? BPF_JMP32 : BPF_JMP);
    if (choices_.one_in(3)) return add(instruction(code | BPF_X, any(), any(), 0, 0));
    add(instruction(code | BPF_K, any(), r0, 0, number()));
  }

  void add_rare() {
    using namespace filter::ebpf;
    if (choices_.one_in(3)) return add(filter::ebpf::exit());
    if (!strange_ || !choices_.one_in(4)) {
      const int operation = kAtomics[choices_.below(std::size(kAtomics))];
      return add(instruction(BPF_STX | BPF_ATOMIC | (choices_.one_in(2) ? BPF_W : BPF_DW), fp, any(), stack_offset(),
                             static_cast<uint32_t>(operation)));
    }
    if (choices_.one_in(3)) return add_wide(made_.code, any(), BPF_PSEUDO_FUNC, choices_.below(8), 0);
    const uint8_t code = choices_.byte();
    add(instruction(code, any(), any(), static_cast<int>(choices_.below(4)),
                    choices_.one_in(2) ? 0x100 : choices_.below(4)));
  }

  // Most jumps go forward and not far.
  void aim_jumps(size_t first) {
    Code& code = made_.code;
    for (size_t i = first; i < code.size(); i++) {
      if (code[i].code == (BPF_LD | BPF_IMM | BPF_DW)) {
        i++;
        continue;
      }
      const int kind = BPF_CLASS(code[i].code), operation = BPF_OP(code[i].code);
      if ((kind != BPF_JMP && kind != BPF_JMP32) || operation == BPF_CALL || operation == BPF_EXIT) continue;
      if (code[i].off == -2) continue;
      const auto here = static_cast<int>(i), end = static_cast<int>(code.size());
      int target = here + 1 + static_cast<int>(choices_.below(6));
      if (choices_.one_in(6))
        target = static_cast<int>(first) + static_cast<int>(choices_.byte()) % (end - static_cast<int>(first));
      const bool keeps = strange_ && choices_.one_in(16);
      if (!keeps) {
        target = std::min(target, end - 1);
        if (target > 0 && code[static_cast<size_t>(target) - 1].code == (BPF_LD | BPF_IMM | BPF_DW)) target--;
      }
      code[i].off = static_cast<__s16>(target - here - 1);
    }
  }

  void aim_calls() {
    for (size_t i = 0; i < made_.code.size(); i++) {
      bpf_insn& it = made_.code[i];
      if (it.code != (BPF_JMP | BPF_CALL) || it.src_reg != BPF_PSEUDO_CALL) continue;
      const uint32_t to = made_.functions[choices_.below(static_cast<uint32_t>(made_.functions.size()))];
      it.imm = static_cast<int>(to) - static_cast<int>(i) - 1;
    }
  }

  // As filter/prefilter.h makes them.
  Code body() {
    using namespace filter::ebpf;
    Assembler out;
    const auto after = out.new_label();
    const auto low = [&] { return static_cast<Register>(choices_.below(6)); };
    for (uint32_t left = choices_.below(6); left > 0; left--) {
      switch (choices_.below(4)) {
        case 0: out.emit(alu32(kAlu[choices_.below(4)], low(), number() | 1)); break;
        case 1: out.emit(filter::ebpf::load(size(), low(), low(), 0)); break;
        case 2: out.jump64(kConditions[choices_.below(std::size(kConditions))], low(), 2, after); break;
        default: out.jump32(kConditions[choices_.below(std::size(kConditions))], low(), low(), after); break;
      }
    }
    if (choices_.one_in(2)) {
      out.emit(alu32(BPF_MOV, r0, 0u));
      out.emit(filter::ebpf::exit());
    }
    if (out.size() == 0) out.emit(alu32(BPF_MOV, r0, 1u));
    out.bind(after);
    return out.finish();
  }

  Choices& choices_;
  MadeProgram made_;
  bool strange_ = false;
};

inline bool same(std::span<const bpf_insn> a, std::span<const bpf_insn> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// Whether every instruction is where the specialised program says.
inline bool is_well_ordered(const load::Specialised& specialised, size_t before) {
  const auto& moved_to = specialised.moved_to;
  if (moved_to.size() != before + 1 || moved_to.front() != 0 || moved_to.back() != specialised.code.size())
    return false;
  return std::is_sorted(moved_to.begin(), moved_to.end());
}

// What it does otherwise, but for how many steps that takes; empty if nothing.
inline std::string difference(const Outcome& before, const Outcome& after) {
  // One that does not end comes less far in so many steps.
  if (before.end == Outcome::End::out_of_steps) {
    const bool begins_alike = before.trace.size() <= after.trace.size() &&
                              std::equal(before.trace.begin(), before.trace.end(), after.trace.begin());
    return begins_alike ? "" : "the trace's beginning";
  }
  if (before.end != after.end) return "the end";
  if (before.trace != after.trace) return "the trace";
  return before.end == Outcome::End::exited && before.r0 != after.r0 ? "R0" : "";
}

// Where the functions begin that are left of a specialised program.
inline std::vector<uint32_t> functions_left(const load::Specialised& specialised,
                                            const std::vector<uint32_t>& functions) {
  std::vector<uint32_t> left;
  for (size_t f = 0; f < functions.size(); f++) {
    const size_t end = f + 1 < functions.size() ? functions[f + 1] : specialised.moved_to.size() - 1;
    if (specialised.keeps(functions[f], end)) left.push_back(specialised.moved_to[functions[f]]);
  }
  return left;
}

// What a program does otherwise when its blocks stand in another order, which must be one of the same instructions.
inline std::string difference_by_order(const load::Specialised& specialised, const std::vector<uint32_t>& functions,
                                       const load::Constants& constants, const Outcome& before) {
  constexpr size_t kSteps = 600;  // an added jump is a step more
  const load::Ordered ordered = load::in_order_of_flow(specialised.code, functions_left(specialised, functions));
  if (ordered.from.size() != ordered.code.size()) return "places in order";
  for (size_t i = 0; i < ordered.code.size(); i++) {
    const bpf_insn& it = ordered.code[i];
    const bool jumps = BPF_CLASS(it.code) == BPF_JMP || BPF_CLASS(it.code) == BPF_JMP32;
    const uint32_t from = ordered.from[i];
    if (from == load::Ordered::kAdded
            ? it.code != (BPF_JMP | BPF_JA)
            : from >= specialised.code.size() || (!jumps && std::memcmp(&it, &specialised.code[from], sizeof(it)) != 0))
      return "instructions in order";
  }
  const std::string found = difference(before, Machine(ordered.code, constants).run(kSteps));
  return found.empty() ? "" : found + " in order";
}

// What a specialised program does otherwise than the one that it was made of; empty if nothing.
inline std::string difference(const MadeProgram& program, const load::Constants& constants) {
  constexpr size_t kSteps = 400;
  const load::Inlined inlined{program.inlined.value_or(0), program.body};
  const load::Inlined* given = program.inlined ? &inlined : nullptr;
  const auto specialised = load::specialise(program.code, program.functions, constants, given);
  if (!is_well_ordered(specialised, program.code.size())) return "places";
  if (same(program.code, specialised.code)) return "";
  const Outcome before = Machine(program.code, constants, specialised.inlined ? given : nullptr).run(kSteps);
  const Outcome after = Machine(specialised.code, constants).run(kSteps);
  if (const auto found = difference(before, after); !found.empty()) return found;
  if (const auto found = difference_by_order(specialised, program.functions, constants, before); !found.empty())
    return found;
  return before.end != Outcome::End::out_of_steps && after.steps > before.steps ? "steps" : "";
}

// For a failed test's reader.
inline std::string listing(std::span<const bpf_insn> code) {
  std::string text;
  for (size_t i = 0; i < code.size(); i++) {
    const bpf_insn& it = code[i];
    char line[80];
    (void)snprintf(line, sizeof(line), "%3zu: %02x r%d r%d %+d %d\n", i, it.code, it.dst_reg, it.src_reg, it.off,
                   it.imm);
    text += line;
  }
  return text;
}

}  // namespace skbtrail::test
