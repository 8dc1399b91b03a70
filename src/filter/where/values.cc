#include "filter/where/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "filter/where/quantity.h"

namespace skbtrail::filter::where {

namespace {

using event::Field;
using event::Type;

enum class Kind : uint8_t { number, boolean, text, ip, mac, tcp_flags };

// Texts that are not free but no names either.
Kind kind_of(const Field& field) {
  if (field.type == Type::boolean) return Kind::boolean;
  if (!is_textual(field.type)) return Kind::number;
  static constexpr std::array<std::string_view, 4> kAddresses{"src", "dst", "inner_src", "inner_dst"};
  if (std::find(kAddresses.begin(), kAddresses.end(), field.name) != kAddresses.end()) return Kind::ip;
  if (field.name == "eth_src" || field.name == "eth_dst") return Kind::mac;
  if (field.name == "tcp_flags") return Kind::tcp_flags;
  return Kind::text;
}

// The bytes of `of` where the mask of so many bits is set, and `fill` elsewhere.
std::array<uint8_t, 16> masked(const Address& of, unsigned bits, uint8_t fill) {
  const size_t size = of.version == 4 ? 4 : 16;
  std::array<uint8_t, 16> result{};
  for (size_t i = 0; i < size; i++) {
    const unsigned kept = std::min(8u, bits - std::min(bits, static_cast<unsigned>(8 * i)));
    const auto mask = static_cast<uint8_t>(0xff00u >> kept);
    result[i] = static_cast<uint8_t>((of.bytes[i] & mask) | (fill & ~mask));
  }
  return result;
}

std::optional<unsigned> prefix_bits(std::string_view text, unsigned most) {
  unsigned bits = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || bits > most) return std::nullopt;
  return bits;
}

// As the getters write it; empty if it is none.
std::string mac_text(std::string_view written) {
  std::string result;
  for (int i = 0; i < 6; i++) {
    const size_t end = std::min(written.find(':'), written.size());
    unsigned byte = 0;
    auto [last, error] = std::from_chars(written.data(), written.data() + end, byte, 16);
    const bool whole = error == std::errc{} && last == written.data() + end && end <= 2;
    if (!whole || (i < 5) != (end < written.size())) return {};
    fmt::format_to(std::back_inserter(result), "{}{:02x}", i ? ":" : "", byte);
    written.remove_prefix(std::min(end + 1, written.size()));
  }
  return result;
}

// In the order in which the getter writes them, with '.' for A; empty if there is another letter.
std::string tcp_flags_text(std::string_view written) {
  constexpr std::string_view kOrder = "FSRP.UEWe";
  if (lower(written) == "none") return "none";
  std::string found(written);
  std::replace(found.begin(), found.end(), 'A', '.');
  if (found.find_first_not_of(kOrder) != std::string::npos) return {};
  std::string result;
  for (char letter : kOrder)
    if (found.find(letter) != std::string::npos) result += letter;
  return result;
}

Case letters_of(const Field& field, bool is_name) {
  const Kind kind = kind_of(field);
  return is_name || kind == Kind::mac || kind == Kind::ip ? Case::ignored : Case::exact;
}

bool is_order(WordKind kind) {
  return kind == WordKind::less || kind == WordKind::at_most || kind == WordKind::greater || kind == WordKind::at_least;
}

bool is_negated(WordKind kind) {
  return kind == WordKind::unequal || kind == WordKind::mismatch;
}

std::vector<NumberRange> ranges_of(WordKind comparison, uint64_t value) {
  switch (comparison) {
    case WordKind::less: return value == 0 ? std::vector<NumberRange>() : std::vector<NumberRange>{{0, value - 1}};
    case WordKind::at_most: return {{0, value}};
    case WordKind::greater:
      return value == UINT64_MAX ? std::vector<NumberRange>() : std::vector<NumberRange>{{value + 1, UINT64_MAX}};
    case WordKind::at_least: return {{value, UINT64_MAX}};
    default: return {{value, value}};
  }
}

std::string_view instead_of_order(Kind kind) {
  switch (kind) {
    case Kind::ip: return "has no order; write a prefix, such as 10.0.0.0/8, or a range in (...)";
    case Kind::boolean: return "is true or false and has no order; write it alone, or with not";
    default: return "is a text and has no order; it is compared with == != ~ !~ and in";
  }
}

}  // namespace

