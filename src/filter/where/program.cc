#include "filter/where/program.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace skbtrail::filter::where {

namespace {

Tribool tribool(bool holds) noexcept {
  return holds ? Tribool::yes : Tribool::no;
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

bool Condition::fits_one_of(const event::Value& list) const {
  std::string_view rest = std::get<std::string_view>(list);
  for (bool is_last = false; !is_last;) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    is_last = end == rest.size();
    const event::Value one = rest.substr(0, end);
    if (std::visit(Fits{one}, wanted)) return true;
    if (!is_last) rest.remove_prefix(end + 1);
  }
  return false;
}

Tribool Condition::evaluate(const event::Event& event) const {
  event::Scratch scratch;
  const event::Value value = field->of(event, scratch);
  const bool known = !std::holds_alternative<std::monostate>(value);
  if (std::holds_alternative<IsKnown>(wanted)) return tribool(known);
  if (!known) return Tribool::unknown;
  const bool fits = field->type == event::Type::list ? fits_one_of(value) : std::visit(Fits{value}, wanted);
  return tribool(fits != negated);
}

bool Program::asks_of(bool trails) const {
  return std::any_of(conditions.begin(), conditions.end(),
                     [&](const Condition& one) { return (one.field->known != event::Known::with_event) == trails; });
}

size_t Program::conditions_of_event() const {
  return static_cast<size_t>(std::count_if(conditions.begin(), conditions.end(), [](const Condition& one) {
    return one.field->known == event::Known::with_event;
  }));
}

uint64_t Program::answers(const event::Event& event) const {
  uint64_t answers = uint64_t{1} << (2 * kMostOfEvent);
  unsigned at = 0;
  for (const auto& condition : conditions) {
    if (condition.field->known != event::Known::with_event) continue;
    answers |= static_cast<uint64_t>(condition.evaluate(event)) << at;
    at += 2;
  }
  return answers;
}

Tribool Program::evaluate(uint64_t answers, const event::Event& trail) const {
  // Where each condition's answer is.
  std::array<uint32_t, kMostOfEvent> of_event{};
  size_t count = 0;
  for (size_t i = 0; i < conditions.size() && count < kMostOfEvent; i++)
    if (conditions[i].field->known == event::Known::with_event) of_event[count++] = static_cast<uint32_t>(i);
  return evaluate([&](uint32_t condition) {
    const auto& asked = conditions[condition];
    if (asked.field->known != event::Known::with_event) return asked.evaluate(trail);
    const auto* at = std::find(of_event.begin(), of_event.begin() + count, condition);
    return static_cast<Tribool>(answers >> (2 * (at - of_event.begin())) & 3);
  });
}

}  // namespace skbtrail::filter::where
