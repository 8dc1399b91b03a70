#include "filter/flow_graph.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <utility>

#include "filter/reached.h"

namespace skbtrail::filter {
namespace {

constexpr size_t kFarthest = UINT8_MAX;  // instructions that a test jumps over at most

bool is_jump(const ClassicInstruction& it) {
  return BPF_CLASS(it.code) == BPF_JMP;
}
bool is_always(const ClassicInstruction& it) {
  return it.code == (BPF_JMP | BPF_JA);
}
bool is_return(const ClassicInstruction& it) {
  return BPF_CLASS(it.code) == BPF_RET;
}

bool is_convertible(const ClassicProgram& program) {
  return !program.empty() && std::none_of(program.begin(), program.end(), [](const ClassicInstruction& it) {
    return (is_always(it) && static_cast<int32_t>(it.k) < 0) || (is_return(it) && it.code != (BPF_RET | BPF_K));
  });
}

// Where an instruction leads to: one that is a return is an exit.
class Nodes {
 public:
  explicit Nodes(const ClassicProgram& program) : program_(program), node_of_(program.size(), kReject) {
    std::vector<bool> begins(program.size() + 1, false);
    begins[0] = true;
    for (size_t i = 0; i < program.size(); i++) {
      if (!is_jump(program[i]) && !is_return(program[i])) continue;
      begins[i + 1] = true;
      if (is_return(program[i])) continue;
      begins[on_true(i)] = true;
      begins[on_false(i)] = true;
    }
    for (size_t i = 0; i < program.size(); i++) {
      if (begins[i]) count_++;
      node_of_[i] = count_ - 1;
    }
  }

  [[nodiscard]] size_t count() const { return count_; }
  [[nodiscard]] size_t node_of(size_t i) const { return node_of_[i]; }
  [[nodiscard]] size_t on_true(size_t i) const {
    return i + 1 + (is_always(program_[i]) ? program_[i].k : program_[i].jt);
  }
  [[nodiscard]] size_t on_false(size_t i) const {
    return i + 1 + (is_always(program_[i]) ? program_[i].k : program_[i].jf);
  }
  // An exit where a return is.
  [[nodiscard]] size_t target(size_t i) const {
    if (is_return(program_[i])) return program_[i].k ? kAccept : kReject;
    return node_of_[i];
  }

 private:
  const ClassicProgram& program_;
  std::vector<size_t> node_of_;
  size_t count_ = 0;
};

// The second graph's nodes follow the first's.
void append(FlowGraph& first, const FlowGraph& second) {
  const size_t moved = first.nodes.size();
  const auto move = [&](size_t node) { return is_exit(node) ? node : node + moved; };
  for (FlowNode node : second.nodes) {
    node.on_true = move(node.on_true);
    node.on_false = move(node.on_false);
    first.nodes.push_back(std::move(node));
  }
}

// What left by `exit` goes on in the second graph.
FlowGraph joined(FlowGraph first, const FlowGraph& second, size_t exit) {
  const size_t own = first.nodes.size();
  const size_t next = is_exit(second.entry) ? second.entry : second.entry + own;
  append(first, second);
  const auto redirect = [&](size_t& node) {
    if (node == exit) node = next;
  };
  for (size_t i = 0; i < own; i++) {
    redirect(first.nodes[i].on_true);
    redirect(first.nodes[i].on_false);
  }
  redirect(first.entry);
  return first;
}

// Instructions are placed from the end, where all that a jump can lead to is placed already. Positions count from
// there.
class Placing {
 public:
  explicit Placing(const FlowGraph& graph, uint32_t accepted)
      : graph_(graph), reached_(reached_nodes(graph)), starts_(graph.nodes.size(), 0) {
    reversed_.reserve(2 * graph.nodes.size() + 2);
    place_exit(kReject, 0, reject_);
    place_exit(kAccept, accepted, accept_);
  }

  ClassicProgram program() {
    for (size_t i = graph_.nodes.size(); i-- > 0;)
      if (reached_[i]) place(i);
    if (start(graph_.entry) != reversed_.size()) jump_to(graph_.entry);
    std::reverse(reversed_.begin(), reversed_.end());
    return std::move(reversed_);
  }

