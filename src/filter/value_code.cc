// Code for values: what A and X hold already, whichever way led to a node, is used again.
#include <algorithm>
#include <utility>

#include "filter/classic_code.h"
#include "filter/value_tests.h"

namespace skbtrail::filter {
namespace {

constexpr ValueId kNothing = UINT32_MAX;

struct Held {
  ValueId a = kNothing, x = kNothing;
};

class Code {
 public:
  Code(const TestGraph& graph, const Values& values)
      : graph_(graph), values_(values), entered_(graph.nodes.size()), held_at_(graph.nodes.size()) {}

  std::optional<FlowGraph> made() {
    FlowGraph made{{}, graph_.entry};
    for (size_t i = 0; i < graph_.nodes.size(); i++) {
      held_ = held_at_[i];
      node_ = {{}, 0, 0, graph_.nodes[i].on_true, graph_.nodes[i].on_false};
      cells_ = 0;
      emit_node(graph_.nodes[i]);
      if (out_of_cells_) return std::nullopt;
      enter(node_.on_true);
      enter(node_.on_false);
      made.nodes.push_back(std::move(node_));
    }
    return made;
  }

 private:
  void enter(size_t next) {
    if (is_exit(next)) return;
    Held& held = held_at_[next];
    if (!entered_[next]) {
      entered_[next] = true;
      held = held_;
      return;
    }
    if (held.a != held_.a) held.a = kNothing;
    if (held.x != held_.x) held.x = kNothing;
  }

  void emit_node(const TestNode& node) {
    for (const ValueId check : node.checks)
      if (!is_made_anyhow(check, node)) to_a(check);
    if (!node.test) {
      node_.on_false = node_.on_true;
      return;
    }
    const ValueTest& test = *node.test;
    const auto k = values_.constant_of(test.right);
    node_.test = static_cast<uint16_t>(BPF_JMP | test.operation | (k ? BPF_K : BPF_X));
    node_.k = k.value_or(0);
    if (k)
      to_a(test.left);
    else
      to_a_and_x(test.left, test.right);
  }

  // The test computes it, or a load that is farther after than it.
  [[nodiscard]] bool is_made_anyhow(ValueId check, const TestNode& node) const {
    if (node.test && (makes(node.test->left, check) || makes(node.test->right, check))) return true;
    return std::any_of(
               node.checks.begin(), node.checks.end(),
               [&](ValueId other) { return other != check && reach(other) > reach(check) && reach(check) != 0; }) ||
           std::any_of(node.checks.begin(), node.checks.end(),
                       [&](ValueId other) { return other != check && reach(other) == 0 && makes(other, check); });
  }

  // Bytes that have to be there, if nothing else is needed.
  [[nodiscard]] uint32_t reach(ValueId id) const {
    const Value& value = values_[id];
    if (value.kind == Value::Kind::load) return value.k + load_bytes(value.operation);
    return value.kind == Value::Kind::header_length ? value.k + 1 : 0;
  }

  [[nodiscard]] bool makes(ValueId whole, ValueId part) const {
    if (whole == part || (reach(part) != 0 && reach(whole) >= reach(part))) return true;
    const Value& value = values_[whole];
    if (value.kind == Value::Kind::variable_load) return makes(value.left, part);
    if (value.kind != Value::Kind::operation) return false;
    return makes(value.left, part) || makes(value.right, part);
  }

  void emit(uint16_t code, uint32_t k = 0) { node_.statements.push_back({code, 0, 0, k}); }

  // Whether it gets into X without a way by A.
  [[nodiscard]] bool goes_to_x(ValueId id) const {
    const auto kind = values_[id].kind;
    return kind == Value::Kind::constant || kind == Value::Kind::length || kind == Value::Kind::header_length;
  }

  // Whether X stays as it is while it gets into A.
  [[nodiscard]] bool leaves_x(ValueId id, const Held& held) const {
    const Value& value = values_[id];
    if (held.a == id || held.x == id) return true;
    switch (value.kind) {
      case Value::Kind::constant:
      case Value::Kind::length:
      case Value::Kind::load: return true;
      case Value::Kind::variable_load: return held.x == value.left;
      case Value::Kind::operation:
        return leaves_x(value.left, held) && (value.operation == BPF_NEG || values_.constant_of(value.right));
      default: return false;
    }
  }

  void to_x(ValueId id) {
    if (held_.x == id) return;
    const Value& value = values_[id];
    switch (value.kind) {
      case Value::Kind::constant: emit(BPF_LDX | BPF_IMM, value.k); break;
      case Value::Kind::length: emit(BPF_LDX | BPF_W | BPF_LEN); break;
      case Value::Kind::header_length: emit(BPF_LDX | BPF_B | BPF_MSH, value.k); break;
      default:
        to_a(id);
        emit(kTaxCode);
        break;
    }
    held_.x = id;
  }

  void to_a(ValueId id) {
    if (held_.a == id) return;
    if (held_.x == id) {
      emit(kTxaCode);
    } else {
      emit_into_a(values_[id], id);
    }
    held_.a = id;
  }

  void emit_into_a(const Value& value, ValueId id) {
    switch (value.kind) {
      case Value::Kind::constant: return emit(BPF_LD | BPF_IMM, value.k);
      case Value::Kind::length: return emit(BPF_LD | BPF_W | BPF_LEN);
      case Value::Kind::load: return emit(value.operation, value.k);
      case Value::Kind::variable_load: to_x(value.left); return emit(value.operation, value.k);
      case Value::Kind::operation: return emit_operation(value);
      default: to_x(id); return emit(kTxaCode);
    }
  }

  void emit_operation(const Value& value) {
    const auto operation = static_cast<uint16_t>(BPF_ALU | value.operation);
    if (value.operation == BPF_NEG) {
      to_a(value.left);
      return emit(operation);
    }
    const bool divides = value.operation == BPF_DIV || value.operation == BPF_MOD;
    // Divided by a zero that stood in X, which ends the filter: an instruction that has it as its constant is invalid.
    if (const auto k = values_.constant_of(value.right); k && !(divides && *k == 0)) {
      to_a(value.left);
      return emit(operation | BPF_K, *k);
    }
    if (is_commutative(value.operation) && goes_to_x(value.left) && !goes_to_x(value.right))
      to_a_and_x(value.right, value.left);
    else
      to_a_and_x(value.left, value.right);
    emit(operation | BPF_X);
  }

  void to_a_and_x(ValueId a, ValueId x) {
    if (held_.x == x && leaves_x(a, held_)) return to_a(a);
    if (goes_to_x(x)) {
      to_a(a);
      return to_x(x);
    }
    if (leaves_x(a, {kNothing, x})) {
      to_x(x);
      return to_a(a);
    }
    const uint32_t cell = cells_++;
    if (cell >= kMemoryCells) {
      out_of_cells_ = true;
      return;
    }
    to_a(x);
    emit(BPF_ST, cell);
    to_a(a);
    emit(BPF_LDX | BPF_W | BPF_MEM, cell);
    held_.x = x;
    cells_--;
  }

  const TestGraph& graph_;
  const Values& values_;
  std::vector<bool> entered_;
  std::vector<Held> held_at_;  // before each node
  Held held_;
  FlowNode node_;
  uint32_t cells_ = 0;
  bool out_of_cells_ = false;
};

}  // namespace

std::optional<FlowGraph> code_of(const TestGraph& graph, const Values& values) {
  return Code(graph, values).made();
}

}  // namespace skbtrail::filter
