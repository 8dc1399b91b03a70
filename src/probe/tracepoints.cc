#include "probe/tracepoints.h"

#include <algorithm>

#include "event/direction.h"
#include "probe/found_packet.h"
#include "probe/packet_end.h"
#include "probe/probe_name.h"
#include "probe/sent_arguments.h"

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

// What GRO answers is the one argument of these (trail/roles.h has what it means).
bool tells_gro_answer(std::string_view tracepoint) {
  return tracepoint == "napi_gro_receive_exit" || tracepoint == "napi_gro_frags_exit";
}

// The address that freed an skb is the only untyped pointer that skb tracepoints take (kfree_skb; consume_skb
// from 6.3).
uint8_t find_location(const kernel::Tracepoint& tracepoint) {
  return end_at_tracepoint(tracepoint.name) == END_HERE ? find(tracepoint.types, "void *")
                                                        : static_cast<uint8_t>(SKBTRAIL_NO_ARG);
}

}  // namespace

Probe probe_of(const kernel::Tracepoint& tracepoint) {
  const auto& types = tracepoint.types;
  Probe probe{tracepoint.name, tracepoint.module};
  probe_config& config = probe.config;
  config.skb_arg = find(types, "struct sk_buff *");
  config.sk_arg = find(types, "struct sock *");
  config.device_arg = config.result_arg = config.len_arg = SKBTRAIL_NO_ARG;
  config.location_arg = find_location(tracepoint);
  config.reason_arg = find_reason(types);
  config.skb_not_owned = !probe.has_skb() || skb_not_owned(tracepoint.name);
  config.direction = event::direction_at(tracepoint.name);
  config.ends = end_at_tracepoint(tracepoint.name);
  config.sections = rec_sections_at(config.skb_not_owned ? REC_ANY : REC_SKB);
  if (config.skb_not_owned) {
    config.device_arg = find(types, "struct net_device *");
    if (probe.has_skb()) {
      config.result_arg = find(types, "int");
      config.len_arg = find(types, "unsigned int");
    } else if (tells_gro_answer(tracepoint.name)) {
      config.result_arg = find(types, "int");
    }
  }
  if (config.location_arg != SKBTRAIL_NO_ARG || config.reason_arg != SKBTRAIL_NO_ARG)
    config.sections |= REC_SECTION_DROP;
  if (config.result_arg != SKBTRAIL_NO_ARG) config.sections |= REC_SECTION_RESULT;
  find_sent(tracepoint, config);
  if (!probe.has_skb()) find_packet(probe, tracepoint);
  return probe;
}

std::vector<Probe> skb_tracepoints(const kernel::Btf& btf) {
  std::vector<Probe> probes;
  for (const auto& tracepoint : btf.tracepoints())
    if (auto probe = probe_of(tracepoint); probe.has_skb()) probes.push_back(std::move(probe));
  std::sort(probes.begin(), probes.end(), [](const Probe& a, const Probe& b) { return a.name < b.name; });
  return probes;
}

}  // namespace skbtrail::probe
