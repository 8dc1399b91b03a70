#include "filter/optimize.h"

#include <algorithm>
#include <array>
#include <utility>

#include "filter/answers.h"
#include "filter/classic_code.h"
#include "filter/reached.h"
#include "filter/value_tests.h"
#include "filter/values.h"

namespace skbtrail::filter {
namespace {

constexpr int kMostRounds = 16;
constexpr size_t kMostStatements = 256;  // of a node; what is longer was not written by hand, and it is left as it is

// A, X and the memory cells, by index.
constexpr size_t kA = 0, kX = 1, kFirstCell = 2, kRegisters = kFirstCell + kMemoryCells;
using Registers = std::array<ValueId, kRegisters>;
using RegisterSet = uint32_t;

constexpr RegisterSet only(size_t reg) {
  return RegisterSet{1} << reg;
}

bool reads_cell(uint16_t code) {
  return BPF_CLASS(code) <= BPF_LDX && BPF_MODE(code) == BPF_MEM;
}

RegisterSet used_by(const ClassicInstruction& it) {
  switch (BPF_CLASS(it.code)) {
    case BPF_LD:
    case BPF_LDX:
      if (reads_cell(it.code)) return only(kFirstCell + it.k);
      return BPF_MODE(it.code) == BPF_IND ? only(kX) : 0;
    case BPF_ST: return only(kA);
    case BPF_STX: return only(kX);
    case BPF_ALU: return only(kA) | (takes_x(it.code) && BPF_OP(it.code) != BPF_NEG ? only(kX) : 0);
    case BPF_MISC: return only(it.code == kTxaCode ? kX : kA);
    default: return 0;
  }
}

size_t set_by(const ClassicInstruction& it) {
  switch (BPF_CLASS(it.code)) {
    case BPF_LDX: return kX;
    case BPF_ST:
    case BPF_STX: return kFirstCell + it.k;
    case BPF_MISC: return it.code == kTxaCode ? kA : kX;
    default: return kA;
  }
}

// What a node computes, from given registers on.
struct Computed {
  Registers registers;
  std::vector<ValueId> may_fail;
  std::optional<ValueTest> test;
};

// What is known of a node.
struct NodeState {
  Registers before{};
  RegisterSet mixed = 0;     // of those, what depends on the way
  uint32_t there = 0;        // bytes of the packet that are known to be there
  uint32_t there_after = 0;  // and after the node
  size_t ways = 0;           // edges that lead here
  uint32_t ways_left = 0;    // the same, once some were led past it
  bool by_true = false;      // of the first of them
  Computed done;
  std::vector<ValueId> checks;  // computing them may end the filter here
  size_t dominator = 0, jump = 0, depth = 0;
};

class Optimizer {
 public:
  explicit Optimizer(FlowGraph graph) : graph_(std::move(graph)), answers_(values_) {
    start_.fill(values_.constant(0));
    for (size_t cell = kFirstCell; cell < kRegisters; cell++) start_[cell] = values_.unknown();
    dead_ = values_.unknown();
  }

  std::optional<FlowGraph> run() {
    for (const FlowNode& node : graph_.nodes)
      if (node.statements.size() > kMostStatements) return std::nullopt;
    for (FlowNode& node : graph_.nodes) reject_what_is_never_there(node);
    for (int round = 0; round < kMostRounds && !frozen_; round++) {
      changed_ = false;
      pass();
      frozen_ = !changed_;
    }
    if (!frozen_) {
      frozen_ = true;
      pass();
    }
    if (is_exit(graph_.entry)) return std::move(graph_);
    const auto tests = tests_of();
    auto code = tests ? code_of(with_searches(with_shared_ends(*tests), values_), values_) : std::nullopt;
    return code ? std::move(code) : std::move(graph_);
  }

 private:
  // ---- one node ----

