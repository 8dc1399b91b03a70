#include <linux/bpf_common.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "filter/value_tests.h"

namespace skbtrail::filter {
namespace {

constexpr size_t kFewTests = 8;   // of a run: a search would not be shorter
constexpr size_t kFewRanges = 4;  // are tested one after the other

// Numbers that follow each other.
struct Range {
  uint32_t first, last;
};

// A node, and the number by which others lead to it.
using Placed = std::pair<size_t, TestNode>;

class Searches {
 public:
  Searches(const TestGraph& graph, const Values& values) : graph_(graph), values_(values) {}

  TestGraph made() {
    count_ways();
    next_ = graph_.nodes.size();
    moved_.assign(next_, kReject);
    for (size_t i = 0; i < next_; i++) stands_for_.push_back(i);
    std::vector<bool> done(next_, false);
    for (size_t i = 0; i < graph_.nodes.size(); i++) {
      if (done[i]) continue;
      const auto run = run_from(i);
      if (run.size() < kFewTests) {
        place(i, graph_.nodes[i]);
        continue;
      }
      for (const size_t node : run) done[node] = true;
      replace(run);
    }
    return renumbered();
  }

 private:
  void count_ways() {
    ways_.assign(graph_.nodes.size(), 0);
    for (const TestNode& node : graph_.nodes)
      for (const size_t next : {node.on_true, node.on_false})
        if (!is_exit(next)) ways_[next]++;
  }

  // A test whether a value that is there already is one number.
  [[nodiscard]] bool is_member(const TestNode& node) const {
    return node.checks.empty() && node.test && node.test->operation == BPF_JEQ &&
           values_.constant_of(node.test->right) && !values_.constant_of(node.test->left);
  }

  [[nodiscard]] std::vector<size_t> run_from(size_t first) const {
    std::vector<size_t> run;
    for (size_t i = first; is_member(graph_.nodes[i]);) {
      run.push_back(i);
      i = graph_.nodes[i].on_false;
      if (is_exit(i) || ways_[i] != 1 || graph_.nodes[i].on_true != graph_.nodes[first].on_true) break;
    }
    return run;
  }

  // Node numbers from nodes.size() on are new ones.
  void replace(const std::vector<size_t>& run) {
    const TestNode& last = graph_.nodes[run.back()];
    found_ = last.on_true;
    std::map<ValueId, std::vector<uint32_t>> numbers;
    for (const size_t i : run) {
      const ValueTest& test = *graph_.nodes[i].test;
      numbers[test.left].push_back(*values_.constant_of(test.right));
    }
    // From the last value on, for each search leads to the next.
    std::vector<std::vector<Placed>> parts;
    otherwise_ = last.on_false;
    for (auto it = numbers.rbegin(); it != numbers.rend(); ++it) {
      const auto ranges = ranges_of(std::move(it->second));
      parts.emplace_back();
      into_ = &parts.back();
      value_ = it->first;
      otherwise_ = search(ranges, 0, values_.largest(value_));
    }
    stands_for_[run.front()] = otherwise_;
    for (size_t part = parts.size(); part-- > 0;)
      for (auto& [number, node] : parts[part]) place(number, std::move(node));
  }

  static std::vector<Range> ranges_of(std::vector<uint32_t> numbers) {
    std::sort(numbers.begin(), numbers.end());
    std::vector<Range> ranges;
    for (const uint32_t number : numbers) {
      if (!ranges.empty() && number - ranges.back().last <= 1)
        ranges.back().last = number;
      else
        ranges.push_back({number, number});
    }
    return ranges;
  }

  size_t add(uint16_t operation, uint32_t k) {
    into_->emplace_back(next_, TestNode{{}, ValueTest{operation, value_, values_.known_constant(k)}, 0, 0});
    return next_++;
  }
  // The value is known to be from min to max. What follows from that is not asked: the kernel's verifier sees it, too,
  // and takes it out one by one, which takes it long. Returns the search's first node.
  size_t search(std::span<const Range> ranges, uint32_t min, uint32_t max) {
    if (ranges.empty() || min > max) return otherwise_;
    if (ranges.size() <= kFewRanges) return one_by_one(ranges, min, max);
    const size_t half = ranges.size() / 2;
    const uint32_t last = ranges[half - 1].last;
    const size_t pivot = add(BPF_JGT, last), at = into_->size() - 1;
    const size_t below = search(ranges.first(half), min, last), above = search(ranges.subspan(half), last + 1, max);
    (*into_)[at].second.on_true = above;
    (*into_)[at].second.on_false = below;
    return pivot;
  }

  size_t one_by_one(std::span<const Range> ranges, uint32_t min, uint32_t max) {
    if (ranges.empty()) return otherwise_;
    const Range range = ranges.front();
    if (range.first <= min && range.last >= max) return found_;
    const size_t at = into_->size();
    if (range.first == range.last) {
      const size_t test = add(BPF_JEQ, range.first);
      const uint32_t from = range.first == min ? min + 1 : min;
      const size_t next = one_by_one(ranges.subspan(1), from, max);
      (*into_)[at].second.on_true = found_;
      (*into_)[at].second.on_false = next;
      return test;
    }
    if (range.first > min) {
      const size_t test = add(BPF_JGE, range.first);
      const size_t inside = one_by_one(ranges, range.first, max);
      (*into_)[at].second.on_true = inside;
      (*into_)[at].second.on_false = otherwise_;
      return test;
    }
    const size_t test = add(BPF_JGT, range.last);
    const size_t after = one_by_one(ranges.subspan(1), range.last + 1, max);
    (*into_)[at].second.on_true = after;
    (*into_)[at].second.on_false = found_;
    return test;
  }

  void place(size_t number, TestNode node) {
    if (number >= moved_.size()) moved_.resize(number + 1, kReject);
    moved_[number] = placed_.size();
    placed_.push_back(std::move(node));
  }

  TestGraph renumbered() {
    const auto move = [&](size_t& node) {
      while (node < stands_for_.size() && stands_for_[node] != node) node = stands_for_[node];
      if (!is_exit(node)) node = moved_[node];
    };
    TestGraph graph{std::move(placed_), graph_.entry};
    move(graph.entry);
    for (TestNode& node : graph.nodes) {
      move(node.on_true);
      move(node.on_false);
    }
    return graph;
  }

  const TestGraph& graph_;
  const Values& values_;
  std::vector<size_t> ways_;
  std::vector<TestNode> placed_;
  std::vector<size_t> moved_;       // by number: where it was placed
  std::vector<size_t> stands_for_;  // by number of a node of the graph: itself, or the search that replaces it
  size_t next_ = 0;
  // Of the search that is being made.
  std::vector<Placed>* into_ = nullptr;
  ValueId value_ = 0;
  size_t found_ = kReject, otherwise_ = kReject;
};

}  // namespace

TestGraph with_searches(const TestGraph& graph, const Values& values) {
  return Searches(graph, values).made();
}

}  // namespace skbtrail::filter
