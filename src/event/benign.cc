#include "event/benign.h"

#include <algorithm>
#include <array>

namespace skbtrail::event {

namespace {

constexpr std::array<std::string_view, 5> kReasons = {"NO_SOCKET", "SOCKET_FILTER", "NOT_SPECIFIED", "SOCKET_CLOSE",
                                                      "QUEUE_PURGE"};
constexpr std::array<std::string_view, 3> kPingFunctions = {"ping_rcv", "icmp_rcv", "icmpv6_rcv"};
constexpr std::array<std::string_view, 4> kRawFunctions = {"raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb"};
constexpr std::array<std::string_view, 2> kTcpFunctions = {"tcp_v4_rcv", "tcp_v6_rcv"};
// Frees the skbs that another one consists of (frag_list), and that one's end has an event of its own: a datagram of
// fragments that was read would be as many drops.
constexpr std::string_view kFreesParts = "skb_release_data";
constexpr std::array<std::string_view, 8> kDestructors = {
    "inet_sock_destruct",   "sk_stream_kill_queues", "udp_destruct_common",   "__sk_destruct",
    "packet_sock_destruct", "unix_sock_destructor",  "netlink_sock_destruct", "sk_destruct"};
// Empty any queue: that of a device, or of a socket's errors.
constexpr std::array<std::string_view, 2> kQueuePurges = {"skb_queue_purge_reason", "skb_queue_purge"};

template <size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "inet_sock_destruct" of "inet_sock_destruct+0x2f [module]".
std::string_view function_of(std::string_view symbol) {
  return symbol.substr(0, symbol.find_first_of("+. "));
}

// Of MLD and neighbor discovery: sent to all that may be in a group, and meant for those that are (RFC 2710, 3810,
// 4861).
bool is_neighbor_message(const Event& event) {
  constexpr std::array<uint8_t, 9> kTypes = {130, 131, 132, 133, 134, 135, 136, 137, 143};
  const packet::Packet* packet = event.packet();
  return packet && packet->icmp && packet->icmp->v6 &&
         std::find(kTypes.begin(), kTypes.end(), packet->icmp->type) != kTypes.end();
}

// ICMP that tells a socket what became of what it sent: it is put into the queue of its errors, where few look.
bool is_error_for_a_socket(const Event& event) {
  const packet::Packet* packet = event.packet();
  return packet && packet->icmp && packet->icmp->is_error() && event.core->sk != 0;
}

bool is_echo_reply(const Event& event) {
  const packet::Packet* packet = event.packet();
  return packet && packet->icmp && packet->icmp->is_echo() && !packet->icmp->is_echo_request();
}

// A FIN or an ACK, and nothing that anybody would miss. pkt_type 0 is PACKET_HOST.
bool only_acknowledges(const Event& event) {
  constexpr uint16_t kSyn = 2;
  const packet::Packet* packet = event.packet();
  return packet && packet->tcp && !(packet->tcp->flags & kSyn) && packet->payload_len == 0u && event.knows_pkt_type() &&
         event.core->pkt_type == 0;
}

// Of others nothing more has to be looked at.
bool may_be_benign(std::string_view reason) {
  return reason.empty() || is_one_of(kReasons, reason);
}

}  // namespace

std::string_view why_benign(const DropFacts& drop) {
  const auto function = function_of(drop.symbol);
  if (drop.reason == "NO_SOCKET") {
    if (!drop.copied_reply || !is_one_of(kPingFunctions, function)) return "";
    return "no ping socket, but a raw socket or a capture got a copy";
  }
  if (drop.reason == "SOCKET_FILTER")
    return is_one_of(kRawFunctions, function) ? "a copy for a raw socket, whose filter refused it" : "";
  if ((drop.reason == "NOT_SPECIFIED" || drop.reason.empty()) && is_one_of(kTcpFunctions, function)) {
    // Without reasons, what is not known to be of such a connection may be anything.
    const bool alone = drop.tells_listen_overflow && !drop.reason.empty();
    return drop.only_acknowledges && (drop.in_time_wait || alone)
               ? "its connection is in TIME_WAIT, which took note of it"
               : "";
  }
  // It frees what ipv6_chk_mcast_addr() does not know (net/ipv6/ip6_input.c, 5.10 to 7.2).
  if ((drop.reason == "NOT_SPECIFIED" || drop.reason.empty()) && function == "ip6_mc_input")
    return drop.neighbor_message ? "to a group of neighbors that this device is not in" : "";
  // In FIN_WAIT1, CLOSING and LAST_ACK an acknowledgement is discarded after what it did (net/ipv4/tcp_input.c, 6.18).
  if (drop.reason == "NOT_SPECIFIED" && function == "tcp_rcv_state_process" && drop.only_acknowledges)
    return "the last of its connection, which took note of it";
  if (drop.reason == "NOT_SPECIFIED" && function == kFreesParts) return "freed with the packet that it is part of";
  // Kernels before 6.6 have no reason of its own for it.
  if (drop.reason == "SOCKET_CLOSE") return "unread when its socket was closed";
  if (drop.reason != "QUEUE_PURGE" && drop.reason != "NOT_SPECIFIED" && !drop.reason.empty()) return "";
  const bool of_socket =
      is_one_of(kDestructors, function) || (drop.error_for_socket && is_one_of(kQueuePurges, function));
  return of_socket ? "unread when its socket was closed" : "";
}

std::string_view why_benign(const Event& event) {
  if (!event.is_freed_as_dropped()) return "";
  DropFacts drop{};
  if (event.drop->has_reason) drop.reason = event.names->name(NameKind::drop_reason, event.drop->reason);
  if (!may_be_benign(drop.reason)) return "";
  drop.symbol = event.names->name(NameKind::symbol, event.drop->location);
  drop.copied_reply = event.drop->cloned && is_echo_reply(event);
  drop.only_acknowledges = only_acknowledges(event);
  drop.neighbor_message = is_neighbor_message(event);
  drop.error_for_socket = is_error_for_a_socket(event);
  drop.in_time_wait = event.drop->time_wait != 0;
  drop.tells_listen_overflow = event.names->has_drop_reason("TCP_LISTEN_OVERFLOW");
  return why_benign(drop);
}

}  // namespace skbtrail::event
