// Drops that happen while all is well. The kernel frees these skbs as dropped, and nobody misses them.
//
// Sources (Linux 6.18):
// - Raw sockets get their copies before the protocol is asked (ip_protocol_deliver_rcu() in net/ipv4/ip_input.c,
//   raw6_local_deliver() in net/ipv6/raw.c), so of each answer to a `ping` with a raw socket the original goes to
//   ping_rcv() (net/ipv4/ping.c), which finds no ping socket.
// - Every raw socket gets a clone of its own; that of another ping is refused by its filter (raw_rcv_skb() in
//   net/ipv4/raw.c, rawv6_rcv_skb() in net/ipv6/raw.c).
// - A TCP socket keeps the FIN of its peer in its queue, and its destructor throws away what is in there
//   (inet_sock_destruct() in net/ipv4/af_inet.c, sk_stream_kill_queues() in net/core/stream.c).
#pragma once

#include <string_view>

#include "event/event.h"

namespace skbtrail::event {

// Why this drop is nothing wrong; empty where it may be something, and where it is no drop.
std::string_view why_benign(const Event& event);

}  // namespace skbtrail::event
