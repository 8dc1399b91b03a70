#include "load/specialise.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "load/instructions.h"

namespace skbtrail::load {

namespace {

constexpr size_t kRegisters = 11;
constexpr uint8_t kSignExtending = 0x80;  // BPF_MEMSX (Linux 6.6), a mode of loads

// What is known of a register. `number` is the constant, or the offset into the constants.
struct Value {
  enum class Kind : uint64_t { unreached, constant, pointer, unknown } kind = Kind::unreached;
  uint64_t number = 0;

  static Value constant(uint64_t number) { return {Kind::constant, number}; }
  static Value pointer(uint64_t offset) { return {Kind::pointer, offset}; }
  static Value unknown() { return {Kind::unknown, 0}; }
  [[nodiscard]] bool is_constant() const { return kind == Kind::constant; }
  bool operator==(const Value&) const = default;
};

constexpr size_t kSlots = 64;  // of eight bytes, a function's whole stack

// What is known before one instruction: of registers, and of what was spilled to the stack.
struct State {
  std::array<Value, kRegisters> registers{};
  std::array<Value, kSlots> slots{};  // the first lies right below the frame pointer

  static State of_nothing() {
    State state;
    state.registers.fill(Value::unknown());
    state.slots.fill(Value::unknown());
    return state;
  }
  Value& operator[](size_t number) { return registers[number]; }
  const Value& operator[](size_t number) const { return registers[number]; }
};

// In one look: most ways to a block tell nothing new.
bool is_same(const State& a, const State& b) {
  static_assert(std::has_unique_object_representations_v<State>);
  return std::memcmp(&a, &b, sizeof(State)) == 0;
}

bool is_arithmetic(const bpf_insn& insn) {
  return class_of(insn) == BPF_ALU || class_of(insn) == BPF_ALU64;
}

bool is_atomic(const bpf_insn& insn) {
  return class_of(insn) == BPF_STX && BPF_MODE(insn.code) == BPF_ATOMIC;
}
// One that changes no register but its source and R0, other than a load that acquires.
bool is_known_atomic(const bpf_insn& insn) {
  switch (insn.imm & ~BPF_FETCH) {
    case BPF_ADD:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR: return true;
    default: return insn.imm == BPF_XCHG || insn.imm == BPF_CMPXCHG;
  }
}

// How many arguments a call has at most; the helpers that are called often, of which a register that is set and not an
// argument would cost. `cast`: BTF id of bpf_rdonly_cast.
unsigned arguments_of(const bpf_insn& call, uint32_t cast) {
  constexpr unsigned kMost = 5, kMostOfKfuncs = 3;  // bpf_dynptr_from_skb
  if (call.src_reg == BPF_PSEUDO_KFUNC_CALL)
    return cast && static_cast<uint32_t>(call.imm) == cast && call.off == 0 ? 2 : kMostOfKfuncs;
  if (call.src_reg != 0) return kMost;
  switch (call.imm) {
    case BPF_FUNC_ktime_get_ns:
    case BPF_FUNC_get_smp_processor_id:
    case BPF_FUNC_get_current_task:
    case BPF_FUNC_get_current_task_btf:
    case BPF_FUNC_get_current_pid_tgid: return 0;
    case BPF_FUNC_get_func_ip:
    case BPF_FUNC_get_attach_cookie: return 1;
    case BPF_FUNC_map_lookup_elem:
    case BPF_FUNC_map_delete_elem:
    case BPF_FUNC_get_current_comm: return 2;
    case BPF_FUNC_tail_call:
    case BPF_FUNC_probe_read_kernel: return 3;
    case BPF_FUNC_map_update_elem:
    case BPF_FUNC_ringbuf_output: return 4;
    default: return kMost;
  }
}

int size_of(const bpf_insn& insn) {
  switch (BPF_SIZE(insn.code)) {
    case BPF_DW: return 8;
    case BPF_W: return 4;
    case BPF_H: return 2;
    default: return 1;
  }
}

uint64_t extended(int32_t immediate) {
  return static_cast<uint64_t>(static_cast<int64_t>(immediate));
}

// Nothing: not evaluated.
std::optional<uint64_t> evaluated(uint8_t operation, bool wide, uint64_t a, uint64_t b) {
  if (!wide) a = static_cast<uint32_t>(a), b = static_cast<uint32_t>(b);
  const uint64_t shift = b & (wide ? 63 : 31);
  uint64_t result = 0;
  switch (operation) {
    case BPF_MOV: result = b; break;
    case BPF_ADD: result = a + b; break;
    case BPF_SUB: result = a - b; break;
    case BPF_MUL: result = a * b; break;
    case BPF_OR: result = a | b; break;
    case BPF_AND: result = a & b; break;
    case BPF_XOR: result = a ^ b; break;
    case BPF_LSH: result = a << shift; break;
    case BPF_RSH: result = a >> shift; break;
    case BPF_ARSH:
      result = wide ? static_cast<uint64_t>(static_cast<int64_t>(a) >> shift)
                    : static_cast<uint32_t>(static_cast<int32_t>(a) >> shift);
      break;
    case BPF_NEG: result = 0 - a; break;
    default: return std::nullopt;
  }
  return wide ? result : static_cast<uint32_t>(result);
}

std::optional<bool> is_taken(uint8_t operation, bool wide, uint64_t a, uint64_t b) {
  if (!wide) a = static_cast<uint32_t>(a), b = static_cast<uint32_t>(b);
  const auto signed_of = [wide](uint64_t number) {
    return wide ? static_cast<int64_t>(number) : static_cast<int32_t>(number);
  };
  switch (operation) {
    case BPF_JEQ: return a == b;
    case BPF_JNE: return a != b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    case BPF_JLT: return a < b;
    case BPF_JLE: return a <= b;
    case BPF_JSET: return (a & b) != 0;
    case BPF_JSGT: return signed_of(a) > signed_of(b);
    case BPF_JSGE: return signed_of(a) >= signed_of(b);
    case BPF_JSLT: return signed_of(a) < signed_of(b);
    case BPF_JSLE: return signed_of(a) <= signed_of(b);
    default: return std::nullopt;
  }
}

class Specialiser {
 public:
  // `body_later`: calls to this function will be replaced by a body, which may read R0 as well.
  Specialiser(std::span<const bpf_insn> code, std::span<const uint32_t> functions, const Constants& constants,
              std::optional<uint32_t> body_later = std::nullopt)
      : code_(code.begin(), code.end()), functions_(functions), constants_(constants), body_later_(body_later) {}

