// What the short options ask of a packet, understood (filter/packet_options.h), and the filter that it becomes.
//
// The filter sees through VLAN tags, IPv6 extension headers and the authentication header. What it walks:
//
//   | Ethernet | tags, up to 4 | IPv4  | AH, one                   | TCP, UDP, ICMP, ...
//                              | IPv6  | up to 8 of these:         |
//                                        hop-by-hop, routing, fragment, AH, destination options, mobility, HIP, shim6
//                              | ARP, RARP
//
// as far as packet::dissect() does, so that what is shown as a packet's ports is what was asked for. Nothing is looked
// for after ESP, and in a later fragment there are neither ports nor further headers. A byte that is not there is
// "no match", as everywhere in classic BPF (filter/classic.h).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "filter/addresses.h"
#include "filter/flow_graph.h"
#include "filter/numbers.h"
#include "filter/tcp_flags.h"

namespace skbtrail::filter {

// IP protocols.
constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kDccp = 33, kIcmp6 = 58, kSctp = 132, kUdpLite = 136;

struct PacketConditions {
  // Of each, one network holds the address.
  struct Addresses {
    Side side;
    std::vector<Network> networks;
  };
  std::vector<Addresses> addresses;

  // One of these it is.
  bool arp = false, rarp = false, any_ipv4 = false, any_ipv6 = false;
  std::set<uint8_t> over_ipv4, over_ipv6;  // IP protocols

  // Those of the protocols that have any have these as well.
  struct Ports {
    Side side;
    std::vector<NumberRange> ranges;  // one of them
  };
  std::vector<Ports> ports;  // of TCP, UDP, SCTP, DCCP, UDP-Lite
  std::optional<std::vector<NumberRange>> echo_ids;
  std::optional<TcpFlags> tcp_flags;
};

FlowGraph graph_of(const PacketConditions& conditions);

}  // namespace skbtrail::filter
