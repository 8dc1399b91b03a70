#include "probe/result_rules.h"

#include <unordered_map>

#include "text/lines.h"

namespace skbtrail::probe {

namespace {

using event::ResultMeaning;

// include/linux/netdevice.h. NET_RX_DROP and NET_XMIT_DROP are the same number, and what receives may also send.
constexpr ValueName kReceived[] = {{0, "NET_RX_SUCCESS"}, {1, "NET_RX_DROP"}, {2, "NET_XMIT_CN"}};
constexpr ValueName kSent[] = {{0, "NET_XMIT_SUCCESS"}, {1, "NET_XMIT_DROP"}, {2, "NET_XMIT_CN"}};
// Where 0 is also returned for what was stolen, queued by netfilter or dropped, and so says nothing.
constexpr ValueName kNotReceived[] = {{1, "NET_RX_DROP"}, {2, "NET_XMIT_CN"}};
constexpr ValueName kNotSent[] = {{1, "NET_XMIT_DROP"}, {2, "NET_XMIT_CN"}};
constexpr ValueName kForwarded[] = {{1, "NET_RX_DROP or NET_XMIT_DROP"}, {2, "NET_XMIT_CN"}};
// A driver's: enum netdev_tx, and what devices on top of others hand on from them (netdevice.h, "Transmit return
// codes").
constexpr ValueName kTransmitted[] = {{1, "NET_XMIT_DROP"}, {2, "NET_XMIT_CN"}};
constexpr ValueName kTransmittedDirectly[] = {
    {0, "NETDEV_TX_OK"}, {1, "NET_XMIT_DROP"}, {2, "NET_XMIT_CN"}, {16, "NETDEV_TX_BUSY"}};
// nf_hook_slow(), net/netfilter/core.c.
constexpr ValueName kHooked[] = {{1, "accepted"}, {0, "stolen or queued"}};
// include/uapi/linux/netfilter.h.
constexpr ValueName kTracked[] = {{0, "NF_DROP"}, {1, "NF_ACCEPT"}, {-1, "-NF_ACCEPT"}, {-4, "-NF_REPEAT"}};
// include/net/ip_tunnels.h, include/net/inet_frag.h or net/ipv4/inet_fragment.c, net/packet/af_packet.c.
constexpr ValueName kTunnelReceived[] = {{0, "PACKET_RCVD"}, {1, "PACKET_REJECT"}, {2, "PACKET_NEXT"}};
constexpr ValueName kFragment[] = {{0, "IPFRAG_OK"}, {1, "IPFRAG_DUP"}, {2, "IPFRAG_OVERLAP"}};
constexpr ValueName kRoom[] = {{0, "ROOM_NONE"}, {1, "ROOM_LOW"}, {2, "ROOM_NORMAL"}};
constexpr ValueName kBool[] = {{0, "false"}, {1, "true"}};

constexpr ResultRule kRules[] = {
    // nf_hook() and nf_hook_slow(), net/netfilter/core.c: with 1 the caller goes on with okfn().
    {"int", "nf_hook_slow __ip_local_out __ip6_local_out", ResultMeaning::error, kHooked, ""},

    // net/core/dev.c: what the documentation of netif_rx() and netif_receive_skb() promises.
    {"int",
     "netif_rx __netif_rx netif_rx_ni netif_rx_internal enqueue_to_backlog netif_receive_skb netif_receive_skb_core "
     "__netif_receive_skb __netif_receive_skb_one_core gro_cells_receive dev_forward_skb "
     "br_netif_receive_skb arp_process ip_rcv_finish ip6_rcv_finish "
     "ip_rcv_finish_core icmp_rcv",
     ResultMeaning::error, kReceived, ""},
    // __netif_receive_skb_core(), net/core/dev.c: `ret` begins as NET_RX_DROP and is left so where the packet goes back
    // to
    // the caller, which delivers it to its last protocol; so neither value says what became of it. packet_rcv() and the
    // like, net/packet/af_packet.c, return 0 whatever they did.
    {"int",
     "__netif_receive_skb_core packet_rcv packet_rcv_spkt packet_rcv_fanout tpacket_rcv",
     ResultMeaning::number,
     {},
     ""},
    // NF_HOOK() in front of them: the errno of a dropped packet is -EPERM mostly; 0 where it was stolen or queued, too.
    {"int", "br_pass_frame_up br_handle_frame_finish __dev_forward_skb __dev_forward_skb2", ResultMeaning::error,
     kNotReceived, ""},
    // They end in dst_output() or in dst_input().
    {"int",
     "ip_forward ip_forward_finish ip6_forward ip6_forward_finish lwtunnel_input bpf_input seg6_input seg6_local_input",
     ResultMeaning::error, kForwarded, ""},

    // net/core/dev.c, as documented there.
    {"int", "dev_queue_xmit __dev_queue_xmit br_send_bpdu_finish arp_xmit_finish tcf_dev_queue_xmit",
     ResultMeaning::error, kSent, ""},
    {"int", "__dev_direct_xmit packet_direct_xmit", ResultMeaning::error, kTransmittedDirectly, ""},
    // They end in dev_queue_xmit(), mostly after hooks of netfilter, or hand on what came of it.
    {"int",
     "neigh_resolve_output neigh_connected_output neigh_direct_output neigh_hh_output neigh_xmit dst_output "
     "ip_local_out ip_build_and_send_pkt __ip_queue_xmit ip_queue_xmit ip_output ip_mc_output ip_finish_output "
     "__ip_finish_output ip_mc_finish_output ip_finish_output2 ip_fragment ip_do_fragment ip6_local_out ip6_xmit "
     "ip6_output ip6_finish_output ip6_finish_output2 ip6_fragment inet6_csk_xmit igmpv3_sendpack xfrm_output "
     "xfrm_output_resume xfrm_output2 xfrm4_output xfrm6_output __xfrm4_output __xfrm6_output ah_output esp_output "
     "esp_output_tail esp6_output esp6_output_tail __tcp_transmit_skb tcp_retransmit_skb __tcp_retransmit_skb "
     "tcp_connect sctp_v4_xmit sctp_v6_xmit vrf_output vrf_output6 lwtunnel_output bpf_output seg6_output "
     "br_forward_finish br_nf_pre_routing_finish_bridge br_nf_dev_queue_xmit br_nf_hook_thresh packet_xmit "
     "ipvlan_process_v4_outbound",
     ResultMeaning::error, kNotSent, ""},
    // The same, but they return -1 themselves: tcp_v4_send_synack(), tcp_write_wakeup(), net/ipv4/tcp_output.c.
    {"int", "tcp_v4_send_synack tcp_v6_send_synack tcp_write_wakeup", ResultMeaning::by_type, kNotSent, ""},

    // -EPERM is what netfilter, a filter or a security module answers, or what the program may not do.
    {"int",
     "ip_local_deliver ip6_input ip_send_skb ip_push_pending_frames ip6_send_skb udp_send_skb udp_v6_send_skb "
     "udp_push_pending_frames lwtunnel_xmit bpf_xmit sk_filter_trim_cap tcp_filter security_sock_rcv_skb "
     "sock_queue_rcv_skb_reason sock_queue_rcv_skb inet_create inet_bind inet6_bind inet_listen inet_accept "
     "inet_stream_connect inet_dgram_connect inet_sendmsg inet6_sendmsg inet_recvmsg inet6_recvmsg inet_shutdown "
     "inet_release tcp_sendmsg tcp_sendmsg_locked tcp_recvmsg tcp_v4_connect tcp_v6_connect udp_sendmsg "
     "udpv6_sendmsg udp_recvmsg udpv6_recvmsg raw_sendmsg rawv6_sendmsg ping_v4_sendmsg ping_v6_sendmsg "
     "packet_sendmsg sctp_sendmsg sctp_recvmsg unix_stream_sendmsg unix_dgram_sendmsg wg_socket_send_skb_to_peer "
     "xfrmi_rcv_cb xfrm_rcv_cb",
     ResultMeaning::error,
     {},
     ""},
    // An errno, or on the way out NET_XMIT_* (kernel/bpf/cgroup.c).
    {"int", "__cgroup_bpf_run_filter_skb", ResultMeaning::error, kNotSent, ""},

    // Verdicts without an argument that tells so.
    {"int",
     "__nf_conntrack_confirm nf_ct_resolve_clash __nf_ct_resolve_clash nf_ct_helper ip_vs_in_icmp ip_vs_out_icmp "
     "ip_vs_nat_xmit ip_vs_dr_xmit ip_vs_tunnel_xmit ip_vs_bypass_xmit ip_vs_null_xmit ip_vs_leave ip_vs_nat_xmit_v6 "
     "ip_vs_dr_xmit_v6",
     ResultMeaning::verdict,
     {},
     ""},
    {"unsigned int",
     "nf_nat_packet nf_nat_manip_pkt nf_nat_masquerade_ipv4 nf_nat_masquerade_ipv6 nf_nat_redirect_ipv4 "
     "nf_nat_redirect_ipv6 handle_response nf_confirm ipv4_confirm ipv6_confirm",
     ResultMeaning::verdict,
     {},
     ""},
    // nf_conntrack_handle_packet(), net/netfilter/nf_conntrack_core.c: below zero the verdict is its opposite, and the
    // packet belongs to no connection.
    {"int",
     "nf_conntrack_tcp_packet nf_conntrack_udp_packet nf_conntrack_icmp_packet nf_conntrack_icmpv6_packet "
     "nf_conntrack_sctp_packet nf_conntrack_gre_packet nf_conntrack_dccp_packet nf_conntrack_udplite_packet "
     "nf_conntrack_icmpv4_error nf_conntrack_icmpv6_error nf_conntrack_icmpv6_redirect nf_conntrack_inet_error",
     ResultMeaning::number, kTracked, ""},

    // net/core/dev.c; before 6.6 it was sch_handle_ingress() alone.
    {"int", "tc_run tcf_action_exec", ResultMeaning::action, {}, ""},
    // include/uapi/linux/bpf.h.
    {"int", "do_xdp_generic", ResultMeaning::number, {}, "xdp_action"},
    {"u32", "bpf_prog_run_generic_xdp netif_receive_generic_xdp", ResultMeaning::number, {}, "xdp_action"},
    // bond_handle_frame(), drivers/net/bonding/bond_main.c, hands it on as its own.
    {"int", "bond_rcv_validate bond_3ad_lacpdu_recv rlb_arp_recv", ResultMeaning::number, {}, "rx_handler_result"},

    // ip_protocol_deliver_rcu(), net/ipv4/ip_input.c. (Of IPv6 it is above zero, and says that a header was read.)
    {"int",
     "tcp_v4_rcv udp_rcv udplite_rcv __udp4_lib_rcv udp_unicast_rcv_skb igmp_rcv sctp_rcv tunnel4_rcv tunnel64_rcv",
     ResultMeaning::protocol,
     {},
     ""},
    // udp_queue_rcv_one_skb(), net/ipv4/udp.c, of struct udp_sock's encap_rcv.
    {"int",
     "vxlan_rcv geneve_udp_encap_recv fou_udp_recv gue_udp_recv l2tp_udp_encap_recv wg_receive ovpn_udp_encap_recv "
     "sctp_udp_rcv",
     ResultMeaning::encap,
     {},
     ""},
    // An errno or the negative number of a protocol (transport_finish(), net/ipv4/xfrm4_input.c): the two cannot be
    // told apart.
    {"int",
     "xfrm_input xfrm_input_resume xfrm4_rcv_encap xfrm4_udp_encap_rcv xfrm4_transport_finish xfrm6_rcv_spi "
     "xfrm6_udp_encap_rcv xfrm6_transport_finish",
     ResultMeaning::number,
     {},
     ""},

    // Numbers that are no errno: a CPU or -1 (net/core/dev.c), a drop reason or the opposite of one
    // (net/ipv4/tcp_input.c,
    // and since Linux 6.14 net/ipv4/fib_frontend.c, where it was an errno), and -1 for "dropped" or the number of a
    // protocol (net/ipv4/udp.c).
    {"int",
     "get_rps_cpu fib_validate_source __fib_validate_source tcp_ack tcp_rcv_state_process tcp_child_process "
     "udp_queue_rcv_skb udp_queue_rcv_one_skb udpv6_queue_rcv_skb udpv6_queue_rcv_one_skb fib_multipath_hash "
     "nf_conntrack_update",
     ResultMeaning::number,
     {},
     ""},
    // The length of the header, or its opposite where an address is missing (eth_header(), net/ethernet/eth.c).
    {"int",
     "eth_header vlan_dev_hard_header macvlan_hard_header ipvlan_hard_header team_header_create bond_header_create "
     "ipgre_header ip6gre_header fc_header fddi_header hippi_header arcnet_header plip_hard_header ax25_hard_header "
     "nr_header rose_header",
     ResultMeaning::number,
     {},
     ""},
    {"s32", "tcp_rack_skb_timeout", ResultMeaning::number, {}, ""},

    {"int", "__ipgre_rcv", ResultMeaning::number, kTunnelReceived, ""},
    {"int", "inet_frag_queue_insert", ResultMeaning::number, kFragment, ""},
    {"int", "__packet_rcv_has_room", ResultMeaning::number, kRoom, ""},

    {"__be16", "eth_type_trans vlan_get_protocol_dgram skb_network_protocol", ResultMeaning::ethertype, {}, ""},
};

const std::unordered_map<std::string_view, const ResultRule*>& by_name() {
  static const auto rules = [] {
    std::unordered_map<std::string_view, const ResultRule*> found;
    for (const auto& rule : kRules)
      text::for_each_part(rule.functions, ' ', [&](std::string_view function) { found.emplace(function, &rule); });
    return found;
  }();
  return rules;
}

void add(event::ResultFormat& format, ResultMeaning meaning, std::span<const ValueName> names = {}) {
  format.meaning = meaning;
  for (const auto& [value, name] : names) format.names.emplace(value, name);
}

// Types that say how their values are to be written.
void read_type(event::ResultFormat& format) {
  const std::string& type = format.type;
  if (type == "bool" || type == "_Bool") add(format, ResultMeaning::number, kBool);
  if (type == "__be16" || type == "__be32" || type == "__be64") add(format, ResultMeaning::network);
  if (type == "__sum16" || type == "__wsum" || type == "netdev_features_t") add(format, ResultMeaning::hex);
}

// What the arguments tell.
void read_arguments(const kernel::Function& function, event::ResultFormat& format) {
  const bool verdict = format.type == "unsigned int", number = format.is_signed && format.size == sizeof(int);
  const bool on_bridge = function.name.starts_with("ebt_");
  if (verdict && function.is_target)
    add(format, on_bridge ? ResultMeaning::bridge : ResultMeaning::target);
  else if (verdict && function.is_hook)
    add(format, ResultMeaning::verdict);
  else if (function.is_handler && format.type == "int")
    add(format, ResultMeaning::error, kReceived);
  else if (number && function.is_queueing)
    add(format, ResultMeaning::queueing);
  else if (number && function.is_action)
    add(format, ResultMeaning::action);
  else if (function.result.enumeration == "netdev_tx")
    add(format, ResultMeaning::by_type, kTransmitted);
}

}  // namespace

std::span<const ResultRule> result_rules() {
  return kRules;
}

const ResultRule* result_rule(std::string_view function, std::string_view type) {
  const auto found = by_name().find(function);
  return found != by_name().end() && found->second->type == type ? found->second : nullptr;
}

Result result_of(const kernel::Function& function) {
  const kernel::ResultType& type = function.result;
  Result result{{type.name, type.size, type.is_signed, type.is_pointer}, type.enumeration};
  read_type(result.format);
  if (const ResultRule* rule = result_rule(function.name, type.name)) {
    add(result.format, rule->meaning, rule->names);
    if (!rule->enumeration.empty()) result.enumeration = rule->enumeration;
  } else {
    read_arguments(function, result.format);
  }
  return result;
}

}  // namespace skbtrail::probe
