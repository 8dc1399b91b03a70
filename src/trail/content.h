// What of a packet's bytes tells whether two events saw the same packet, and what became different on the way.
//
// Addresses and ports are rewritten by NAT, the TTL by a router, and tunnels put headers in front; what stays is the IP
// identification, the sequence number and what the payload begins with. Two looks are compared by those alone, from the
// innermost packet out, so that a packet stays one through NAT, encapsulation and fragmentation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "event/event.h"
#include "packet/packet.h"

namespace skbtrail::trail {

// Of one packet of those that are in one another. Of ARP, src and dst are sender and target.
struct Headers {
  packet::IpAddress src, dst;  // version 0: none
  uint16_t sport = 0, dport = 0;
  uint8_t protocol = 0;
  uint8_t ttl = 0;
  uint8_t type = 0;     // of ICMP
  uint8_t control = 0;  // of TCP: its SYN, FIN and RST, as TcpFlag has them
  bool has_ports = false;
  bool is_echo = false;
  bool has_id = false, has_sequence = false;
  bool is_fragment = false;
  uint16_t fragment_offset = 0;  // bytes
  uint32_t id = 0;               // IPv4: not 0; IPv6: of a fragment
  uint32_t total_len = 0;        // with the IP header; 0: not known
  uint32_t sequence = 0;         // TCP; ICMP echo; the operation of ARP
  uint8_t payload_known = 0;     // bytes
  std::array<uint8_t, 16> payload{};

  [[nodiscard]] bool has_same_ends(const Headers& other) const {
    return src == other.src && dst == other.dst && has_ports == other.has_ports && sport == other.sport &&
           dport == other.dport;
  }
  // Something in it is another one's only by chance, in a packet of the next seconds.
  [[nodiscard]] bool tells_packets_apart() const { return has_id || is_echo; }
};

struct Look {
  static constexpr uint32_t kNoVni = UINT32_MAX;

  Headers inner;  // the innermost packet, of those that can be seen
  Headers outer;  // the outermost, where there are several
  uint8_t layers = 0;
  bool made = false;  // the headers were made of what the socket knows: they tell the flow, and no packet
  uint16_t ethertype = 0;
  uint32_t vni = kNoVni;
  std::array<char, 22> tunnels{};  // "vxlan"
  uint8_t vlan_count = 0;
  std::array<uint16_t, 2> vlans{};  // outermost first

  [[nodiscard]] bool is_packet() const { return layers > 0 && !made; }
  [[nodiscard]] std::string_view tunnel_names() const { return tunnels.data(); }
};

// Of an event without bytes: a look with no layers.
Look look_at(const event::Event& event);

enum class Same : uint8_t { no, unknown, yes };

// Unknown: nothing differs, but other packets look like it, too; or there is nothing to compare.
Same same_packet(const Look& a, const Look& b);

// What a packet is found by that has another skb's address; 0: nothing tells it from others. Equal for all fragments of
// a datagram.
uint64_t key_of(const Headers& headers);

// Of the bytes and all that they are read by: equal digests are equal looks.
uint64_t digest_of(const event::Event& event);

}  // namespace skbtrail::trail