  // Nothing: something that is not supported may be reached.
  std::optional<Specialised> specialised() {
    if (!has_functions()) return std::nullopt;
    block_of_.assign(code_.size(), kNoBlock);
    lowest_pointer_.assign(code_.size(), 0);
    propagate_constants();
    if (!supported_) return std::nullopt;
    rewrite();
    eliminate_dead_code();
    return emitted();
  }

 private:
  // Instructions first to end - 1; where it may go on is known once its last one was decided.
  // What will be read before it is written: a bit for each register, and for each slot.
  struct Live {
    uint32_t registers = 0;
    uint64_t slots = 0;
    bool operator==(const Live&) const = default;
  };
  struct Block {
    size_t first = 0, end = 0;
    bool on_worklist = false;
    std::unique_ptr<State> before;  // null: not reached. Most blocks of a program never are
    Live live_before, live_after;
  };
  // Where a block may go on: no more than two.
  struct Successors {
    std::array<size_t, 2> first;
    size_t count;
    [[nodiscard]] std::span<const size_t> all() const { return {first.data(), count}; }
  };

  [[nodiscard]] bool is_instruction(int64_t at) const {
    return at >= 0 && at < static_cast<int64_t>(code_.size()) && !second_half(static_cast<size_t>(at));
  }
  [[nodiscard]] bool second_half(size_t i) const { return i > 0 && code_[i - 1].code == kLoadImmediate; }
  [[nodiscard]] size_t target(size_t i) const {
    return static_cast<size_t>(static_cast<int64_t>(i) + 1 + (is_call(code_[i]) ? code_[i].imm : code_[i].off));
  }
  [[nodiscard]] bool has_functions() const;
  [[nodiscard]] bool is_supported(size_t begin, size_t end) const;
  void enter(size_t at);
  void find_blocks(size_t begin, size_t end);
  void find_pointers(size_t begin, size_t end);
  void join_into(size_t first, const State& registers);
  void propagate_constants();
  void join_into_successors(size_t end, const State& registers);
  [[nodiscard]] Value operand(const bpf_insn& insn, const State& registers) const;
  [[nodiscard]] std::optional<size_t> slot(size_t i, uint8_t base) const;
  [[nodiscard]] uint64_t slots_of(size_t i) const;
  void store(size_t i, State& registers) const;
  [[nodiscard]] Value loaded(size_t i, const State& registers) const;
  [[nodiscard]] Value calculated(const bpf_insn& insn, const State& registers) const;
  void step(size_t i, State& registers) const;
  [[nodiscard]] std::optional<bool> branch_taken(size_t i, const State& registers) const;
  void rewrite();
  void replace_by_constant(size_t i, uint64_t number);
  [[nodiscard]] Successors successors(const Block& block) const;
  [[nodiscard]] Live live_before(const Block& block, Live live, bool mark_dead);
  [[nodiscard]] bool live_before_store(size_t i, Live& live) const;
  void eliminate_dead_code();
  [[nodiscard]] std::vector<const Block*> reached_blocks() const;
  void eliminate_jumps(std::span<const Block* const> reached);
  [[nodiscard]] std::vector<uint32_t> places(std::span<const Block* const> reached) const;
  [[nodiscard]] bpf_insn moved(size_t i, const std::vector<uint32_t>& places) const;
  Specialised emitted();

