// Drops that happen while all is well. The kernel frees these skbs as dropped, and nothing is lost with them.
//
// Sources (Linux 6.18):
// - Raw sockets get their copies before the protocol is asked (ip_protocol_deliver_rcu() in net/ipv4/ip_input.c,
//   raw6_local_deliver() in net/ipv6/raw.c), so of each answer to a `ping` with a raw socket the original goes to
//   ping_rcv() (net/ipv4/ping.c), which finds no ping socket.
// - Every raw socket gets a clone of its own; that of another ping is refused by its filter (raw_rcv_skb() in
//   net/ipv4/raw.c, rawv6_rcv_skb() in net/ipv6/raw.c).
// - A TCP socket keeps the FIN of its peer in its queue, and its destructor throws away what is in there
//   (inet_sock_destruct() in net/ipv4/af_inet.c, sk_stream_kill_queues() in net/core/stream.c).
// - ICMP errors are put into the error queue of the socket that they are for, which is thrown away with it
//   (sk_stream_kill_queues() in net/core/stream.c calls skb_queue_purge_reason()).
// - MLD, router solicitations and neighbor solicitations go to groups, as frames that every host gets; a host that is
//   not in the group frees them (ip6_mc_input() in net/ipv6/ip6_input.c).
// - What comes for a connection in TIME_WAIT is taken note of, and freed by tcp_v4_rcv() (net/ipv4/tcp_ipv4.c) without
//   a reason: the peer's FIN, where this side closed first. A full listen queue looks the same, unless the kernel has
//   a reason for it (TCP_LISTEN_OVERFLOW), or tells at kfree_skb which socket it was for (Linux 6.11, rx_sk).
#pragma once

#include <string_view>

#include "event/event.h"

namespace skbtrail::event {

// What tells one from a drop.
struct DropFacts {
  std::string_view reason;     // empty: the kernel told none
  std::string_view symbol;     // where it was freed: "icmp_rcv+0x2f"
  bool copied_reply;           // an answer to a ping, of which there are copies
  bool only_acknowledges;      // TCP to this host, without SYN and payload: nothing that anybody would miss
  bool neighbor_message;       // of MLD or neighbor discovery
  bool error_for_socket;       // an ICMP error that a socket has
  bool in_time_wait;           // the kernel says that the socket it was for is in TIME_WAIT
  bool tells_listen_overflow;  // the kernel has a reason of its own for a full listen queue
};

// Why this drop is nothing wrong; empty where it may be something.
std::string_view why_benign(const DropFacts& drop);

// The same of an event; empty where it is no drop.
std::string_view why_benign(const Event& event);

}  // namespace skbtrail::event
