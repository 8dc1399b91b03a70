#include "filter/where/program.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace skbtrail::filter::where {

namespace {

Truth truth(bool holds) noexcept {
  return holds ? Truth::yes : Truth::no;
}

Truth opposite(Truth of) noexcept {
  return static_cast<Truth>(static_cast<uint8_t>(Truth::yes) - static_cast<uint8_t>(of));
}

// Whether a value that is there is the wanted one. A parsed condition never asks for a value of another type than its
// field has.
struct Fits {
  const event::Value& value;

  [[nodiscard]] std::string_view text() const {
    const auto* found = std::get_if<std::string_view>(&value);
    return found ? *found : std::string_view();
  }

  bool operator()(const std::vector<NumberRange>& ranges) const {
    uint64_t number = 0;
    if (const auto* plain = std::get_if<uint64_t>(&value))
      number = *plain;
    else if (const auto* integer = std::get_if<int64_t>(&value))
      number = ordered(*integer);
    else
      return false;
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const NumberRange& range) { return range.first <= number && number <= range.last; });
  }

  bool operator()(const std::vector<AddressRange>& ranges) const {
    const Address address = parse_address(text());
    return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) {
      return range.version == address.version && range.first <= address.bytes && address.bytes <= range.last;
    });
  }

  bool operator()(const Texts& texts) const {
    return std::any_of(texts.any_of.begin(), texts.any_of.end(),
                       [&](const std::string& one) { return same(one, text(), texts.letters); });
  }

  bool operator()(const Glob& glob) const { return matches(glob.pattern, text(), glob.letters); }

  bool operator()(IsTrue) const {
    const auto* set = std::get_if<bool>(&value);
    return set && *set;
  }

  bool operator()(IsKnown) const { return true; }
};

}  // namespace

Address parse_address(std::string_view text) noexcept {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof(buffer)) return {};
  std::memcpy(buffer, text.data(), text.size());
  if (std::strlen(buffer) != text.size()) return {};
  Address address;
  const bool six = text.find(':') != std::string_view::npos;
  if (inet_pton(six ? AF_INET6 : AF_INET, buffer, address.bytes.data()) == 1)
    address.version = six ? uint8_t{6} : uint8_t{4};
  return address;
}

Truth Condition::judge(const event::Event& event) const {
  event::Scratch scratch;
  const event::Value value = field->of(event, scratch);
  const bool known = !std::holds_alternative<std::monostate>(value);
  if (std::holds_alternative<IsKnown>(wanted)) return truth(known);
  if (!known) return Truth::unknown;
  return truth(std::visit(Fits{value}, wanted) != negated);
}

// Recursion is as deep as the parentheses, which the parser bounds.
Truth Program::judge(const event::Event& event, size_t from) const {
  const Node& node = nodes[from];
  if (node.kind == NodeKind::condition) return conditions[node.condition].judge(event);
  if (node.kind == NodeKind::negation) return opposite(judge(event, from + 1));
  const bool all = node.kind == NodeKind::all_of;
  const Truth decisive = all ? Truth::no : Truth::yes;
  Truth result = opposite(decisive);
  for (size_t child = from + 1; child < from + node.size; child += nodes[child].size) {
    const Truth part = judge(event, child);
    result = all ? std::min(result, part) : std::max(result, part);
    if (result == decisive) break;
  }
  return result;
}

}  // namespace skbtrail::filter::where