  std::vector<bpf_insn> code_;
  std::span<const uint32_t> functions_;
  const Constants& constants_;
  std::optional<uint32_t> body_later_;
  bool supported_ = true;
  // Of functions that are reached: most of what a program is linked with is not, and is not looked at.
  std::vector<Block> blocks_;
  static constexpr uint32_t kNoBlock = UINT32_MAX;
  std::vector<uint32_t> block_of_;   // of each instruction
  std::vector<int> lowest_pointer_;  // of its function, for each instruction: to the stack, from the frame pointer
  std::vector<uint32_t> worklist_;
  std::vector<char> dead_;
};

bool Specialiser::has_functions() const {
  if (code_.empty() || functions_.empty() || functions_.front() != 0) return false;
  if (second_half(code_.size() - 1) || !(is_exit(code_.back()) || is_goto(code_.back()))) return false;
  return std::all_of(functions_.begin(), functions_.end(), [this](uint32_t it) { return is_instruction(it); });
}

bool Specialiser::is_supported(size_t begin, size_t end) const {
  for (size_t i = begin; i < end; i++) {
    const bpf_insn& insn = code_[i];
    if (insn.dst_reg >= kRegisters || (insn.src_reg >= kRegisters && !is_call(insn))) return false;
    if (insn.code == kLoadImmediate) {
      if (i + 1 == code_.size() || code_[i + 1].code != 0) return false;
      if (insn.src_reg == BPF_PSEUDO_FUNC) return false;
      i++;
      continue;
    }
    switch (class_of(insn)) {
      case BPF_LD: return false;  // of packet bytes, or what is not known yet
      case BPF_LDX:
        if (BPF_MODE(insn.code) != BPF_MEM && BPF_MODE(insn.code) != kSignExtending) return false;
        break;
      case BPF_ST:
      case BPF_STX:
        if (BPF_MODE(insn.code) != BPF_MEM && !(is_atomic(insn) && is_known_atomic(insn))) return false;
        break;
      case BPF_ALU:
      case BPF_ALU64:
        if (BPF_OP(insn.code) > BPF_END) return false;
        break;
      case BPF_JMP32:
      case BPF_JMP:
        if (is_exit(insn) || (is_call(insn) && !is_own_call(insn))) break;
        if (!is_condition(insn) && !is_goto(insn) && !is_call(insn)) return false;
        if (!is_instruction(static_cast<int64_t>(target(i)))) return false;
        if (is_own_call(insn) && !std::binary_search(functions_.begin(), functions_.end(), target(i))) return false;
        break;
      default: return false;
    }
  }
  return true;
}

// The function that has this instruction, which is reached for the first time.
void Specialiser::enter(size_t at) {
  const auto after = std::upper_bound(functions_.begin(), functions_.end(), at);
  const size_t begin = *(after - 1), end = after == functions_.end() ? code_.size() : *after;
  supported_ = supported_ && is_supported(begin, end);
  if (!supported_) return;
  find_blocks(begin, end);
  find_pointers(begin, end);
}

void Specialiser::find_blocks(size_t begin, size_t end) {
  std::vector<char> begins(end - begin + 1, 0);  // by the distance from the function's first instruction
  begins[0] = 1;
  for (size_t i = begin; i < end; i++) {
    if (second_half(i) || !is_jump(code_[i]) || is_call(code_[i])) continue;
    begins[i + 1 - begin] = 1;
    if (is_exit(code_[i])) continue;
    // Into the midst of another function, which is divided into blocks without regard to this jump.
    const bool is_inside = target(i) >= begin && target(i) < end;
    if (!is_inside && !std::binary_search(functions_.begin(), functions_.end(), target(i))) supported_ = false;
    if (is_inside) begins[target(i) - begin] = 1;
  }
  for (size_t i = begin; i < end; i++) {
    if (begins[i - begin]) {
      if (i > begin) blocks_.back().end = i;
      blocks_.push_back({.first = i});
    }
    block_of_[i] = static_cast<uint32_t>(blocks_.size() - 1);
  }
  blocks_.back().end = end;
}

// A pointer to the stack is the frame pointer and a number added. Any number that is added to anything is taken for
// one.
void Specialiser::find_pointers(size_t begin, size_t end) {
  constexpr int64_t kLowest = -static_cast<int64_t>(8 * kSlots);
  int64_t lowest = 0;
  for (size_t i = begin; i < end; i++) {
    const bpf_insn& insn = code_[i];
    if (second_half(i)) continue;
    const bool adds = BPF_OP(insn.code) == BPF_ADD, subtracts = BPF_OP(insn.code) == BPF_SUB;
    if (is_arithmetic(insn) && BPF_SRC(insn.code) == BPF_K && (adds || subtracts))
      lowest = std::min(lowest, adds ? int64_t{insn.imm} : -int64_t{insn.imm});
    const bool stores = class_of(insn) == BPF_ST || class_of(insn) == BPF_STX;
    const bool by_pointer =
        stores ? insn.dst_reg != BPF_REG_10 : class_of(insn) == BPF_LDX && insn.src_reg != BPF_REG_10;
    if (by_pointer && insn.off < 0) lowest = kLowest;
  }
  std::fill(lowest_pointer_.begin() + static_cast<ptrdiff_t>(begin),
            lowest_pointer_.begin() + static_cast<ptrdiff_t>(end), static_cast<int>(std::max(lowest, kLowest)));
}

// Joins what is known on one way to the block that begins at `first` with what is known of others.
void Specialiser::join_into(size_t first, const State& registers) {
  if (block_of_[first] == kNoBlock) enter(first);
  if (!supported_) return;
  Block& block = blocks_[block_of_[first]];
  if (block.before && is_same(*block.before, registers)) return;
  bool changed = !block.before;
  if (changed) block.before = std::make_unique<State>(registers);
  const auto join = [&changed](Value& known, const Value& other) {
    Value joined = known;
    if (known.kind == Value::Kind::unreached)
      joined = other;
    else if (known != other)
      joined = Value::unknown();
    changed |= joined != known;
    known = joined;
  };
  for (size_t i = 0; i < kRegisters; i++) join(block.before->registers[i], registers.registers[i]);
  for (size_t i = 0; i < kSlots; i++) join(block.before->slots[i], registers.slots[i]);
  if (!changed || block.on_worklist) return;
  block.on_worklist = true;
  worklist_.push_back(block_of_[first]);
}

Value Specialiser::operand(const bpf_insn& insn, const State& registers) const {
  return BPF_SRC(insn.code) == BPF_X ? registers[insn.src_reg] : Value::constant(extended(insn.imm));
}

// The slot that a load or store of eight bytes by the frame pointer goes to, if nothing else can write there: pointers
// to what a function keeps on its stack point to its lowest byte and lead upwards from there, and what was put aside to
// free a register lies below all of that.
std::optional<size_t> Specialiser::slot(size_t i, uint8_t base) const {
  const bpf_insn& insn = code_[i];
  if (base != BPF_REG_10 || insn.off >= lowest_pointer_[i] || insn.off < -static_cast<int>(8 * kSlots) || insn.off % 8)
    return std::nullopt;
  return static_cast<size_t>(-insn.off / 8 - 1);
}

// All slots of which a load or store by the frame pointer touches something, a bit each.
uint64_t Specialiser::slots_of(size_t i) const {
  const bpf_insn& insn = code_[i];
  const int size = size_of(insn);
  uint64_t touched = 0;
  for (size_t at = 0; at < kSlots; at++) {
    const int begin = -static_cast<int>(8 * (at + 1));
    if (begin < insn.off + size && insn.off < begin + 8) touched |= uint64_t{1} << at;
  }
  return touched;
}

void Specialiser::store(size_t i, State& registers) const {
  const bpf_insn& insn = code_[i];
  if (is_atomic(insn)) {
    if (insn.imm == BPF_CMPXCHG)
      registers[0] = Value::unknown();
    else if (insn.imm & BPF_FETCH)
      registers[insn.src_reg] = Value::unknown();
  }
  if (insn.dst_reg != BPF_REG_10) return;
  const bool whole = !is_atomic(insn) && BPF_SIZE(insn.code) == BPF_DW;
  if (const auto at = whole ? slot(i, insn.dst_reg) : std::nullopt) {
    registers.slots[*at] = class_of(insn) == BPF_ST ? Value::constant(extended(insn.imm)) : registers[insn.src_reg];
    return;
  }
  // A part of one, or of two.
  const uint64_t touched = slots_of(i);
  for (size_t at = 0; at < kSlots; at++)
    if (touched >> at & 1) registers.slots[at] = Value::unknown();
}

Value Specialiser::loaded(size_t i, const State& registers) const {
  const bpf_insn& insn = code_[i];
  if (BPF_MODE(insn.code) == BPF_MEM && BPF_SIZE(insn.code) == BPF_DW)
    if (const auto from_slot = slot(i, insn.src_reg)) return registers.slots[*from_slot];
  const Value& from = registers[insn.src_reg];
  if (BPF_MODE(insn.code) != BPF_MEM || from.kind != Value::Kind::pointer) return Value::unknown();
  const auto size = static_cast<size_t>(size_of(insn));
  const uint64_t at = from.number + extended(insn.off);
  if (at > constants_.value.size() || constants_.value.size() - at < size) return Value::unknown();
  const std::byte* bytes = constants_.value.data() + at;
  const auto read = [bytes]<typename Number>(Number number) {
    std::memcpy(&number, bytes, sizeof(number));
    return Value::constant(number);
  };
  switch (size) {
    case 8: return read(uint64_t{});
    case 4: return read(uint32_t{});
    case 2: return read(uint16_t{});
    default: return read(uint8_t{});
  }
}

Value Specialiser::calculated(const bpf_insn& insn, const State& registers) const {
  const uint8_t operation = BPF_OP(insn.code);
  const bool wide = class_of(insn) == BPF_ALU64;
  if (operation == BPF_END || insn.off != 0) return Value::unknown();
  const Value a = registers[insn.dst_reg], b = operand(insn, registers);
  if (operation == BPF_MOV && wide) return b;
  const bool one = operation == BPF_NEG || operation == BPF_MOV;
  if (wide && a.kind == Value::Kind::pointer && b.is_constant()) {
    if (operation == BPF_ADD) return Value::pointer(a.number + b.number);
    if (operation == BPF_SUB) return Value::pointer(a.number - b.number);
  }
  if (wide && b.kind == Value::Kind::pointer && a.is_constant() && operation == BPF_ADD)
    return Value::pointer(a.number + b.number);
  if (!(a.is_constant() || operation == BPF_MOV) || !(b.is_constant() || (one && operation == BPF_NEG)))
    return Value::unknown();
  const auto result = evaluated(operation, wide, a.number, b.number);
  return result ? Value::constant(*result) : Value::unknown();
}

void Specialiser::step(size_t i, State& registers) const {
  const bpf_insn& insn = code_[i];
  if (insn.code == kLoadImmediate) {
    const bpf_insn& rest = code_[i + 1];
    Value value = Value::unknown();
    if (insn.src_reg == 0)
      value = Value::constant(static_cast<uint32_t>(insn.imm) | uint64_t{static_cast<uint32_t>(rest.imm)} << 32);
    else if (insn.src_reg == BPF_PSEUDO_MAP_VALUE && insn.imm == constants_.map)
      value = Value::pointer(static_cast<uint32_t>(rest.imm));
    registers[insn.dst_reg] = value;
    return;
  }
  switch (class_of(insn)) {
    case BPF_ALU:
    case BPF_ALU64: registers[insn.dst_reg] = calculated(insn, registers); break;
    case BPF_LDX: registers[insn.dst_reg] = loaded(i, registers); break;
    case BPF_ST:
    case BPF_STX: store(i, registers); break;
    case BPF_JMP:
      if (is_call(insn))
        for (size_t r = 0; r <= 5; r++) registers[r] = Value::unknown();
      break;
    default: break;
  }
}

std::optional<bool> Specialiser::branch_taken(size_t i, const State& registers) const {
  const bpf_insn& insn = code_[i];
  const Value a = registers[insn.dst_reg], b = operand(insn, registers);
  if (!a.is_constant() || !b.is_constant()) return std::nullopt;
  return is_taken(BPF_OP(insn.code), class_of(insn) == BPF_JMP, a.number, b.number);
}

// To all the blocks that may come next after the one that ends before `end`. Blocks may move meanwhile (enter()).
void Specialiser::join_into_successors(size_t end, const State& registers) {
  const size_t last = end - 1;
  if (second_half(last) || !is_jump(code_[last]) || is_call(code_[last])) return join_into(end, registers);
  if (is_exit(code_[last])) return;
  if (is_goto(code_[last])) return join_into(target(last), registers);
  const auto taken = branch_taken(last, registers);
  if (!taken || *taken) join_into(target(last), registers);
  if (!taken || !*taken) join_into(end, registers);
}

void Specialiser::propagate_constants() {
  join_into(0, State::of_nothing());
  while (supported_ && !worklist_.empty()) {
    const uint32_t number = worklist_.back();
    worklist_.pop_back();
    blocks_[number].on_worklist = false;
    State registers = *blocks_[number].before;
    for (size_t i = blocks_[number].first; i < blocks_[number].end; i++) {
      if (second_half(i)) continue;
      if (is_own_call(code_[i])) {
        State given = State::of_nothing();
        std::copy_n(registers.registers.begin() + 1, 5, given.registers.begin() + 1);
        join_into(target(i), given);
      }
      step(i, registers);
    }
    join_into_successors(blocks_[number].end, registers);
  }
}

// A move of the number replaces the instruction; where that takes two slots it stays as it is.
void Specialiser::replace_by_constant(size_t i, uint64_t number) {
  bpf_insn& insn = code_[i];
  const auto low = static_cast<int32_t>(static_cast<uint32_t>(number));
  bpf_insn move{BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, low};
  move.dst_reg = insn.dst_reg;
  if (number > UINT32_MAX) move.code = BPF_ALU64 | BPF_MOV | BPF_K;
  if (number <= UINT32_MAX || extended(low) == number) insn = move;
}

// Puts in numbers and decided branches. A condition that never holds becomes a jump to the next instruction.
void Specialiser::rewrite() {
  for (Block& block : blocks_) {
    if (!block.before) continue;
    State registers = *block.before;
    for (size_t i = block.first; i < block.end; i++) {
      if (second_half(i)) continue;
      if (is_condition(code_[i])) {
        const auto taken = branch_taken(i, registers);
        if (taken) code_[i] = {BPF_JMP | BPF_JA, 0, 0, *taken ? code_[i].off : __s16{0}, 0};
        continue;
      }
      const bool pure = is_arithmetic(code_[i]) || class_of(code_[i]) == BPF_LDX;
      const uint8_t to = code_[i].dst_reg;
      step(i, registers);
      if (pure && registers[to].is_constant()) replace_by_constant(i, registers[to].number);
    }
  }
}

Specialiser::Successors Specialiser::successors(const Block& block) const {
  const size_t last = block.end - 1;
  if (second_half(last) || !is_jump(code_[last]) || is_call(code_[last])) return {{block.end}, 1};
  if (is_exit(code_[last])) return {{}, 0};
  if (is_goto(code_[last])) return {{target(last)}, 1};
  return {{target(last), block.end}, 2};
}

// A store. False: it is dead. Nothing else writes to a slot, see slot(), and nothing else reads it.
bool Specialiser::live_before_store(size_t i, Live& live) const {
  const bpf_insn& insn = code_[i];
  if (insn.dst_reg == BPF_REG_10 && insn.off < lowest_pointer_[i] && !is_atomic(insn)) {
    const uint64_t touched = slots_of(i);
    if (insn.off + size_of(insn) <= lowest_pointer_[i] && !(live.slots & touched)) return false;
    if (slot(i, insn.dst_reg) && BPF_SIZE(insn.code) == BPF_DW) live.slots &= ~touched;
  }
  const auto bit = [](uint8_t number) { return 1u << number; };
  live.registers |= bit(insn.dst_reg) | (class_of(insn) == BPF_STX ? bit(insn.src_reg) : 0);
  if (!is_atomic(insn)) return true;
  if (insn.imm == BPF_CMPXCHG) live.registers |= bit(0);
  if (insn.dst_reg == BPF_REG_10) live.slots |= slots_of(i);
  return true;
}

// What is live at the block's beginning: read before it is written. A dead instruction is left out, and so reads
// nothing itself.
Specialiser::Live Specialiser::live_before(const Block& block, Live live, bool mark_dead) {
  const auto bit = [](uint8_t number) { return 1u << number; };
  for (size_t i = block.end; i-- > block.first;) {
    if (second_half(i)) continue;
    const bpf_insn& insn = code_[i];
    const bool reads_source = BPF_SRC(insn.code) == BPF_X;
    uint32_t& registers = live.registers;
    if (is_exit(insn)) {
      live = {bit(0), 0};
    } else if (is_call(insn)) {
      registers =
          (registers & ~0x3fu) | ((2u << arguments_of(insn, constants_.cast)) - 2);  // R1 to the last argument's
      if (body_later_ && calls(code_, i, *body_later_)) registers |= bit(0);
    } else if (is_condition(insn)) {
      registers |= bit(insn.dst_reg) | (reads_source ? bit(insn.src_reg) : 0);
    } else if (class_of(insn) == BPF_ST || class_of(insn) == BPF_STX) {
      if (!live_before_store(i, live) && mark_dead) dead_[i] = 1;
    } else if (!is_goto(insn)) {
      if (!(registers & bit(insn.dst_reg))) {
        if (mark_dead) dead_[i] = 1;
        continue;
      }
      const bool keeps = is_arithmetic(insn) && BPF_OP(insn.code) != BPF_MOV;  // changes what is there
      if (!keeps) registers &= ~bit(insn.dst_reg);
      if (class_of(insn) == BPF_LDX || (is_arithmetic(insn) && reads_source && BPF_OP(insn.code) != BPF_END))
        registers |= bit(insn.src_reg);
      if (class_of(insn) == BPF_LDX && insn.src_reg == BPF_REG_10) live.slots |= slots_of(i);
    }
  }
  return live;
}

void Specialiser::eliminate_dead_code() {
  dead_.assign(code_.size(), 1);
  for (Block& block : blocks_)
    if (block.before) block.live_before = live_before(block, {}, false);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = blocks_.size(); b-- > 0;) {
      Block& block = blocks_[b];
      if (!block.before) continue;
      Live live;
      const Successors after = successors(block);
      for (const size_t next : after.all()) {
        const Live& before = blocks_[block_of_[next]].live_before;
        live.registers |= before.registers;
        live.slots |= before.slots;
      }
      if (live == block.live_after) continue;
      changed = true;
      block.live_after = live;
      block.live_before = live_before(block, live, false);
    }
  }
  for (const Block& block : blocks_) {
    if (!block.before) continue;
    std::fill(dead_.begin() + static_cast<ptrdiff_t>(block.first), dead_.begin() + static_cast<ptrdiff_t>(block.end),
              0);
    (void)live_before(block, block.live_after, true);
  }
}

