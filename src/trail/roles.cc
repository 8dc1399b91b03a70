#include "trail/roles.h"

#include <algorithm>
#include <iterator>

#include "event/event.h"

namespace skbtrail::trail {

namespace {

struct Row {
  std::string_view name;
  Role role;
  bool once = false;
  bool of_tracepoint = false;  // alone: the function of this name means something else
};

constexpr Row kRows[] = {
    {"net_dev_queue", Role::queues, true},
    {"__dev_queue_xmit", Role::queues, true},
    {"dev_queue_xmit", Role::queues},
    {"net_dev_start_xmit", Role::starts_xmit, true},
    {"dev_hard_start_xmit", Role::starts_xmit},
    {"net_dev_xmit", Role::ends_xmit},
    {"napi_gro_receive_entry", Role::starts_gro, true},
    {"napi_gro_frags_entry", Role::starts_gro, true},
    {"napi_gro_receive", Role::receives},
    {"gro_receive_skb", Role::receives},
    {"napi_gro_receive_exit", Role::ends_gro},
    {"napi_gro_frags_exit", Role::ends_gro},
    {"netif_rx_entry", Role::receives, true},
    {"netif_rx_ni_entry", Role::receives, true},
    {"netif_rx", Role::receives, true},
    {"netif_rx_internal", Role::receives},
    {"netif_receive_skb_entry", Role::receives, true},
    {"netif_receive_skb_list_entry", Role::receives, true},
    {"netif_receive_skb", Role::receives, true},
    {"__netif_receive_skb_core", Role::receives},
    {"enqueue_to_backlog", Role::receives},
    {"ip_rcv", Role::handles},
    {"ipv6_rcv", Role::handles},
    {"arp_rcv", Role::handles},
    {"ip_local_deliver_finish", Role::handles},
    {"ip6_input", Role::handles},
    {"icmp_rcv", Role::handles},
    {"icmpv6_rcv", Role::handles},
    {"udp_rcv", Role::handles},
    {"udpv6_rcv", Role::handles},
    {"tcp_v4_rcv", Role::handles},
    {"tcp_v6_rcv", Role::handles},
    {"tcp_probe", Role::accepts},  // at the begin of tcp_rcv_established(), net/ipv4/tcp_input.c
    {"tcp_rcv_established", Role::accepts},
    {"napi_skb_free_stolen_head", Role::merges},
    {"kfree_skb", Role::kfree, false, true},
    {"consume_skb", Role::consume, false, true},
    {"skb_copy_datagram_iovec", Role::reads},
    {"skb_copy_datagram_iter", Role::reads},
    {"skb_attempt_defer_free", Role::reads},
    {"skb_consume_udp", Role::reads},
    {"sock_recv_length", Role::reads},
    {"sk_data_ready", Role::wakes},
    {"sock_def_readable", Role::wakes},
    {"tcp_queue_rcv", Role::wakes},
    {"__udp_enqueue_schedule_skb", Role::wakes},
    {"sock_queue_rcv_skb", Role::wakes},
    {"sock_queue_rcv_skb_reason", Role::wakes},
    {"tun_net_xmit", Role::to_program},
    {"tun_do_read", Role::to_program},
    {"packet_rcv", Role::captures},
    {"tpacket_rcv", Role::captures},
    {"skb_try_coalesce", Role::coalesces, false, true},  // as bpf/merges.h tells of it
};

}  // namespace

Mark mark_of(std::string_view probe, bool is_function) {
  probe = probe.substr(0, probe.find('.'));  // of a copy that the compiler made
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.name == probe; });
  if (row == std::end(kRows) || (is_function && row->of_tracepoint)) return {};
  return {row->role, static_cast<uint8_t>(row->once ? row - std::begin(kRows) + 1 : 0)};
}

Mark Marks::look_up(uint16_t probe, const event::Names& names) {
  if (probe == event::kUnknownProbe) return {};
  if (probe >= known_.size()) {
    known_.resize(probe + 1u);
    is_known_.resize(probe + 1u);
  }
  known_[probe] = mark_of(names.probe(probe), names.result(probe) != nullptr);
  is_known_[probe] = 1;
  return known_[probe];
}

}  // namespace skbtrail::trail
