// What tests on the way to a node have told of values: so a test whose answer follows from them need not be made again.
// Kept as a stack: what a way told is forgotten when the optimiser leaves it.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "filter/values.h"

namespace skbtrail::filter {

// left `operation` right, as BPF_OP() of a conditional jump says; `inverted`: the answer is the other one.
struct ValueTest {
  uint16_t operation = 0;
  ValueId left = 0, right = 0;
  bool inverted = false;
};

// The simplest test that says the same: a constant, if there is one, is on the right, and what can be asked of a part
// is not asked of the whole (`v - 54 == 0` is `v == 54`, `v & 7 == 0` is not `v has bits of 7`).
ValueTest simple_test(Values& values, uint16_t operation, ValueId left, ValueId right);

class Answers {
 public:
  explicit Answers(const Values& values) : values_(values) {}

  // `answer` is that of the test as it is, inversion included.
  void learn(const ValueTest& test, bool answer);
  // It was computed, so that it can be again.
  void learn_computed(ValueId value);
  [[nodiscard]] std::optional<bool> answer(const ValueTest& test) const;
  [[nodiscard]] bool was_computed(ValueId value) const { return computed_.contains(value); }

  // A mark, and back to it.
  [[nodiscard]] size_t mark() const { return log_.size(); }
  void forget_since(size_t mark);

 private:
  struct Range {
    uint32_t min = 0, max = UINT32_MAX;
    bool operator==(const Range&) const = default;
  };
  struct Change {
    enum class Kind : uint8_t { range, excluded, answer, computed } kind;
    uint64_t key;
    std::optional<Range> before = {};
    size_t index = 0;  // of the operation
  };
  static uint64_t pair(ValueId value, uint32_t number) { return uint64_t{value} << 32 | number; }
  [[nodiscard]] Range range(ValueId value) const;
  void narrow(ValueId value, Range to);
  void learn_by_constant(uint16_t operation, ValueId left, uint32_t k, bool answer);
  [[nodiscard]] std::optional<bool> answer_by_constant(uint16_t operation, ValueId left, uint32_t k) const;

  const Values& values_;
  std::unordered_map<ValueId, Range> ranges_;
  std::unordered_set<uint64_t> excluded_;  // pairs of a value and a number that it is not
  // Of each operation, by the pair of both sides.
  std::unordered_map<uint64_t, bool> answers_[4];
  std::unordered_set<ValueId> computed_;
  std::vector<Change> log_;
};

}  // namespace skbtrail::filter
