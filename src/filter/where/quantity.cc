#include "filter/where/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "filter/where/words.h"

namespace skbtrail::filter::where {

namespace {

struct Unit {
  std::string_view name;
  uint64_t size;
};

constexpr Unit kTimes[] = {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}};
constexpr Unit kSizes[] = {{"b", 1},        {"k", 1 << 10},   {"kb", 1 << 10}, {"kib", 1 << 10}, {"m", 1 << 20},
                           {"mb", 1 << 20}, {"mib", 1 << 20}, {"g", 1 << 30},  {"gb", 1 << 30},  {"gib", 1 << 30}};

[[noreturn]] void wrong(std::string_view text, std::string_view what) {
  throw NoQuantity(fmt::format("'{}' {}", shown(text), what));
}

uint64_t unit_size(std::string_view text, std::string_view written, std::string_view unit) {
  if (written.empty()) return 1;
  const bool time = unit == "ns", size = unit == "bytes";
  // Units of time are case-sensitive, sizes are written in every way.
  const std::string name = size ? lower(written) : std::string(written);
  for (const auto& one : time ? std::span<const Unit>(kTimes) : std::span<const Unit>(kSizes))
    if ((time || size) && one.name == name) return one.size;
  if (time) wrong(text, "has a unit that is none of time; write ns, us, ms or s");
  if (size) wrong(text, "has a unit that is none of size; write B, KiB, MiB or GiB");
  wrong(text, "has a unit, and the field has none; write a bare number");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

uint64_t whole(std::string_view text, std::string_view digits, int base) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range) wrong(text, "is too large a number");
  if (error != std::errc{} || end != digits.data() + digits.size()) wrong(text, "is no number");
  return value;
}

// The part of `size` that the digits after a point are; nothing may be left over.
uint64_t part_of(std::string_view text, std::string_view fraction, uint64_t size) {
  constexpr size_t kDigits = 9;  // with them and a unit of a GiB the product stays below 64 bits
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  uint64_t part = 0, scale = 1;
  for (char digit : fraction.substr(0, kDigits)) {
    part = part * 10 + static_cast<uint64_t>(digit - '0');
    scale *= 10;
  }
  if (fraction.size() > kDigits || part * size % scale != 0) wrong(text, "is no whole number in the field's unit");
  return part * size / scale;
}

uint64_t decimal(std::string_view text, std::string_view number, std::string_view unit) {
  const auto digits = static_cast<size_t>(std::find_if_not(number.begin(), number.end(), is_digit) - number.begin());
  if (digits == 0) wrong(text, "is no number");
  std::string_view rest = number.substr(digits);
  std::string_view fraction;
  if (rest.size() > 1 && rest.front() == '.' && is_digit(rest[1])) {
    rest.remove_prefix(1);
    const auto size = static_cast<size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
    fraction = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  if (!std::all_of(rest.begin(), rest.end(), is_letter)) wrong(text, "is no number");
  const uint64_t size = unit_size(text, rest, unit);
  uint64_t value = whole(text, number.substr(0, digits), 10);
  const uint64_t part = part_of(text, fraction, size);
  if (__builtin_mul_overflow(value, size, &value) || __builtin_add_overflow(value, part, &value))
    wrong(text, "is too large a number");
  return value;
}

}  // namespace

Quantity parse_quantity(std::string_view text, std::string_view unit) {
  std::string_view number = text;
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  if (number.starts_with("0x") || number.starts_with("0X")) return {negative, whole(text, number.substr(2), 16)};
  return {negative, decimal(text, number, unit)};
}

size_t dash_of_range(std::string_view text) noexcept {
  const size_t dash = text.find('-', 1);
  return dash != std::string_view::npos && dash + 1 < text.size() ? dash : std::string_view::npos;
}

}  // namespace skbtrail::filter::where