// Blocks that are reached, in the order of the program.
std::vector<const Specialiser::Block*> Specialiser::reached_blocks() const {
  std::vector<const Block*> reached;
  for (const Block& block : blocks_)
    if (block.before) reached.push_back(&block);
  std::sort(reached.begin(), reached.end(), [](const Block* a, const Block* b) { return a->first < b->first; });
  return reached;
}

// A jump to what comes next anyway is none. From the end, so that it is known what comes next.
void Specialiser::eliminate_jumps(std::span<const Block* const> reached) {
  size_t next = code_.size();
  for (auto block = reached.rbegin(); block != reached.rend(); block++) {
    for (size_t i = (*block)->end; i-- > (*block)->first;) {
      if (dead_[i]) continue;
      if (!second_half(i) && is_goto(code_[i])) {
        size_t to = target(i);
        while (to > i && to < code_.size() && dead_[to]) to++;
        if (to == next) dead_[i] = 1;
      }
      if (!dead_[i]) next = i;
    }
  }
}

// For each instruction how many that are kept are in front of it.
std::vector<uint32_t> Specialiser::places(std::span<const Block* const> reached) const {
  std::vector<uint32_t> places(code_.size() + 1);
  uint32_t before = 0;
  auto at = places.begin();
  for (const Block* block : reached) {
    at = std::fill_n(at, block->first - static_cast<size_t>(at - places.begin()), before);
    for (size_t i = block->first; i < block->end; i++) {
      *at++ = before;
      before += !dead_[i];
    }
  }
  std::fill(at, places.end(), before);
  return places;
}

