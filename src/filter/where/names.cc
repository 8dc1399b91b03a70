#include "filter/where/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "event/trail_values.h"
#include "filter/where/glob.h"
#include "filter/where/words.h"
#include "packet/protocol_names.h"
#include "text/nearest.h"

namespace skbtrail::filter::where {

namespace {

std::vector<std::string> protocols() {
  std::vector<std::string> all{"arp"};
  for (int number = 0; number <= UINT8_MAX; number++)
    if (const char* name = packet::protocol_name(static_cast<uint8_t>(number))) all.emplace_back(name);
  return all;
}

// Decimal, or hexadecimal after 0x.
std::optional<unsigned> number_in(std::string_view text, unsigned most) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  unsigned number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

// After the subsystem: "LAST_ACTION" of "openvswitch:LAST_ACTION".
std::string_view own_part(std::string_view name) {
  return name.substr(name.find(':') + 1);
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return same(text.substr(0, prefix.size()), prefix, Case::ignored);
}

}  // namespace

// The names are in src/event/fields.cc; a test holds these to what its getters yield.
std::optional<NameSet> NameSet::of(const event::Field& field, const KnownNames& known) {
  NameSet set;
  if (field.name == "drop_reason" || field.name == "trail.drop_reason") {
    set.names_ = known.drop_reasons;
    set.prefixes_ = {"SKB_DROP_REASON_", "SKB_"};
    set.numbers_ = Unnamed::drop_reason;
  } else if (field.name == "func") {
    set.names_ = known.probes;
  } else if (field.name == "context") {
    set.names_ = {"process", "softirq", "hardirq", "interrupt"};
  } else if (field.name == "pkt_type") {
    set.names_ = {"host", "broadcast", "multicast", "otherhost", "outgoing", "loopback", "user", "kernel"};
    set.prefixes_ = {"PACKET_"};
  } else if (field.name == "direction") {
    set.names_ = {"in", "out"};
  } else if (field.name == "checksum") {
    set.names_ = {"none", "unnecessary", "complete", "partial"};
    set.prefixes_ = {"CHECKSUM_"};
  } else if (field.name == "proto" || field.name == "inner_proto") {
    set.names_ = protocols();
    set.prefixes_ = {"IPPROTO_"};
    set.numbers_ = Unnamed::protocol;
  } else if (field.name == "trail.fate") {
    set.names_ = {event::kFates.begin(), event::kFates.end()};
  } else if (field.name == "arp_op") {
    set.names_ = {"request", "reply"};
    set.prefixes_ = {"ARPOP_"};
    set.numbers_ = Unnamed::arp_op;
  } else {
    return std::nullopt;
  }
  return set;
}

// A name without its subsystem is enough where only one has it.
std::optional<std::string> NameSet::named(std::string_view name) const {
  const std::string* only = nullptr;
  for (const auto& one : names_) {
    if (same(one, name, Case::ignored)) return one;
    if (!same(own_part(one), name, Case::ignored)) continue;
    if (only) return std::nullopt;
    only = &one;
  }
  return only ? std::optional(*only) : std::nullopt;
}

std::optional<std::string> NameSet::unnamed(std::string_view written) const {
  const std::string name = lower(written);
  switch (numbers_) {
    case Unnamed::none: break;
    case Unnamed::drop_reason:
      if (name.starts_with("reason-0x") && number_in(std::string_view(name).substr(7), UINT32_MAX)) return name;
      break;
    case Unnamed::protocol:
      if (auto number = number_in(name, UINT8_MAX)) {
        const char* known = packet::protocol_name(static_cast<uint8_t>(*number));
        return known ? std::string(known) : fmt::to_string(*number);
      }
      break;
    case Unnamed::arp_op:
      if (auto number = number_in(name, UINT16_MAX))
        return *number == 1 || *number == 2 ? names_[*number - 1] : fmt::to_string(*number);
      break;
  }
  return std::nullopt;
}

std::optional<std::string> NameSet::find(std::string_view written) const {
  // A name of two words may be written as one: not_known.
  std::string apart(written);
  std::replace(apart.begin(), apart.end(), '_', ' ');
  if (apart != written)
    if (auto name = named(apart)) return name;
  if (auto number = unnamed(written)) return number;
  if (!names_.empty())
    if (auto name = named(written)) return name;
  for (std::string_view prefix : prefixes_) {
    if (!starts_with(written, prefix)) continue;
    if (names_.empty()) return std::string(written.substr(prefix.size()));
    if (auto name = named(written.substr(prefix.size()))) return name;
  }
  if (names_.empty()) return std::string(written);
  // "OVS_DROP_LAST_ACTION": in front of _DROP_ a subsystem names itself.
  if (const size_t drop = written.find("_DROP_"); numbers_ == Unnamed::drop_reason && drop != std::string_view::npos)
    return named(written.substr(drop + 6));
  return std::nullopt;
}

bool NameSet::may_match(std::string_view glob) const {
  if (names_.empty() || numbers_ == Unnamed::protocol || numbers_ == Unnamed::arp_op) return true;
  if (numbers_ == Unnamed::drop_reason && starts_with(glob, "reason-")) return true;
  for (const auto& name : names_)
    if (matches(glob, name, Case::ignored)) return true;
  return false;
}

std::string NameSet::hint(std::string_view written) const {
  constexpr size_t kFew = 12;
  std::string_view name = written;
  for (std::string_view prefix : prefixes_)
    if (starts_with(name, prefix)) name.remove_prefix(prefix.size());
  std::vector<std::string> lowered;
  for (const auto& one : names_) lowered.push_back(lower(one));
  const std::string near = text::nearest(lower(name), lowered);
  for (const auto& one : names_)
    if (!near.empty() && lower(one) == near) return fmt::format("; did you mean {}?", one);
  if (names_.size() <= kFew) return fmt::format("; it is one of {}", fmt::join(names_, ", "));
  return fmt::format("; it is a name such as {}", fmt::join(names_.begin(), names_.begin() + 4, ", "));
}

}  // namespace skbtrail::filter::where
