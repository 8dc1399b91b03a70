#include "text/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace skbtrail::text {

namespace {

[[noreturn]] void wrong(std::string_view what, std::string_view text, std::string_view wanted) {
  throw std::invalid_argument(fmt::format("{}: '{}' is not {}", what, text, wanted));
}

}  // namespace

uint64_t parse_number(std::string_view text, std::string_view what, uint64_t max) {
  int base = 10;
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  }
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range || (error == std::errc{} && value > max))
    throw std::invalid_argument(fmt::format("{}: {} is too large, at most {}", what, text, max));
  if (error != std::errc{} || end != digits.data() + digits.size()) wrong(what, text, "a number");
  return value;
}

std::pair<uint32_t, uint32_t> parse_range(std::string_view text, std::string_view what, uint32_t max) {
  size_t dash = text.find('-');
  if (text.empty() || dash == 0 || dash + 1 == text.size()) wrong(what, text, "a number or a range such as 60-90");
  auto first = static_cast<uint32_t>(parse_number(text.substr(0, dash), what, max));
  if (dash == std::string_view::npos) return {first, first};
  auto last = static_cast<uint32_t>(parse_number(text.substr(dash + 1), what, max));
  if (last < first) throw std::invalid_argument(fmt::format("{}: the range {} ends before it begins", what, text));
  return {first, last};
}

uint64_t parse_size(std::string_view text, std::string_view what) {
  constexpr std::string_view kWanted = "a size such as 65536, 512K or 8M";
  size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) wrong(what, text, kWanted);
  std::string_view unit = text.substr(digits);
  int shift = 0;
  if (!unit.empty()) {
    constexpr std::string_view kUnits = "KMG";
    size_t position = kUnits.find(unit.front() >= 'a' ? static_cast<char>(unit.front() - 32) : unit.front());
    std::string_view rest = unit.substr(1);
    bool known = position != std::string_view::npos && (rest.empty() || rest == "iB" || rest == "B");
    if (!known) wrong(what, text, kWanted);
    shift = 10 * static_cast<int>(position + 1);
  }
  return parse_number(text.substr(0, digits), what, UINT64_MAX >> shift) << shift;
}

std::chrono::nanoseconds parse_duration(std::string_view text, std::string_view what) {
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{
      {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1.0}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}}};
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  bool is_number = error == std::errc{} && std::isfinite(value);
  std::string_view unit = is_number ? text.substr(static_cast<size_t>(end - text.data())) : "?";
  for (const auto& [name, ns] : kUnits) {
    if (name != unit || value < 0) continue;
    constexpr double kMax = 9e18;
    if (value * ns > kMax) throw std::invalid_argument(fmt::format("{}: {} is too long", what, text));
    return std::chrono::nanoseconds(static_cast<int64_t>(value * ns));
  }
  wrong(what, text, "a time such as 10, 500ms, 3m or 1h");
}

}  // namespace skbtrail::text