// As it is there: jumps lead as far as is left of the way.
bpf_insn Specialiser::moved(size_t i, const std::vector<uint32_t>& places) const {
  bpf_insn insn = code_[i];
  if (second_half(i) || !is_jump(insn) || is_exit(insn) || (is_call(insn) && !is_own_call(insn))) return insn;
  const auto distance = static_cast<int32_t>(places[target(i)]) - static_cast<int32_t>(places[i]) - 1;
  if (is_call(insn))
    insn.imm = distance;
  else
    insn.off = static_cast<__s16>(distance);
  return insn;
}

Specialised Specialiser::emitted() {
  const auto reached = reached_blocks();
  for (const Block* block : reached)
    for (size_t i = block->first; i < block->end; i++)
      if (second_half(i)) dead_[i] = dead_[i - 1];
  eliminate_jumps(reached);
  Specialised result;
  result.supported = true;
  result.moved_to = places(reached);
  result.code.reserve(result.moved_to.back());
  for (const Block* block : reached)
    for (size_t i = block->first; i < block->end; i++)
      if (!dead_[i]) result.code.push_back(moved(i, result.moved_to));
  return result;
}

Specialised unchanged(std::span<const bpf_insn> code) {
  Specialised same{{code.begin(), code.end()}, {}};
  for (uint32_t i = 0; i <= code.size(); i++) same.moved_to.push_back(i);
  return same;
}

