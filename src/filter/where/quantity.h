// Numbers with units, as they are in --where: "60", "0x2a", "-1", "1.5ms", "64KiB".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace skbtrail::filter::where {

// What is wrong, without the position where it is.
struct NoQuantity : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

struct Quantity {
  bool negative;
  uint64_t magnitude;  // in the field's unit
};

// `unit` is the field's: "ns", "bytes", or empty for a bare number. K, M and G are powers of 1024, as everywhere in
// skbtrail. Throws NoQuantity.
Quantity parse_quantity(std::string_view text, std::string_view unit);

// Where "10-20" or "-5--1" is to be cut: the dash between the two; npos if it is no range.
size_t dash_of_range(std::string_view text) noexcept;

}  // namespace skbtrail::filter::where
