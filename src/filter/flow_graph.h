// A packet filter of classic BPF as a graph of tests: what is computed before a test, and where each answer leads. In
// this form filters are joined (`and`, `or`, `not`) and optimised (filter/optimize.h).
//
//   | statements | test | ── true ──► another node, kAccept or kReject
//                       └── false ─► the same
//
// Nodes are in an order in which every edge leads forward, and a node that no edge leads to has no effect. A load out
// of range ends the filter with "no match", wherever it is, so the order of the statements before a test does not
// matter for that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "filter/classic.h"

namespace skbtrail::filter {

constexpr size_t kReject = SIZE_MAX, kAccept = SIZE_MAX - 1;

constexpr bool is_exit(size_t node) {
  return node >= kAccept;
}

struct FlowNode {
  std::vector<ClassicInstruction> statements;  // jt and jf are not used
  uint16_t test = 0;                           // a conditional jump; 0: goes to on_true
  uint32_t k = 0;
  size_t on_true = kReject, on_false = kReject;
};

struct FlowGraph {
  std::vector<FlowNode> nodes;
  size_t entry = kAccept;

  // Nothing where the program has a loop, or returns what it computed. The program must be valid: jumps stay inside, it
  // ends with a return.
  static std::optional<FlowGraph> of(const ClassicProgram& program);

  // As classic BPF: a match returns `accepted`. A jump that is too long for a test's eight bits goes by way of another.
  [[nodiscard]] ClassicProgram program(uint32_t accepted) const;

  // Whether any packet can be accepted, as far as edges tell.
  [[nodiscard]] bool accepts_something() const;
};

FlowGraph both(FlowGraph first, const FlowGraph& second);
FlowGraph either(FlowGraph first, const FlowGraph& second);
FlowGraph opposite(FlowGraph graph);

}  // namespace skbtrail::filter