// A program that has become longer, and where each instruction is now, one after the last included.
struct Expanded {
  std::vector<bpf_insn> code;
  std::vector<uint32_t> functions, moved_to;
};

// Nothing where a jump would be longer than it can be, or leads to nowhere.
std::optional<Expanded> with_calls_inlined(std::span<const bpf_insn> code, std::span<const uint32_t> functions,
                                           const Inlined& inlined) {
  Expanded expanded;
  expanded.code.reserve(code.size() + inlined.body.size());
  expanded.moved_to.reserve(code.size() + 1);
  const auto is_second_half = [&](size_t i) { return i > 0 && code[i - 1].code == kLoadImmediate; };
  for (size_t i = 0; i < code.size(); i++) {
    expanded.moved_to.push_back(static_cast<uint32_t>(expanded.code.size()));
    if (is_second_half(i) || !calls(code, i, inlined.function)) {
      expanded.code.push_back(code[i]);
      continue;
    }
    expanded.code.insert(expanded.code.end(), inlined.body.begin(), inlined.body.end());
  }
  expanded.moved_to.push_back(static_cast<uint32_t>(expanded.code.size()));
  for (const uint32_t function : functions) expanded.functions.push_back(expanded.moved_to[function]);
  for (size_t i = 0; i < code.size(); i++) {
    bpf_insn& insn = expanded.code[expanded.moved_to[i]];
    if (is_second_half(i) || calls(code, i, inlined.function) || !is_jump(insn) || is_exit(insn)) continue;
    if (is_call(insn) && !is_own_call(insn)) continue;
    const auto target = static_cast<size_t>(static_cast<int64_t>(i) + 1 + (is_call(insn) ? insn.imm : insn.off));
    if (target >= code.size()) return std::nullopt;
    const auto distance =
        static_cast<int32_t>(expanded.moved_to[target]) - static_cast<int32_t>(expanded.moved_to[i]) - 1;
    if (!is_call(insn) && (distance < INT16_MIN || distance > INT16_MAX)) return std::nullopt;
    if (is_call(insn))
      insn.imm = distance;
    else
      insn.off = static_cast<__s16>(distance);
  }
  return expanded;
}

}  // namespace