 private:
  void place_exit(size_t exit, uint32_t result, size_t& at) {
    bool used = graph_.entry == exit;
    for (size_t i = 0; i < reached_.size(); i++)
      used |= reached_[i] && (graph_.nodes[i].on_true == exit || graph_.nodes[i].on_false == exit);
    if (!used) return;
    reversed_.push_back({BPF_RET | BPF_K, 0, 0, result});
    at = reversed_.size();
  }

  // How many instructions are from the node's first to the end.
  [[nodiscard]] size_t start(size_t node) const {
    if (is_exit(node)) return node == kReject ? reject_ : accept_;
    return starts_[node];
  }
  // From an instruction that will be the next to be placed.
  [[nodiscard]] size_t distance(size_t node) const { return reversed_.size() - start(node); }

  void jump_to(size_t node) { reversed_.push_back({BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(distance(node))}); }

  void place(size_t i) {
    const FlowNode& node = graph_.nodes[i];
    if (node.test == 0) {
      if (distance(node.on_true) != 0) jump_to(node.on_true);
    } else {
      // A jump that is too long is placed first, and the test leads to it. Each moves what is after it farther away.
      const bool far_true = distance(node.on_true) + 1 > kFarthest, far_false = distance(node.on_false) + 1 > kFarthest;
      size_t true_at = start(node.on_true), false_at = start(node.on_false);
      if (far_true) jump_to(node.on_true), true_at = reversed_.size();
      if (far_false) jump_to(node.on_false), false_at = reversed_.size();
      const size_t here = reversed_.size();
      reversed_.push_back(
          {node.test, static_cast<uint8_t>(here - true_at), static_cast<uint8_t>(here - false_at), node.k});
    }
    for (size_t s = node.statements.size(); s-- > 0;) reversed_.push_back(node.statements[s]);
    starts_[i] = reversed_.size();
  }

  const FlowGraph& graph_;
  std::vector<bool> reached_;
  std::vector<size_t> starts_;
  size_t reject_ = 0, accept_ = 0;
  ClassicProgram reversed_;
};

}  // namespace

std::optional<FlowGraph> FlowGraph::of(const ClassicProgram& program) {
  if (!is_convertible(program)) return std::nullopt;
  const Nodes nodes(program);
  FlowGraph graph;
  graph.nodes.resize(nodes.count());
  graph.entry = nodes.target(0);
  for (size_t i = 0; i < program.size(); i++) {
    const ClassicInstruction& it = program[i];
    FlowNode& node = graph.nodes[nodes.node_of(i)];
    if (is_return(it)) {
      node.on_true = node.on_false = nodes.target(i);
    } else if (is_jump(it)) {
      if (!is_always(it)) node.test = it.code, node.k = it.k;
      node.on_true = nodes.target(nodes.on_true(i));
      node.on_false = nodes.target(nodes.on_false(i));
    } else {
      node.statements.push_back({it.code, 0, 0, it.k});
      // What follows may be another node's first.
      node.on_true = node.on_false = nodes.target(i + 1);
    }
  }
  return graph;
}

ClassicProgram FlowGraph::program(uint32_t accepted) const {
  return Placing(*this, accepted).program();
}

bool FlowGraph::accepts_something() const {
  if (entry == kAccept) return true;
  const auto reached = reached_nodes(*this);
  for (size_t i = 0; i < nodes.size(); i++)
    if (reached[i] && (nodes[i].on_true == kAccept || nodes[i].on_false == kAccept)) return true;
  return false;
}

FlowGraph both(FlowGraph first, const FlowGraph& second) {
  return joined(std::move(first), second, kAccept);
}

FlowGraph either(FlowGraph first, const FlowGraph& second) {
  return joined(std::move(first), second, kReject);
}

FlowGraph opposite(FlowGraph graph) {
  const auto turn = [](size_t& node) {
    if (is_exit(node)) node = node == kAccept ? kReject : kAccept;
  };
  turn(graph.entry);
  for (FlowNode& node : graph.nodes) {
    turn(node.on_true);
    turn(node.on_false);
  }
  return graph;
}

}  // namespace skbtrail::filter
