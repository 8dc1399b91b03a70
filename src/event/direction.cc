#include "event/direction.h"

#include <linux/if_packet.h>

#include <algorithm>
#include <array>

#include "event/section/program.h"

namespace skbtrail::event {

namespace {

// Tracepoints and functions, of which a star matches more of the name.
constexpr std::array kIn{"netif_rx*",
                         "netif_receive_skb*",
                         "__netif_receive_skb*",
                         "napi_gro_*",
                         "ip_rcv*",
                         "ip_list_rcv*",
                         "ip_sublist_rcv*",
                         "ip_local_deliver*",
                         "ip_protocol_deliver_rcu",
                         "ipv6_rcv*",
                         "ipv6_list_rcv*",
                         "ip6_sublist_rcv*",
                         "ip6_rcv_*",
                         "ip6_input*",
                         "ip6_protocol_deliver_rcu",
                         "arp_rcv",
                         "tcp_v4_rcv",
                         "tcp_v6_rcv",
                         "tcp_v4_do_rcv",
                         "tcp_v6_do_rcv",
                         "udp_rcv",
                         "udpv6_rcv",
                         "__udp4_lib_rcv",
                         "__udp6_lib_rcv",
                         "icmp_rcv",
                         "icmpv6_rcv",
                         "ping_rcv",
                         "br_handle_frame*",
                         "vlan_do_receive"};
constexpr std::array kOut{"net_dev_queue",
                          "net_dev_start_xmit",
                          "net_dev_xmit",
                          "qdisc_enqueue",
                          "qdisc_dequeue",
                          "dev_queue_xmit*",
                          "__dev_queue_xmit",
                          "__dev_direct_xmit",
                          "dev_hard_start_xmit",
                          "sch_direct_xmit",
                          "validate_xmit_skb*",
                          "ip_output",
                          "ip_mc_output",
                          "ip_finish_output*",
                          "__ip_finish_output*",
                          "ip_local_out",
                          "__ip_local_out",
                          "ip_send_skb",
                          "__ip_queue_xmit",
                          "ip_queue_xmit",
                          "ip6_output",
                          "ip6_finish_output*",
                          "__ip6_finish_output*",
                          "ip6_local_out",
                          "__ip6_local_out",
                          "ip6_send_skb",
                          "ip6_xmit",
                          "arp_xmit*",
                          "neigh_resolve_output",
                          "neigh_connected_output",
                          "neigh_direct_output",
                          "vlan_dev_hard_start_xmit",
                          "__tcp_transmit_skb",
                          "udp_send_skb",
                          "udp_v6_send_skb",
                          "icmp_push_reply"};

bool is_named(std::string_view probe, std::string_view pattern) {
  return pattern.ends_with('*') ? probe.starts_with(pattern.substr(0, pattern.size() - 1)) : probe == pattern;
}

template <size_t Count>
bool is_among(std::string_view probe, const std::array<const char*, Count>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const char* it) { return is_named(probe, it); });
}

}  // namespace

packet_direction direction_at(std::string_view probe) {
  // A copy that the compiler made, "ip_rcv_core.isra.0", lies where the function does.
  probe = probe.substr(0, probe.find('.'));
  if (is_among(probe, kOut)) return DIRECTION_OUT;
  return is_among(probe, kIn) ? DIRECTION_IN : DIRECTION_UNKNOWN;
}

packet_direction direction_of(const Event& event, packet_direction at_probe) {
  if (event.program && is_xdp(*event.program)) return DIRECTION_IN;
  if (at_probe != DIRECTION_UNKNOWN || !event.knows_pkt_type()) return at_probe;
  if (event.core->pkt_type == PACKET_OUTGOING) return DIRECTION_OUT;
  if (event.core->pkt_type != PACKET_HOST || event.has(REC_FLAG_PKT_TYPE)) return DIRECTION_IN;
  return DIRECTION_UNKNOWN;
}

}  // namespace skbtrail::event