bool calls(std::span<const bpf_insn> code, size_t i, uint32_t function) {
  return is_own_call(code[i]) && static_cast<int64_t>(i) + 1 + code[i].imm == function;
}

Specialised specialise(std::span<const bpf_insn> code, std::span<const uint32_t> functions, const Constants& constants,
                       const Inlined* inlined) {
  const auto body_later = inlined ? std::optional(inlined->function) : std::nullopt;
  auto alone = Specialiser(code, functions, constants, body_later).specialised();
  if (!alone) return unchanged(code);
  if (!inlined) return std::move(*alone);
  // What is left is a fraction of the program. The body is put into that, and what it makes superfluous goes after.
  std::vector<uint32_t> kept;
  bool is_called = false;
  for (size_t f = 0; f < functions.size(); f++) {
    if (!alone->keeps(functions[f], f + 1 < functions.size() ? functions[f + 1] : code.size())) continue;
    kept.push_back(alone->moved_to[functions[f]]);
    is_called |= functions[f] == inlined->function;
  }
  alone->inlined = !is_called;
  if (!is_called) return std::move(*alone);
  const auto expanded = with_calls_inlined(alone->code, kept, {alone->moved_to[inlined->function], inlined->body});
  auto together = expanded ? Specialiser(expanded->code, expanded->functions, constants).specialised() : std::nullopt;
  if (!together) return std::move(*alone);
  for (uint32_t& to : alone->moved_to) to = together->moved_to[expanded->moved_to[to]];
  return {std::move(together->code), std::move(alone->moved_to), true, true};
}

}  // namespace skbtrail::load
