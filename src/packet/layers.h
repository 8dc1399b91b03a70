// Inside of the room: how the protocol files call each other. Nothing outside src/packet/ includes this.
//
// A protocol is one file with two functions beside each other: dissect_x() reads its header from the cursor
// into its part of Packet and hands on to what follows; append_x() prints that part. To add one:
//   1. its part in packet.h (an optional struct) and its name in Layer;
//   2. x.cc with both functions;
//   3. one row where it is found: kUpperProtocols in upper.cc for an IP protocol, dissect_network() and
//      append_network() in network.cc for an Ethernet type;
//   4. a packet in tests/unit/packet/samples.cc: all tests, the comparison with tcpdump too, then cover it.
//
// dissect_x() stops at the first thing that is wrong and says so with stop(). What it sets, it read in whole.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "packet/cursor.h"
#include "packet/packet.h"
#include "text/append.h"

namespace skbtrail::packet {

void dissect_ethernet(Cursor& cursor, Packet& packet) noexcept;
// Walks over the tags that `ethertype` announces and goes on behind them.
void dissect_vlans(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept;
void dissect_network(Cursor& cursor, Packet& packet) noexcept;  // by Packet::ethertype
void dissect_arp(Cursor& cursor, Packet& packet) noexcept;
void dissect_ipv4(Cursor& cursor, Packet& packet) noexcept;
void dissect_ipv6(Cursor& cursor, Packet& packet) noexcept;
void dissect_upper(Cursor& cursor, Packet& packet) noexcept;  // by Ip::protocol
void dissect_tcp(Cursor& cursor, Packet& packet) noexcept;
void dissect_udp(Cursor& cursor, Packet& packet) noexcept;
void dissect_icmp(Cursor& cursor, Packet& packet) noexcept;
void dissect_icmp6(Cursor& cursor, Packet& packet) noexcept;

void dissect_mpls(Cursor& cursor, Packet& packet) noexcept;
void dissect_pppoe(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept;
void dissect_llc(Cursor& cursor, Packet& packet, uint16_t length) noexcept;  // length: kEtherLlc if unknown
void dissect_stp(Cursor& cursor, Packet& packet) noexcept;
void dissect_lldp(Cursor& cursor, Packet& packet) noexcept;
void dissect_slow(Cursor& cursor, Packet& packet) noexcept;
void dissect_ip_in_ip(Cursor& cursor, Packet& packet) noexcept;
void dissect_mpls_in_ip(Cursor& cursor, Packet& packet) noexcept;
void dissect_gre(Cursor& cursor, Packet& packet) noexcept;
void dissect_ah(Cursor& cursor, Packet& packet) noexcept;
void dissect_esp(Cursor& cursor, Packet& packet) noexcept;
void dissect_esp_in_udp(Cursor& cursor, Packet& packet) noexcept;
void dissect_udp_tunnel(Cursor& cursor, Packet& packet) noexcept;  // by Packet::ports
void dissect_vxlan(Cursor& cursor, Packet& packet, bool extended) noexcept;
void dissect_geneve(Cursor& cursor, Packet& packet) noexcept;

// A packet in `packet` begins at the cursor. `how` is taken but for its offset and length.
void carry(Cursor& cursor, Packet& packet, const Inner& how) noexcept;
// The same by an Ethernet type, among them the one of a whole Ethernet frame.
void carry_ethertype(Cursor& cursor, Packet& packet, Tunnel tunnel, uint16_t ethertype) noexcept;

void append_mpls(fmt::memory_buffer& out, const Packet& packet);
void append_pppoe(fmt::memory_buffer& out, const Packet& packet);
void append_llc(fmt::memory_buffer& out, const Packet& packet);
void append_lldp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_slow(fmt::memory_buffer& out, const Packet& packet);
void append_ip_in_ip(fmt::memory_buffer& out, const Packet& packet);
void append_gre(fmt::memory_buffer& out, const Packet& packet);
void append_ah(fmt::memory_buffer& out, const AuthenticationHeader& ah);
void append_behind_no_ah(fmt::memory_buffer& out, const Packet& packet);
void append_esp(fmt::memory_buffer& out, const Packet& packet);
bool append_udp_tunnel(fmt::memory_buffer& out, const Packet& packet);  // false if it is none
void append_vxlan(fmt::memory_buffer& out, const Packet& packet, const Vxlan& vxlan);
void append_geneve(fmt::memory_buffer& out, const Packet& packet, const Geneve& geneve);

void append_vlans(fmt::memory_buffer& out, const Packet& packet);
void append_network(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_arp(fmt::memory_buffer& out, const Packet& packet);
void append_ip(fmt::memory_buffer& out, const Packet& packet);
void append_extensions(fmt::memory_buffer& out, const Ip& ip);
void append_upper(fmt::memory_buffer& out, const Packet& packet);
void append_tcp(fmt::memory_buffer& out, const Packet& packet);
void append_udp(fmt::memory_buffer& out, const Packet& packet);
void append_icmp(fmt::memory_buffer& out, const Packet& packet);
void append_icmp6(fmt::memory_buffer& out, const Packet& packet);

// Stops where a read of `cursor` failed.
void stop(Packet& packet, Layer layer, const Cursor& cursor) noexcept;
// Stops at a header that contradicts itself.
void stop(Packet& packet, Layer layer, Problem problem, uint32_t found, uint32_t bound) noexcept;

bool is_extension(uint8_t protocol) noexcept;

struct FragmentField {
  uint32_t id = 0;
  uint16_t offset = 0;  // bytes
  bool more = false;
};

// Reads the IPv6 extension header of the kind `protocol` and leaves the number of the next one in `protocol`.
// `fragment` is set by a fragment header only. False, with nothing set, if the bytes end before the header
// does.
[[nodiscard]] bool read_extension(Cursor& cursor, uint8_t& protocol, Extension& extension,
                                  std::optional<FragmentField>& fragment) noexcept;

[[nodiscard]] bool read_ports(Cursor& cursor, std::optional<Ports>& ports) noexcept;
[[nodiscard]] bool read_ipv4_address(Cursor& cursor, IpAddress& address) noexcept;
[[nodiscard]] bool read_ipv6_address(Cursor& cursor, IpAddress& address) noexcept;

// The packet that an ICMP error quotes, up to its ports.
void dissect_quoted_ipv4(Cursor& cursor, Packet& packet) noexcept;
void dissect_quoted_ipv6(Cursor& cursor, Packet& packet) noexcept;

using text::append;
using text::append_number;

void append_known(fmt::memory_buffer& out, std::optional<uint32_t> number);  // or "?"

// ", length N", or nothing if nobody knows.
void append_length(fmt::memory_buffer& out, std::optional<uint32_t> length);

}  // namespace skbtrail::packet