  // No packet is that long.
  static void reject_what_is_never_there(FlowNode& node) {
    const auto is_never = [](const ClassicInstruction& it) {
      const int mode = BPF_MODE(it.code);
      if (BPF_CLASS(it.code) > BPF_LDX || (mode != BPF_ABS && mode != BPF_IND && mode != BPF_MSH)) return false;
      return it.k > INT32_MAX - load_bytes(it.code) && !(mode == BPF_ABS && it.k == kPacketTypeOffset);
    };
    if (std::any_of(node.statements.begin(), node.statements.end(), is_never)) node = FlowNode{};
  }

  ValueId loaded(const ClassicInstruction& it, const Registers& registers) {
    switch (BPF_MODE(it.code)) {
      case BPF_IMM: return values_.constant(it.k);
      case BPF_LEN: return values_.length();
      case BPF_MEM: return registers[kFirstCell + it.k];
      case BPF_ABS: return values_.load(it.code, it.k);
      case BPF_IND: return values_.variable_load(it.code, it.k, registers[kX]);
      default: return values_.header_length(it.k);
    }
  }

  ValueId computed(const ClassicInstruction& it, const Registers& registers) {
    switch (BPF_CLASS(it.code)) {
      case BPF_LD:
      case BPF_LDX: return loaded(it, registers);
      case BPF_ALU: {
        const ValueId right = takes_x(it.code) ? registers[kX] : values_.constant(it.k);
        return values_.operation(BPF_OP(it.code), registers[kA], right);
      }
      case BPF_STX: return registers[kX];
      case BPF_MISC: return registers[it.code == kTxaCode ? kX : kA];
      default: return registers[kA];
    }
  }

  Computed compute_node(const FlowNode& node, const Registers& from) {
    Computed done{from, {}, {}};
    for (const ClassicInstruction& it : node.statements) {
      const ValueId value = computed(it, done.registers);
      if (values_.may_fail(value)) done.may_fail.push_back(value);
      done.registers[set_by(it)] = value;
    }
    if (node.test) {
      const ValueId right = takes_x(node.test) ? done.registers[kX] : values_.constant(node.k);
      done.test = simple_test(values_, BPF_OP(node.test), done.registers[kA], right);
    }
    return done;
  }

  // So many bytes are there, once these values were computed.
  uint32_t reached_bytes(const std::vector<ValueId>& computed) const {
    uint32_t bytes = 0;
    for (const ValueId id : computed) {
      const Value& value = values_[id];
      if (value.kind == Value::Kind::load) bytes = std::max(bytes, value.k + load_bytes(value.operation));
      if (value.kind == Value::Kind::header_length) bytes = std::max(bytes, value.k + 1);
    }
    return bytes;
  }

  // Whether computing it again cannot end the filter, where so many bytes are there.
  bool is_safe(ValueId id, uint32_t there) const {
    const uint32_t needed = reached_bytes({id});
    return (needed != 0 && needed <= there) || answers_.was_computed(id);
  }

  // ---- the graph ----

  void pass() {
    for (FlowNode& node : graph_.nodes) {
      if (node.test == 0) node.on_false = node.on_true;
      if (node.on_true == node.on_false) node.test = 0;
    }
    drop_unreached(graph_);
    if (is_exit(graph_.entry)) return;
    find_live();
    find_entries();
    walk();
  }

  // Registers that are read before they are set, from the beginning of each node on.
  void find_live() {
    live_.assign(graph_.nodes.size(), 0);
    for (size_t i = graph_.nodes.size(); i-- > 0;) {
      const FlowNode& node = graph_.nodes[i];
      RegisterSet live = live_at(node.on_true) | live_at(node.on_false);
      if (node.test) live |= only(kA) | (takes_x(node.test) ? only(kX) : 0);
      for (size_t s = node.statements.size(); s-- > 0;) {
        live &= ~only(set_by(node.statements[s]));
        live |= used_by(node.statements[s]);
      }
      live_[i] = live;
    }
  }
  RegisterSet live_at(size_t node) const { return is_exit(node) ? 0 : live_[node]; }

