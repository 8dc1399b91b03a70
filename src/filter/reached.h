// Which nodes of a graph can be reached (FlowGraph, TestGraph). Edges lead forward, so one look at each node is enough.
#pragma once

#include <utility>
#include <vector>

#include "filter/flow_graph.h"

namespace skbtrail::filter {

template <typename Graph>
std::vector<bool> reached_nodes(const Graph& graph) {
  std::vector<bool> reached(graph.nodes.size(), false);
  if (!is_exit(graph.entry)) reached[graph.entry] = true;
  for (size_t i = 0; i < graph.nodes.size(); i++)
    for (const size_t next : {graph.nodes[i].on_true, graph.nodes[i].on_false})
      if (reached[i] && !is_exit(next)) reached[next] = true;
  return reached;
}

// Without the nodes that no edge leads to.
template <typename Graph>
void drop_unreached(Graph& graph) {
  const auto reached = reached_nodes(graph);
  std::vector<size_t> moved(reached.size(), kReject);
  size_t kept = 0;
  for (size_t i = 0; i < reached.size(); i++) {
    if (!reached[i]) continue;
    moved[i] = kept;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    kept++;
  }
  graph.nodes.resize(kept);
  const auto move = [&](size_t& node) {
    if (!is_exit(node)) node = moved[node];
  };
  move(graph.entry);
  for (auto& node : graph.nodes) {
    move(node.on_true);
    move(node.on_false);
  }
}

}  // namespace skbtrail::filter