void Values::refuse(const Word& at, std::string_view sentence) const {
  where::refuse(expression_, at.offset, sentence);
}

// Whether the operator fits the field at all.
void Values::check(const Field& field, const Word& comparison) const {
  const Kind kind = kind_of(field);
  if (is_order(comparison.kind) && kind != Kind::number)
    refuse(comparison, fmt::format("{} {}", field.name, instead_of_order(kind)));
  const bool glob = comparison.kind == WordKind::match || comparison.kind == WordKind::mismatch;
  if (glob && !is_textual(field.type))
    refuse(comparison, fmt::format("{} compares texts, and {} is {}", comparison.text, field.name,
                                   kind == Kind::boolean ? "true or false; write it alone, or with not"
                                                         : "a number; write == or in (10-20)"));
  if (comparison.kind == WordKind::in && kind == Kind::boolean)
    refuse(comparison, fmt::format("{} is true or false; write it alone, or with not", field.name));
}

Condition Values::compared(const Field& field, const Word& comparison, const Word& value) const {
  check(field, comparison);
  if (comparison.kind == WordKind::match || comparison.kind == WordKind::mismatch) {
    Condition condition = glob(field, value);
    condition.negated = comparison.kind == WordKind::mismatch;
    return condition;
  }
  Condition condition = kind_of(field) == Kind::number    ? ordered_number(field, comparison, value)
                        : kind_of(field) == Kind::boolean ? boolean(field, value)
                                                          : among(field, comparison, {value});
  if (is_negated(comparison.kind)) condition.negated = !condition.negated;
  return condition;
}

Condition Values::among(const Field& field, const Word& in, const std::vector<Word>& values) const {
  check(field, in);
  const Kind kind = kind_of(field);
  if (kind == Kind::number) {
    std::vector<NumberRange> ranges;
    for (const auto& value : values) ranges.push_back(number_range(field, value));
    return {&field, std::move(ranges)};
  }
  if (kind == Kind::ip) {
    if (in.kind != WordKind::in && values[0].text.find('-') != std::string_view::npos)
      refuse(values[0], fmt::format("a range is written {} in ({})", field.name, shown(values[0].text)));
    std::vector<AddressRange> ranges;
    for (const auto& value : values) ranges.push_back(address_range(field, value));
    return {&field, std::move(ranges)};
  }
  const auto names = NameSet::of(field, names_);
  Texts texts{{}, letters_of(field, names.has_value())};
  for (const auto& value : values) texts.any_of.push_back(names ? name(field, *names, value) : text(field, value));
  return {&field, std::move(texts)};
}

Condition Values::glob(const Field& field, const Word& value) const {
  const auto names = NameSet::of(field, names_);
  if (names && !names->may_match(value.text))
    refuse(value, fmt::format("no value of {} is like '{}'{}", field.name, shown(value.text), names->hint(value.text)));
  return {&field, Glob{std::string(value.text), letters_of(field, names.has_value())}};
}

Condition Values::boolean(const Field& field, const Word& value) const {
  const std::string word = lower(value.text);
  const bool yes = word == "true" || word == "yes";
  if (!yes && word != "false" && word != "no")
    refuse(value, fmt::format("{} is true or false, and not '{}'", field.name, shown(value.text)));
  return {&field, IsTrue{}, !yes};
}

Condition Values::ordered_number(const Field& field, const Word& comparison, const Word& value) const {
  const size_t dash = dash_of_range(value.text);
  if (dash != std::string_view::npos && value.text[0] <= '9' && value.text[dash + 1] <= '9')
    refuse(value, fmt::format("a range is written {} in ({})", field.name, shown(value.text)));
  return {&field, ranges_of(comparison.kind, number(field, value, value.text))};
}

NumberRange Values::number_range(const Field& field, const Word& value) const {
  const size_t dash = dash_of_range(value.text);
  const uint64_t first = number(field, value, value.text.substr(0, dash));
  if (dash == std::string_view::npos) return {first, first};
  const uint64_t last = number(field, value, value.text.substr(dash + 1));
  if (last < first) refuse(value, fmt::format("the range {} ends before it begins", shown(value.text)));
  return {first, last};
}