  // Of each node: what is in the registers before it, whichever way leads to it, and what it computes; the way that all
  // ways to it have in common.
  void find_entries() {
    states_.assign(graph_.nodes.size(), {});
    NodeState& first = states_[graph_.entry];
    first.before = start_;
    first.ways = first.ways_left = 2;  // as if others led there: no edge tells anything of it
    for (size_t i = 0; i < states_.size(); i++) {
      const FlowNode& node = graph_.nodes[i];
      NodeState& state = states_[i];
      state.done = compute_node(node, state.before);
      state.there_after = std::max(state.there, reached_bytes(state.done.may_fail));
      enter(node.on_true, i, true);
      if (node.test) enter(node.on_false, i, false);
    }
  }

  void enter(size_t next, size_t from, bool by_true) {
    if (is_exit(next)) return;
    const NodeState& before = states_[from];
    NodeState& state = states_[next];
    state.ways_left++;
    if (state.ways++ == 0) {
      state.before = before.done.registers;
      state.there = before.there_after;
      state.by_true = by_true;
      hang(next, from);
      return;
    }
    for (size_t reg = 0; reg < kRegisters; reg++) {
      if (state.before[reg] == before.done.registers[reg] || (state.mixed & only(reg)) != 0) continue;
      state.mixed |= only(reg);
      state.before[reg] = (live_[next] & only(reg)) != 0 ? values_.unknown() : dead_;
    }
    state.there = std::min(state.there, before.there_after);
    hang(next, common(state.dominator, from));
  }

  // Dominators, with a second pointer farther up, by which two nodes' common one is found in few steps.
  void hang(size_t node, size_t dominator) {
    NodeState& state = states_[node];
    const NodeState& above = states_[dominator];
    state.dominator = dominator;
    state.depth = above.depth + 1;
    const NodeState& jump = states_[above.jump];
    const bool even = above.depth - jump.depth == jump.depth - states_[jump.jump].depth;
    state.jump = above.depth != 0 && even ? jump.jump : dominator;
  }

  size_t common(size_t one, size_t other) const {
    if (states_[one].depth < states_[other].depth) std::swap(one, other);
    while (states_[one].depth > states_[other].depth) {
      const NodeState& state = states_[one];
      one = states_[state.jump].depth >= states_[other].depth ? state.jump : state.dominator;
    }
    while (one != other) {
      const bool jumps = states_[one].jump != states_[other].jump;
      one = jumps ? states_[one].jump : states_[one].dominator;
      other = jumps ? states_[other].jump : states_[other].dominator;
    }
    return one;
  }

  // Every node, with what the ways to it have told.
  void walk() {
    std::vector<std::vector<size_t>> below(states_.size());
    for (size_t i = states_.size(); i-- > 0;)
      if (i != graph_.entry) below[states_[i].dominator].push_back(i);
    struct Visit {
      size_t node, mark;
      bool leaves;
    };
    std::vector<Visit> visits{{graph_.entry, 0, false}};
    while (!visits.empty()) {
      Visit visit = visits.back();
      visits.pop_back();
      if (visit.leaves) {
        answers_.forget_since(visit.mark);
        continue;
      }
      visits.push_back({visit.node, answers_.mark(), true});
      visit_node(visit.node);
      for (const size_t next : below[visit.node]) visits.push_back({next, 0, false});
    }
  }

  void visit_node(size_t i) {
    NodeState& state = states_[i];
    if (state.ways == 1) {
      const NodeState& before = states_[state.dominator];
      if (before.done.test) answers_.learn(*before.done.test, state.by_true);
    }
    state.checks.clear();
    for (const ValueId value : state.done.may_fail) {
      if (!is_safe(value, state.there)) state.checks.push_back(value);
      answers_.learn_computed(value);
    }
    if (frozen_ || state.ways_left == 0) return;
    FlowNode& node = graph_.nodes[i];
    const auto answer = state.done.test ? answers_.answer(*state.done.test) : std::nullopt;
    if (answer) {
      node.test = 0;
      size_t& never = *answer ? node.on_false : node.on_true;
      lead_to(never, *answer ? node.on_true : node.on_false);
      change_ways(never, -1u);
    }
    if (node.test == 0) return lead_on(node.on_true, state);
    const size_t mark = answers_.mark();
    for (const bool by_true : {true, false}) {
      answers_.learn(*state.done.test, by_true);
      lead_on(by_true ? node.on_true : node.on_false, state);
      answers_.forget_since(mark);
    }
  }

