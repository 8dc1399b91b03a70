#include "output/drop_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "event/benign.h"
#include "packet/protocol_names.h"

namespace skbtrail::output {

namespace {

std::string name_in(const drop_key& key) {
  const auto* name = reinterpret_cast<const char*>(key.name);
  return {name, strnlen(name, sizeof(key.name))};
}

std::string protocol_of(const drop_key& key) {
  const bool v6 = key.protocol == packet::kEtherIpv6;
  if (key.protocol == 0) return "";
  if (key.protocol == packet::kEtherArp) return "arp";
  if (key.protocol != packet::kEtherIpv4 && !v6) {
    const char* name = packet::ethertype_name(key.protocol);
    return name ? name : fmt::format("{:#06x}", key.protocol);
  }
  if (key.next_header == SKBTRAIL_NO_NEXT_HEADER) return v6 ? "ip6" : "ip";
  const char* name = packet::protocol_name(key.next_header);
  const std::string text = name ? name : fmt::format("{}", key.next_header);
  return v6 && !text.ends_with('6') ? text + "6" : text;
}

std::string_view why_benign(const DropRow& row, const event::Names& names) {
  const auto has = [&](drop_trait trait) { return (row.key.traits & trait) != 0; };
  return event::why_benign({.reason = row.reason,
                            .symbol = row.location,
                            .copied_reply = has(DROP_COPIED_REPLY),
                            .only_acknowledges = has(DROP_ONLY_ACKNOWLEDGES),
                            .in_time_wait = has(DROP_TIME_WAIT),
                            .tells_listen_overflow = names.has_drop_reason("TCP_LISTEN_OVERFLOW")});
}

// What a person tells rows apart by.
std::string text_of(const DropRow& row) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", row.is_rest, row.reason, row.location, row.key.netns, row.netns,
                     row.ifname, row.protocol, row.benign);
}

}  // namespace

std::string DropRow::function() const {
  return location.substr(0, location.find('+'));
}

DropRow DropRows::named(const event::CountedDrop& counted) const {
  DropRow row{};
  row.key = counted.key;
  row.packets = counted.count.packets;
  row.bytes = counted.count.bytes;
  row.is_rest = (counted.key.traits & DROP_OTHER) != 0;
  if (row.is_rest) return row;
  if (counted.key.traits & DROP_HAS_REASON) row.reason = names_.name(event::NameKind::drop_reason, counted.key.reason);
  row.location = names_.name(event::NameKind::symbol, counted.key.location);
  if (row.location.empty() && counted.key.location) row.location = fmt::format("{:#x}", counted.key.location);
  if (counted.key.netns) row.netns = names_.name(event::NameKind::netns, counted.key.netns);
  row.ifname = name_in(counted.key);
  row.protocol = protocol_of(counted.key);
  row.benign = why_benign(row, names_);
  return row;
}

void DropRows::add(DropRow row) {
  (row.benign.empty() ? dropped_ : false_alarms_) += row.packets;
  if (row.benign.empty()) dropped_since_ += row.more;
  if (row.key.traits & DROP_INDETERMINATE) indeterminate_ += row.packets;
  const auto [at, is_new] = by_text_.emplace(text_of(row), rows_.size());
  if (is_new) {
    rows_.push_back(std::move(row));
    return;
  }
  rows_[at->second].packets += row.packets;
  rows_[at->second].bytes += row.bytes;
  rows_[at->second].more += row.more;
}

void DropRows::update(std::span<const event::CountedDrop> counted) {
  rows_.clear();
  by_text_.clear();
  dropped_ = dropped_since_ = false_alarms_ = indeterminate_ = 0;
  for (const auto& one : counted) {
    KeyBytes key;
    std::memcpy(key.data(), &one.key, key.size());
    uint64_t& before = before_[key];
    DropRow row = named(one);
    row.more = one.count.packets - std::min<uint64_t>(before, one.count.packets);
    before = one.count.packets;
    add(std::move(row));
  }
  const auto rank = [](const DropRow& row) {
    return std::tuple(!row.benign.empty(), row.is_rest, UINT64_MAX - row.packets, row.reason, row.location, row.netns,
                      row.ifname, row.protocol);
  };
  std::sort(rows_.begin(), rows_.end(), [&](const DropRow& a, const DropRow& b) { return rank(a) < rank(b); });
}

}  // namespace skbtrail::output