uint64_t Values::number(const Field& field, const Word& value, std::string_view text) const {
  try {
    const Quantity quantity = parse_quantity(text, field.unit);
    const bool is_signed = field.type == Type::integer;
    if (quantity.negative && !is_signed && quantity.magnitude != 0)
      throw NoQuantity(fmt::format("{} is never negative", field.name));
    if (!is_signed) return quantity.magnitude;
    if (quantity.magnitude > INT64_MAX) throw NoQuantity(fmt::format("'{}' is too large a number", shown(text)));
    const auto magnitude = static_cast<int64_t>(quantity.magnitude);
    return ordered(quantity.negative ? -magnitude : magnitude);
  } catch (const NoQuantity& wrong) {
    const bool is_field = event::find_field(value.text) != nullptr;
    // tcp, udp: what is above IP has a name.
    const std::string_view meant = field.name == "protocol" ? "; did you mean proto?" : "";
    refuse(value,
           is_field ? fmt::format("{} is a field; a field is compared with a value, not with another field", value.text)
                    : fmt::format("{} ({} is a number{}){}", wrong.what(), field.name,
                                  field.unit.empty() ? "" : fmt::format(" of {}", field.unit), meant));
  }
}

AddressRange Values::address_range(const Field& field, const Word& value) const {
  const size_t slash = value.text.find('/'), dash = value.text.find('-');
  const Address address = parse_address(value.text.substr(0, std::min(slash, dash)));
  if (!address.version)
    refuse(value,
           fmt::format("'{}' is not an IP address; {} is compared with one, such as 10.0.0.1 or fe80::1, or with a "
                       "prefix, such as 10.0.0.0/8",
                       shown(value.text), field.name));
  const unsigned most = address.version == 4 ? 32 : 128;
  if (dash != std::string_view::npos) {
    const Address last = parse_address(value.text.substr(dash + 1));
    if (last.version != address.version || last.bytes < address.bytes)
      refuse(value, fmt::format("'{}' is not a range of addresses; its ends are of one version, the lower one first",
                                shown(value.text)));
    return {address.version, address.bytes, last.bytes};
  }
  if (slash == std::string_view::npos) return {address.version, address.bytes, address.bytes};
  const auto bits = prefix_bits(value.text.substr(slash + 1), most);
  if (!bits) refuse(value, fmt::format("the prefix '{}' must end in a length from 0 to {}", shown(value.text), most));
  return {address.version, masked(address, *bits, 0), masked(address, *bits, 0xff)};
}

std::string Values::text(const Field& field, const Word& value) const {
  if (kind_of(field) == Kind::mac) {
    std::string mac = mac_text(value.text);
    if (mac.empty())
      refuse(value, fmt::format("'{}' is not a MAC address, such as 02:00:00:00:00:01", shown(value.text)));
    return mac;
  }
  if (kind_of(field) == Kind::tcp_flags) {
    std::string flags = tcp_flags_text(value.text);
    if (flags.empty())
      refuse(value,
             fmt::format("'{}' is not a set of TCP flags as tcpdump writes them; write letters of FSRP.UEWe, such as "
                         "S. for SYN and ACK, or none",
                         shown(value.text)));
    return flags;
  }
  if (value.kind == WordKind::bare && value.text.find_first_of("*?") != std::string_view::npos)
    refuse(value, fmt::format("a glob is written {} ~ {}; quote it to compare with the text itself", field.name,
                              shown(value.text)));
  return std::string(value.text);
}

std::string Values::name(const Field& field, const NameSet& set, const Word& value) const {
  if (value.text.find_first_of("*?") != std::string_view::npos)
    refuse(value, fmt::format("a glob is written {} ~ {}", field.name, shown(value.text)));
  if (auto found = set.find(value.text)) return *found;
  refuse(value, fmt::format("'{}' is not a value of {}{}", shown(value.text), field.name, set.hint(value.text)));
}

}  // namespace skbtrail::filter::where