  void change_ways(size_t node, uint32_t by) {
    if (!is_exit(node)) states_[node].ways_left += by;
  }

  // No edge leads there any more, and so none of its own counts.
  void drop(size_t node) {
    std::vector<size_t> dropped{node};
    while (!dropped.empty()) {
      const FlowNode& gone = graph_.nodes[dropped.back()];
      dropped.pop_back();
      for (const size_t next : {gone.on_true, gone.on_false}) {
        change_ways(next, -1u);
        if (!is_exit(next) && states_[next].ways_left == 0) dropped.push_back(next);
        if (gone.test == 0) break;
      }
    }
  }

  void lead_to(size_t& edge, size_t next) {
    const size_t before = edge;
    edge = next;
    changed_ = true;
    change_ways(next, 1);
    change_ways(before, -1u);
    if (!is_exit(before) && states_[before].ways_left == 0) drop(before);
  }

  // Past nodes whose answers are known on this edge, to one that finds in its registers what it would find there by way
  // of them.
  void lead_on(size_t& edge, const NodeState& from) {
    size_t end = edge;
    Registers registers = from.done.registers;
    for (auto next = past(edge, from, registers); next; next = past(*next, from, registers))
      if (agree(registers, from.done.registers, live_at(*next))) end = *next;
    if (end != edge) lead_to(edge, end);
  }

  static bool agree(const Registers& one, const Registers& other, RegisterSet which) {
    for (size_t reg = 0; reg < kRegisters; reg++)
      if ((which & only(reg)) != 0 && one[reg] != other[reg]) return false;
    return true;
  }

  // Where a node leads with these registers, which become those after it.
  std::optional<size_t> past(size_t passed, const NodeState& from, Registers& registers) {
    if (is_exit(passed)) return std::nullopt;
    const FlowNode& node = graph_.nodes[passed];
    const Computed done = compute_node(node, registers);
    const bool safe = std::all_of(done.may_fail.begin(), done.may_fail.end(),
                                  [&](ValueId value) { return is_safe(value, from.there_after); });
    if (!safe) return std::nullopt;
    const auto answer = done.test ? answers_.answer(*done.test) : std::optional(true);
    if (!answer) return std::nullopt;
    registers = done.registers;
    return *answer ? node.on_true : node.on_false;
  }

  std::optional<TestGraph> tests_of() const {
    const auto is_unknown = [&](ValueId value) { return values_.has_unknown(value); };
    TestGraph tests{{}, graph_.entry};
    for (size_t i = 0; i < states_.size(); i++) {
      const FlowNode& node = graph_.nodes[i];
      const NodeState& state = states_[i];
      TestNode made{state.checks, state.done.test, node.on_true, node.on_false};
      if (made.test && made.test->inverted) std::swap(made.on_true, made.on_false), made.test->inverted = false;
      if (std::any_of(made.checks.begin(), made.checks.end(), is_unknown)) return std::nullopt;
      if (made.test && (is_unknown(made.test->left) || is_unknown(made.test->right))) return std::nullopt;
      tests.nodes.push_back(std::move(made));
    }
    return tests;
  }

  FlowGraph graph_;
  Values values_;
  Answers answers_;
  Registers start_{};
  ValueId dead_ = 0;  // in a register that is dead
  std::vector<RegisterSet> live_;
  std::vector<NodeState> states_;
  bool changed_ = false;
  bool frozen_ = false;  // the last pass, which changes nothing
};

}  // namespace

std::optional<FlowGraph> optimized(FlowGraph graph) {
  return Optimizer(std::move(graph)).run();
}

}  // namespace skbtrail::filter
