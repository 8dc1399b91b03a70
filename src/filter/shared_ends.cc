#include <algorithm>
#include <map>
#include <tuple>

#include "filter/reached.h"
#include "filter/value_tests.h"

namespace skbtrail::filter {
namespace {

using Key = std::tuple<uint16_t, ValueId, ValueId, size_t, size_t>;

void add_checks(TestNode& to, const TestNode& from) {
  for (const ValueId check : from.checks)
    if (std::find(to.checks.begin(), to.checks.end(), check) == to.checks.end()) to.checks.push_back(check);
}

// A node without a test takes over what follows it, if no other node leads there or there is no test either.
void take_over(TestNode& node, const std::vector<TestNode>& nodes, const std::vector<size_t>& ways) {
  while (!node.test && !is_exit(node.on_true)) {
    const TestNode& next = nodes[node.on_true];
    if (next.test && ways[node.on_true] != 1) return;
    add_checks(node, next);
    node.test = next.test;
    const size_t on_true = next.on_true;
    node.on_false = next.on_false;
    node.on_true = on_true;
  }
}

// How many edges lead to each node.
std::vector<size_t> ways_of(const TestGraph& graph) {
  std::vector<size_t> ways(graph.nodes.size(), 0);
  for (const TestNode& node : graph.nodes) {
    if (!is_exit(node.on_true)) ways[node.on_true]++;
    if (node.test && !is_exit(node.on_false)) ways[node.on_false]++;
  }
  return ways;
}

}  // namespace

// From the last node on, so that what a node leads to has its index when the node's turn comes. An end that is shared
// makes the checks of all that share it: one that was made already ends nothing.
TestGraph with_shared_ends(TestGraph graph) {
  const auto ways = ways_of(graph);
  std::map<Key, size_t> known;
  std::vector<size_t> moved_to(graph.nodes.size());
  const auto now_at = [&](size_t node) { return is_exit(node) ? node : moved_to[node]; };
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    TestNode& node = graph.nodes[i];
    node.on_true = now_at(node.on_true);
    node.on_false = now_at(node.on_false);
    if (node.on_true == node.on_false) node.test.reset();
    moved_to[i] = i;
    take_over(node, graph.nodes, ways);
    if (!node.test) {
      node.on_false = node.on_true;
      // Out of range is no match, and so is this.
      if (node.checks.empty() || node.on_true == kReject) moved_to[i] = node.on_true;
      continue;
    }
    const Key key{node.test->operation, node.test->left, node.test->right, node.on_true, node.on_false};
    const auto [at, is_new] = known.emplace(key, i);
    if (is_new) continue;
    moved_to[i] = at->second;
    add_checks(graph.nodes[at->second], node);
  }
  graph.entry = now_at(graph.entry);
  drop_unreached(graph);
  return graph;
}

}  // namespace skbtrail::filter
