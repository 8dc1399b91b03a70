#include "filter/backward_graph.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <span>

namespace skbtrail::filter {

namespace {
constexpr size_t kFew = 4;  // branches are tested one after the other
}

std::vector<Range> merged(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> result;
  for (const Range& it : ranges) {
    if (!result.empty() && (it.first <= result.back().last || it.first - result.back().last == 1))
      result.back().last = std::max(result.back().last, it.last);
    else
      result.push_back(it);
  }
  return result;
}

BackwardGraph::Target BackwardGraph::add(Statements statements, Target next) {
  if (next == kReject || statements.empty()) return next;
  reversed_.push_back({std::move(statements), 0, 0, next, next});
  return reversed_.size() - 1;
}

BackwardGraph::Target BackwardGraph::add(Statements statements, uint16_t operation, uint32_t k, Target on_true,
                                         Target on_false) {
  if (on_true == on_false) return add(std::move(statements), on_true);
  reversed_.push_back(
      {std::move(statements), static_cast<uint16_t>(BPF_JMP | operation | BPF_K), k, on_true, on_false});
  return reversed_.size() - 1;
}

struct BackwardGraph::Choice {
  std::span<const Branch> branches;
  Target otherwise;
};

BackwardGraph::Target BackwardGraph::choose(std::vector<Branch> branches, Target otherwise) {
  std::sort(branches.begin(), branches.end(),
            [](const Branch& a, const Branch& b) { return a.range.first < b.range.first; });
  return by_halves({branches, otherwise}, 0, UINT32_MAX);
}

// A is known to be from min to max. What follows from that is not asked, as in filter/searches.cc.
BackwardGraph::Target BackwardGraph::by_halves(const Choice& choice, uint32_t min, uint32_t max) {
  if (choice.branches.size() <= kFew) return one_by_one(choice, min, max);
  const size_t half = choice.branches.size() / 2;
  const uint32_t last = choice.branches[half - 1].range.last;
  const Target above = by_halves({choice.branches.subspan(half), choice.otherwise}, last + 1, max);
  const Target below = by_halves({choice.branches.first(half), choice.otherwise}, min, last);
  return add({}, BPF_JGT, last, above, below);
}

BackwardGraph::Target BackwardGraph::one_by_one(const Choice& choice, uint32_t min, uint32_t max) {
  if (choice.branches.empty() || min > max) return choice.otherwise;
  const auto [range, target] = choice.branches.front();
  const Choice rest{choice.branches.subspan(1), choice.otherwise};
  if (range.first <= min && range.last >= max) return target;
  if (range.first == range.last) {
    if (range.first == UINT32_MAX) return add({}, BPF_JEQ, range.first, target, choice.otherwise);
    return add({}, BPF_JEQ, range.first, target, one_by_one(rest, range.first == min ? min + 1 : min, max));
  }
  const Target inside =
      range.last >= max ? target : add({}, BPF_JGT, range.last, one_by_one(rest, range.last + 1, max), target);
  return range.first <= min ? inside : add({}, BPF_JGE, range.first, inside, choice.otherwise);
}

FlowGraph BackwardGraph::finished(Target entry) {
  const size_t count = reversed_.size();
  const auto turned = [&](Target target) { return is_exit(target) ? target : count - 1 - target; };
  FlowGraph graph{std::move(reversed_), turned(entry)};
  std::reverse(graph.nodes.begin(), graph.nodes.end());
  for (FlowNode& node : graph.nodes) {
    node.on_true = turned(node.on_true);
    node.on_false = turned(node.on_false);
  }
  return graph;
}

}  // namespace skbtrail::filter
