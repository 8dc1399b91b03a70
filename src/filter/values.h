// What a packet filter computes, as values that are compared by number: the same computation on the same packet has the
// same number, wherever it is. Computations of constants are done at once.
//
//   load 2 at 14+X  ──►  { load, bytes 2, k 14, left: X's value }       X = 4*([14]&0xf)  ──►  { header length, k 14 }
//
// A packet does not change while it is evaluated, so a load is a value, too.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

namespace skbtrail::filter {

using ValueId = uint32_t;

struct Value {
  enum class Kind : uint8_t {
    unknown,        // what differs by the way that led here; equal to nothing else
    constant,       // k
    load,           // `operation` is the classic code: at k
    variable_load,  // the same, at k + left
    header_length,  // 4 * (the byte at k & 0xf)
    length,         // of the packet
    operation,      // left `operation` right; of BPF_NEG left alone
  };
  Kind kind = Kind::unknown;
  uint16_t operation = 0;
  uint32_t k = 0;
  ValueId left = 0, right = 0;

  bool operator==(const Value&) const = default;
};

class Values {
 public:
  ValueId constant(uint32_t k);
  // One that is there already.
  [[nodiscard]] ValueId known_constant(uint32_t k) const { return known_.at({Value::Kind::constant, 0, k, 0, 0}); }
  ValueId unknown();
  ValueId load(uint16_t code, uint32_t k);
  ValueId variable_load(uint16_t code, uint32_t k, ValueId at);
  ValueId header_length(uint32_t k);
  ValueId length();
  // `operation` as BPF_OP() says.
  ValueId operation(uint16_t operation, ValueId left, ValueId right);

  [[nodiscard]] const Value& operator[](ValueId id) const { return values_[id]; }
  [[nodiscard]] std::optional<uint32_t> constant_of(ValueId id) const;
  // No value of it is larger.
  [[nodiscard]] uint32_t largest(ValueId id) const { return largest_[id]; }
  // Whether an unknown value is in it.
  [[nodiscard]] bool has_unknown(ValueId id) const { return has_unknown_[id]; }
  // Whether computing it may end the filter: a load that may be out of range, a division by what may be zero. What it
  // is computed of is not asked.
  [[nodiscard]] bool may_fail(ValueId id) const;

 private:
  struct Hash {
    size_t operator()(const Value& value) const;
  };
  ValueId add(const Value& value, uint32_t largest, bool has_unknown);
  ValueId simplified(uint16_t operation, ValueId left, uint32_t k);

  std::vector<Value> values_;
  std::vector<uint32_t> largest_;
  std::vector<bool> has_unknown_;
  std::unordered_map<Value, ValueId, Hash> known_;
};

// What libpcap's interpreter computes; nothing where it ends the filter.
std::optional<uint32_t> compute(uint16_t operation, uint32_t left, uint32_t right);

}  // namespace skbtrail::filter
