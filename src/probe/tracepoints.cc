#include "probe/tracepoints.h"

#include <algorithm>

#include "event/direction.h"
#include "probe/probe_name.h"

namespace skbtrail::probe {

const std::string& Probe::group_name() const {
  return format && !format->group.empty() ? format->group : group;
}

std::string Probe::full_name() const {
  return group_name().empty() ? name : group_name() + ":" + name;
}

bool Probe::is_named_by(const std::string& word) const {
  if (std::find(groups.begin(), groups.end(), word) != groups.end()) return true;
  return names_probe(word, group_name(), name);
}

namespace {

constexpr std::string_view kResetReason = "enum sk_rst_reason";

// net_dev_xmit is hit after the driver took the skb: over veth the receiver has it by then, and may have freed it.
bool skb_not_owned(std::string_view tracepoint) {
  return tracepoint == "net_dev_xmit";
}

std::string_view without_const(std::string_view type) {
  constexpr std::string_view kConst = "const ";
  return type.starts_with(kConst) ? type.substr(kConst.size()) : type;
}

uint8_t find(const std::vector<std::string>& types, std::string_view wanted) {
  for (size_t i = 0; i < types.size(); i++)
    if (without_const(types[i]) == wanted) return static_cast<uint8_t>(i);
  return SKBTRAIL_NO_ARG;
}

// skb_drop_reason, or a subsystem's own (qdisc_drop_reason from 7.0 on), numbered in the same 32 bits.
uint8_t find_reason(const std::vector<std::string>& types) {
  for (size_t i = 0; i < types.size(); i++)
    if (types[i].starts_with("enum ") && types[i].ends_with("drop_reason")) return static_cast<uint8_t>(i);
  return SKBTRAIL_NO_ARG;
}

// The skb is freed behind it.
bool is_end(std::string_view tracepoint) {
  return tracepoint == "kfree_skb" || tracepoint == "consume_skb";
}

// The address that freed an skb is the only untyped pointer that skb tracepoints take (kfree_skb; consume_skb
// from 6.3).
uint8_t find_location(const kernel::Tracepoint& tracepoint) {
  return is_end(tracepoint.name) ? find(tracepoint.types, "void *") : static_cast<uint8_t>(SKBTRAIL_NO_ARG);
}

// icmp_send's type and code stand behind each other; tcp_send_reset tells why since Linux 6.10.
void find_sent(const kernel::Tracepoint& tracepoint, probe_config& places) {
  places.sent_arg = places.sent_code_arg = SKBTRAIL_NO_ARG;
  const auto& types = tracepoint.types;
  if (tracepoint.name == "tcp_send_reset") places.sent_arg = find(types, kResetReason);
  const auto type = tracepoint.name == "icmp_send" ? find(types, "int") : uint8_t{SKBTRAIL_NO_ARG};
  if (type != SKBTRAIL_NO_ARG && type + 1u < types.size() && types[type + 1u] == "int") {
    places.sent_arg = type;
    places.sent_code_arg = static_cast<uint8_t>(type + 1);
  }
  if (places.sent_arg != SKBTRAIL_NO_ARG) places.sections |= REC_SECTION_SENT;
}

}  // namespace

Probe probe_of(const kernel::Tracepoint& tracepoint) {
  const auto& types = tracepoint.types;
  Probe probe{tracepoint.name, tracepoint.module};
  probe_config& places = probe.places;
  places.skb_arg = find(types, "struct sk_buff *");
  places.sk_arg = find(types, "struct sock *");
  places.device_arg = places.result_arg = places.len_arg = SKBTRAIL_NO_ARG;
  places.location_arg = find_location(tracepoint);
  places.reason_arg = find_reason(types);
  places.skb_not_owned = !probe.has_skb() || skb_not_owned(tracepoint.name);
  places.direction = event::direction_at(tracepoint.name);
  places.ends = is_end(tracepoint.name);
  places.sections = rec_sections_at(places.skb_not_owned ? REC_ANY : REC_SKB);
  if (places.skb_not_owned) {
    places.device_arg = find(types, "struct net_device *");
    if (probe.has_skb()) {
      places.result_arg = find(types, "int");
      places.len_arg = find(types, "unsigned int");
    }
  }
  if (places.location_arg != SKBTRAIL_NO_ARG || places.reason_arg != SKBTRAIL_NO_ARG)
    places.sections |= REC_SECTION_DROP;
  if (places.result_arg != SKBTRAIL_NO_ARG) places.sections |= REC_SECTION_RESULT;
  find_sent(tracepoint, places);
  return probe;
}

void name_reset_reasons(Probe& probe, const kernel::Btf& btf) {
  if (!(probe.places.sections & REC_SECTION_SENT) || probe.places.sent_code_arg != SKBTRAIL_NO_ARG) return;
  constexpr std::string_view kEnum = "enum ", kPrefix = "SK_RST_REASON_";
  event::ResetReasons names;
  for (const auto& [value, name] : btf.enumerators(kResetReason.substr(kEnum.size())))
    names.emplace(static_cast<uint32_t>(value), name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name);
  probe.reset_reasons = std::make_shared<event::ResetReasons>(std::move(names));
}

std::vector<Probe> skb_tracepoints(const kernel::Btf& btf) {
  std::vector<Probe> probes;
  for (const auto& tracepoint : btf.tracepoints())
    if (auto probe = probe_of(tracepoint); probe.has_skb()) probes.push_back(std::move(probe));
  std::sort(probes.begin(), probes.end(), [](const Probe& a, const Probe& b) { return a.name < b.name; });
  return probes;
}

}  // namespace skbtrail::probe
