// A packet filter that is built from its end: what a node leads to is there when the node is added, so that every edge
// leads forward in the graph that comes out.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "filter/flow_graph.h"

namespace skbtrail::filter {

// Numbers from first to last, both included.
struct Range {
  uint32_t first, last;
};

// Sorted; those that overlap or follow each other are one.
std::vector<Range> merged(std::vector<Range> ranges);

class BackwardGraph {
 public:
  using Target = size_t;  // of an edge: kAccept, kReject, or what add() returned
  using Statements = std::vector<ClassicInstruction>;

  Target add(Statements statements, Target next);
  // `operation` is a test of A against k: BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET.
  Target add(Statements statements, uint16_t operation, uint32_t k, Target on_true, Target on_false);

  struct Branch {
    Range range;
    Target target;
  };
  // By what A is, found by halves. The ranges of `branches` do not overlap.
  Target choose(std::vector<Branch> branches, Target otherwise);

  FlowGraph finished(Target entry);

 private:
  struct Choice;
  Target by_halves(const Choice& choice, uint32_t min, uint32_t max);
  Target one_by_one(const Choice& choice, uint32_t min, uint32_t max);

  std::vector<FlowNode> reversed_;
};

}  // namespace skbtrail::filter
