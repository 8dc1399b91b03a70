// A packet filter of which nothing is left but tests of values: no test depends on what another left in a register.
// From here code is made anew.
#pragma once

#include <optional>
#include <vector>

#include "filter/answers.h"
#include "filter/flow_graph.h"
#include "filter/values.h"

namespace skbtrail::filter {

struct TestNode {
  std::vector<ValueId> checks;    // have to be computed, because that may end the filter
  std::optional<ValueTest> test;  // none: goes to on_true
  size_t on_true = kReject, on_false = kReject;
};

// The same order and the same exits as FlowGraph.
struct TestGraph {
  std::vector<TestNode> nodes;
  size_t entry = kAccept;
};

// Nodes that ask the same and lead to the same are one.
TestGraph with_shared_ends(TestGraph graph);

// Runs of tests for equality that lead to the same node, made a binary search for each value; numbers that follow each
// other are a range.
TestGraph with_searches(const TestGraph& graph, const Values& values);

// Nothing where a value needs more memory cells than there are.
std::optional<FlowGraph> code_of(const TestGraph& graph, const Values& values);

}  // namespace skbtrail::filter
