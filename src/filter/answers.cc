#include "filter/answers.h"

#include <algorithm>
#include <utility>

#include "filter/classic_code.h"

namespace skbtrail::filter {
namespace {

// BPF_JEQ, BPF_JGT, BPF_JGE and BPF_JSET are in a row.
size_t index_of(uint16_t operation) {
  return static_cast<size_t>((operation - BPF_JEQ) >> 4);
}

ValueTest with_constant_right(const Values& values, uint16_t operation, ValueId left, ValueId right) {
  if (!values.constant_of(left) || values.constant_of(right)) return {operation, left, right, false};
  switch (operation) {
    // k > v is not (v >= k), k >= v is not (v > k).
    case BPF_JGT: return {BPF_JGE, right, left, true};
    case BPF_JGE: return {BPF_JGT, right, left, true};
    default: return {operation, right, left, false};
  }
}

// Whether `whole` is a constant: what its left side then has to be, or which bits of it are asked for.
std::optional<ValueTest> asked_of_left(Values& values, const Value& whole, uint32_t k) {
  const auto part = values.constant_of(whole.right);
  if (!part) {
    if (whole.operation != BPF_SUB || k != 0) return std::nullopt;
    return with_constant_right(values, BPF_JEQ, whole.left, whole.right);
  }
  switch (whole.operation) {
    case BPF_ADD: return ValueTest{BPF_JEQ, whole.left, values.constant(k - *part), false};
    case BPF_SUB: return ValueTest{BPF_JEQ, whole.left, values.constant(k + *part), false};
    case BPF_XOR: return ValueTest{BPF_JEQ, whole.left, values.constant(k ^ *part), false};
    case BPF_AND:
      if (k != 0) return std::nullopt;
      return ValueTest{BPF_JSET, whole.left, whole.right, true};
    default: return std::nullopt;
  }
}

}  // namespace

ValueTest simple_test(Values& values, uint16_t operation, ValueId left, ValueId right) {
  ValueTest test = with_constant_right(values, operation, left, right);
  while (test.operation == BPF_JEQ) {
    const Value whole = values[test.left];
    const auto k = values.constant_of(test.right);
    if (!k || whole.kind != Value::Kind::operation) break;
    auto simpler = asked_of_left(values, whole, *k);
    if (!simpler) break;
    simpler->inverted ^= test.inverted;
    test = *simpler;
  }
  return test;
}

Answers::Range Answers::range(ValueId value) const {
  const auto found = ranges_.find(value);
  return found != ranges_.end() ? found->second : Range{0, values_.largest(value)};
}

void Answers::narrow(ValueId value, Range to) {
  const auto found = ranges_.find(value);
  log_.push_back({Change::Kind::range, value, found != ranges_.end() ? std::optional(found->second) : std::nullopt});
  ranges_[value] = to;
}

void Answers::learn(const ValueTest& test, bool answer) {
  answer ^= test.inverted;
  const size_t index = index_of(test.operation);
  const uint64_t key = pair(test.left, test.right);
  if (answers_[index].emplace(key, answer).second) log_.push_back({Change::Kind::answer, key, {}, index});
  if (const auto k = values_.constant_of(test.right)) learn_by_constant(test.operation, test.left, *k, answer);
}

void Answers::learn_by_constant(uint16_t operation, ValueId left, uint32_t k, bool answer) {
  Range known = range(left);
  switch (operation) {
    case BPF_JEQ:
      if (answer) return narrow(left, {k, k});
      if (excluded_.insert(pair(left, k)).second) log_.push_back({Change::Kind::excluded, pair(left, k)});
      return;
    case BPF_JGT:
      if (answer && k < UINT32_MAX) known.min = std::max(known.min, k + 1);
      if (!answer) known.max = std::min(known.max, k);
      return narrow(left, known);
    case BPF_JGE:
      if (answer) known.min = std::max(known.min, k);
      if (!answer && k > 0) known.max = std::min(known.max, k - 1);
      return narrow(left, known);
    default: return;
  }
}

void Answers::learn_computed(ValueId value) {
  if (computed_.insert(value).second) log_.push_back({Change::Kind::computed, value});
}

std::optional<bool> Answers::answer(const ValueTest& test) const {
  const auto turned = [&](std::optional<bool> answer) {
    return answer ? std::optional(*answer != test.inverted) : std::nullopt;
  };
  const auto left = values_.constant_of(test.left), right = values_.constant_of(test.right);
  if (left && right) return turned(holds(test.operation, *left, *right));
  if (test.left == test.right && test.operation != BPF_JSET) return turned(test.operation != BPF_JGT);
  const auto& known = answers_[index_of(test.operation)];
  if (const auto found = known.find(pair(test.left, test.right)); found != known.end()) return turned(found->second);
  return right ? turned(answer_by_constant(test.operation, test.left, *right)) : std::nullopt;
}

std::optional<bool> Answers::answer_by_constant(uint16_t operation, ValueId left, uint32_t k) const {
  const Range known = range(left);
  if (known.min == known.max) return holds(operation, known.min, k);
  switch (operation) {
    case BPF_JEQ:
      if (k < known.min || k > known.max || excluded_.contains(pair(left, k))) return false;
      return std::nullopt;
    case BPF_JGT:
      if (known.min > k) return true;
      return known.max <= k ? std::optional(false) : std::nullopt;
    case BPF_JGE:
      if (known.min >= k) return true;
      return known.max < k ? std::optional(false) : std::nullopt;
    default: {
      // No bit of a value is above the uppermost of the largest.
      uint32_t possible = known.max;
      for (int shift = 1; shift < 32; shift *= 2) possible |= possible >> shift;
      return (possible & k) == 0 ? std::optional(false) : std::nullopt;
    }
  }
}

void Answers::forget_since(size_t mark) {
  while (log_.size() > mark) {
    const Change change = log_.back();
    log_.pop_back();
    const auto value = static_cast<ValueId>(change.key);
    switch (change.kind) {
      case Change::Kind::range:
        if (change.before)
          ranges_[value] = *change.before;
        else
          ranges_.erase(value);
        break;
      case Change::Kind::excluded: excluded_.erase(change.key); break;
      case Change::Kind::answer: answers_[change.index].erase(change.key); break;
      case Change::Kind::computed: computed_.erase(value); break;
    }
  }
}

}  // namespace skbtrail::filter
