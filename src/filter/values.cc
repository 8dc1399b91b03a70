#include "filter/values.h"

#include <bit>

#include "filter/classic_code.h"

namespace skbtrail::filter {
namespace {

constexpr uint32_t kAny = UINT32_MAX;

// All bits up to the uppermost one of it.
uint32_t with_lower_bits(uint32_t largest) {
  return largest ? kAny >> std::countl_zero(largest) : 0;
}

uint32_t no_more_than(uint64_t sum) {
  return sum > kAny ? kAny : static_cast<uint32_t>(sum);
}

// Of `left operation k`, where left is no larger than `left`.
uint32_t largest_by_constant(uint16_t operation, uint32_t left, uint32_t k) {
  const uint64_t wide = left;
  switch (operation) {
    case BPF_AND: return left < k ? left : k;
    case BPF_OR:
    case BPF_XOR: return with_lower_bits(left | k);
    case BPF_RSH: return k < 32 ? left >> k : 0;
    case BPF_DIV: return k ? left / k : kAny;
    case BPF_MOD: return k && k - 1 < left ? k - 1 : left;
    // What wraps may be anything.
    case BPF_LSH: return k < 32 && wide << k <= kAny ? left << k : kAny;
    case BPF_ADD: return wide + k <= kAny ? left + k : kAny;
    case BPF_MUL: return wide * k <= kAny ? left * k : kAny;
    default: return kAny;
  }
}

uint32_t largest_of(uint16_t operation, uint32_t left, uint32_t right) {
  switch (operation) {
    case BPF_AND: return left < right ? left : right;
    case BPF_OR:
    case BPF_XOR: return with_lower_bits(left | right);
    case BPF_ADD: return no_more_than(uint64_t{left} + right);
    case BPF_MUL: return uint64_t{left} * right > kAny ? kAny : left * right;
    case BPF_DIV:
    case BPF_MOD:
    case BPF_RSH: return left;
    default: return kAny;
  }
}

// Whether left `operation` k is left, whatever left is up to `largest`.
bool changes_nothing(uint16_t operation, uint32_t largest, uint32_t k) {
  switch (operation) {
    case BPF_ADD:
    case BPF_SUB:
    case BPF_OR:
    case BPF_XOR:
    case BPF_LSH:
    case BPF_RSH: return k == 0;
    case BPF_MUL:
    case BPF_DIV: return k == 1;
    case BPF_MOD: return k > largest;
    case BPF_AND: return (with_lower_bits(largest) & ~k) == 0;
    default: return false;
  }
}

bool is_zero(uint16_t operation, uint32_t k) {
  return ((operation == BPF_AND || operation == BPF_MUL) && k == 0) || (operation == BPF_MOD && k == 1) ||
         ((operation == BPF_LSH || operation == BPF_RSH) && k > 31);
}

}  // namespace

std::optional<uint32_t> compute(uint16_t operation, uint32_t left, uint32_t right) {
  switch (operation) {
    case BPF_ADD: return left + right;
    case BPF_SUB: return left - right;
    case BPF_MUL: return left * right;
    case BPF_AND: return left & right;
    case BPF_OR: return left | right;
    case BPF_XOR: return left ^ right;
    case BPF_LSH: return right < 32 ? left << right : 0;
    case BPF_RSH: return right < 32 ? left >> right : 0;
    case BPF_NEG: return 0u - left;
    case BPF_DIV: return right ? std::optional(left / right) : std::nullopt;
    case BPF_MOD: return right ? std::optional(left % right) : std::nullopt;
    default: return std::nullopt;
  }
}

size_t Values::Hash::operator()(const Value& value) const {
  uint64_t hash = uint64_t{value.k} << 32 | uint64_t{value.operation} << 8 | static_cast<uint8_t>(value.kind);
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  for (const uint64_t word : {uint64_t{value.left}, uint64_t{value.right}}) hash = (hash ^ word) * kOdd;
  return hash ^ hash >> 29;
}

ValueId Values::add(const Value& value, uint32_t largest, bool has_unknown) {
  const auto [at, is_new] = known_.try_emplace(value, static_cast<ValueId>(values_.size()));
  if (is_new) {
    values_.push_back(value);
    largest_.push_back(largest);
    has_unknown_.push_back(has_unknown);
  }
  return at->second;
}

ValueId Values::constant(uint32_t k) {
  return add({Value::Kind::constant, 0, k, 0, 0}, k, false);
}

ValueId Values::unknown() {
  // Its own number is what makes it another one.
  return add({Value::Kind::unknown, 0, static_cast<uint32_t>(values_.size()), 0, 0}, kAny, true);
}

ValueId Values::load(uint16_t code, uint32_t k) {
  const uint32_t bits = 8 * load_bytes(code);
  return add({Value::Kind::load, code, k, 0, 0}, kAny >> (32 - bits), false);
}

ValueId Values::variable_load(uint16_t code, uint32_t k, ValueId at) {
  // A known distance that is in the sum already belongs to the offset, where neither sum wraps.
  const Value offset = values_[at];
  if (offset.kind == Value::Kind::operation && offset.operation == BPF_ADD)
    if (const auto more = constant_of(offset.right))
      if (uint64_t{largest(offset.left)} + *more <= kAny && uint64_t{k} + *more <= kAny)
        return variable_load(code, k + *more, offset.left);
  if (const auto fixed = constant_of(at); fixed && uint64_t{*fixed} + k <= INT32_MAX)
    return load(static_cast<uint16_t>(BPF_LD | BPF_ABS | BPF_SIZE(code)), k + *fixed);
  const uint32_t bits = 8 * load_bytes(code);
  return add({Value::Kind::variable_load, code, k, at, 0}, kAny >> (32 - bits), has_unknown(at));
}

ValueId Values::header_length(uint32_t k) {
  constexpr uint32_t kLargest = 4 * 0xf;
  return add({Value::Kind::header_length, 0, k, 0, 0}, kLargest, false);
}

ValueId Values::length() {
  return add({Value::Kind::length, 0, 0, 0, 0}, kAny, false);
}

ValueId Values::simplified(uint16_t operation, ValueId left, uint32_t k) {
  if (changes_nothing(operation, largest(left), k)) return left;
  if (is_zero(operation, k)) return constant(0);
  return add({Value::Kind::operation, operation, 0, left, constant(k)},
             largest_by_constant(operation, largest(left), k), has_unknown(left));
}

ValueId Values::operation(uint16_t operation, ValueId left, ValueId right) {
  if (operation == BPF_NEG) right = left;
  if (is_commutative(operation) && constant_of(left) && !constant_of(right)) std::swap(left, right);
  const auto a = constant_of(left), b = constant_of(right);
  if (a && (b || operation == BPF_NEG))
    if (const auto result = compute(operation, *a, b.value_or(0))) return constant(*result);
  if (b && operation != BPF_NEG) return simplified(operation, left, *b);
  return add({Value::Kind::operation, operation, 0, left, right}, largest_of(operation, largest(left), largest(right)),
             has_unknown(left) || has_unknown(right));
}

std::optional<uint32_t> Values::constant_of(ValueId id) const {
  if (values_[id].kind != Value::Kind::constant) return std::nullopt;
  return values_[id].k;
}

bool Values::may_fail(ValueId id) const {
  const Value& value = values_[id];
  switch (value.kind) {
    case Value::Kind::load: return value.k != kPacketTypeOffset;
    case Value::Kind::variable_load:
    case Value::Kind::header_length: return true;
    case Value::Kind::operation:
      return (value.operation == BPF_DIV || value.operation == BPF_MOD) && constant_of(value.right).value_or(0) == 0;
    default: return false;
  }
}

}  // namespace skbtrail::filter
