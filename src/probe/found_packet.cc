#include "probe/found_packet.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace skbtrail::probe {

namespace {

struct Row {
  std::string_view name;                     // of the tracepoint
  std::array<std::string_view, 4> pointers;  // types of its arguments in order, of those that are pointers to structs
  uint8_t route_via, neigh_via;
};

constexpr std::string_view kNeighbour = "struct neighbour *";

constexpr Row kRows[] = {
    // include/trace/events/fib.h, fib6.h, of Linux 5.10 to 7.2.
    {"fib_table_lookup", {"", "struct flowi4 *", "struct fib_nh_common *", ""}, ROUTE_FIB, NEIGH_NOTHING},
    {"fib6_table_lookup",
     {"struct net *", "struct fib6_result *", "struct fib6_table *", "struct flowi6 *"},
     ROUTE_FIB6,
     NEIGH_NOTHING},
    // include/trace/events/neigh.h.
    {"neigh_create", {"struct neigh_table *", "struct net_device *", "", kNeighbour}, ROUTE_NOTHING, NEIGH_CREATE},
    {"neigh_update", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_UPDATE},
    {"neigh_update_done", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_CHANGE},
    {"neigh_timer_handler", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_CHANGE},
    {"neigh_event_send_done", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_SEND},
    {"neigh_event_send_dead", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_CHANGE},
    {"neigh_cleanup_and_release", {kNeighbour, "", "", ""}, ROUTE_NOTHING, NEIGH_CHANGE},
};

// A socket's reader is told of what was put into its queue. include/trace/events/sock.h, since Linux 6.3.
constexpr std::string_view kDataReady = "sk_data_ready";

// What is told of these is told while a packet is worked on, if one is.
constexpr std::string_view kOfPackets[] = {"struct sock *", "struct flowi4 *", "struct flowi6 *"};

std::string_view without_const(std::string_view type) {
  constexpr std::string_view kConst = "const ";
  return type.starts_with(kConst) ? type.substr(kConst.size()) : type;
}

bool has_types(const kernel::Tracepoint& tracepoint, const Row& row) {
  for (size_t i = 0; i < row.pointers.size(); i++) {
    if (row.pointers[i].empty()) continue;
    if (i >= tracepoint.types.size() || without_const(tracepoint.types[i]) != row.pointers[i]) return false;
  }
  return true;
}

bool is_of_packets(const kernel::Tracepoint& tracepoint) {
  return std::any_of(tracepoint.types.begin(), tracepoint.types.end(), [](const std::string& type) {
    return std::find(std::begin(kOfPackets), std::end(kOfPackets), without_const(type)) != std::end(kOfPackets);
  });
}

}  // namespace

void find_packet(Probe& probe, const kernel::Tracepoint& tracepoint) {
  probe_config& config = probe.config;
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [&](const Row& r) { return r.name == tracepoint.name && has_types(tracepoint, r); });
  if (row != std::end(kRows)) {
    config.route_via = row->route_via;
    config.neigh_via = row->neigh_via;
  }
  if (config.route_via) config.sections |= REC_SECTION_ROUTE;
  if (config.neigh_via) config.sections |= REC_SECTION_NEIGH;
  if (config.neigh_via && config.neigh_via != NEIGH_CREATE)
    config.skb_via = VIA_NEIGHBOUR;
  else if (tracepoint.name == kDataReady && config.sk_arg != SKBTRAIL_NO_ARG)
    config.skb_via = VIA_QUEUE;
  else if (is_of_packets(tracepoint))
    config.skb_via = VIA_STACK;
  if (probe.finds_skb()) config.sections |= REC_SECTION_BYTES;
}

}  // namespace skbtrail::probe
