// Inside of the room: how the protocol files call each other. Nothing outside src/packet/ includes this.
//
// Those are the core: what leads to other headers, and has its part in Packet. Each is a file with two functions beside
// each other: dissect_x() reads its header from the cursor into its part of Packet and hands on to what follows;
// append_x() prints that part. What else is found by a number (a port, an Ethernet type, an IP protocol) is one
// file in protocol/ and nothing else: see protocol.h.
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
// Walks over the tags that `ethertype` announces and goes on after them.
void dissect_vlans(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept;
void dissect_network(Cursor& cursor, Packet& packet) noexcept;  // by Packet::ethertype
void dissect_arp(Cursor& cursor, Packet& packet) noexcept;
void dissect_ipv4(Cursor& cursor, Packet& packet) noexcept;
void dissect_ipv6(Cursor& cursor, Packet& packet) noexcept;
void dissect_upper(Cursor& cursor, Packet& packet) noexcept;  // by Ip::protocol
// The same, where an option of the IP header may be bad: the header's own length says where the next one is. What is
// wrong there is told if nothing else is.
void dissect_after_options(Cursor& cursor, Packet& packet) noexcept;
void dissect_extensions(Cursor& cursor, Packet& packet) noexcept;  // of IPv6, and what is after them
void dissect_tcp(Cursor& cursor, Packet& packet) noexcept;
void dissect_udp(Cursor& cursor, Packet& packet) noexcept;
void dissect_icmp(Cursor& cursor, Packet& packet) noexcept;
void dissect_icmp6(Cursor& cursor, Packet& packet) noexcept;

void dissect_mpls(Cursor& cursor, Packet& packet) noexcept;
void dissect_pppoe(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept;
void dissect_llc(Cursor& cursor, Packet& packet, uint16_t length) noexcept;  // length: kEtherLlc if unknown
void dissect_stp(Cursor& cursor, Packet& packet) noexcept;
void dissect_lldp(Cursor& cursor, Packet& packet) noexcept;
void dissect_ip_in_ip(Cursor& cursor, Packet& packet) noexcept;
void dissect_gre(Cursor& cursor, Packet& packet) noexcept;
void dissect_ah(Cursor& cursor, Packet& packet) noexcept;
void dissect_esp(Cursor& cursor, Packet& packet) noexcept;

// A packet in `packet` begins at the cursor. `how` is taken but for its offset and length.
void carry(Cursor& cursor, Packet& packet, const Inner& how) noexcept;
// The same by an Ethernet type, among them the one of a whole Ethernet frame.
void carry_ethertype(Cursor& cursor, Packet& packet, Tunnel tunnel, uint16_t ethertype) noexcept;

void append_mpls(fmt::memory_buffer& out, const Packet& packet);
void append_pppoe(fmt::memory_buffer& out, const Packet& packet);
void append_llc(fmt::memory_buffer& out, const Packet& packet);
void append_lldp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_ip_in_ip(fmt::memory_buffer& out, const Packet& packet);
void append_gre(fmt::memory_buffer& out, const Packet& packet);
void append_ah(fmt::memory_buffer& out, const AuthenticationHeader& ah);
void append_after_no_ah(fmt::memory_buffer& out, const Packet& packet);
void append_esp(fmt::memory_buffer& out, const Packet& packet);

void append_vlans(fmt::memory_buffer& out, const Packet& packet);
void append_network(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_arp(fmt::memory_buffer& out, const Packet& packet);
void append_ip(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_extensions(fmt::memory_buffer& out, const Ip& ip);
void append_upper(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_tcp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_udp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_icmp(fmt::memory_buffer& out, const Packet& packet);
void append_icmp6(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);

void dissect_igmp(Cursor& cursor, Packet& packet) noexcept;
void dissect_sctp(Cursor& cursor, Packet& packet) noexcept;
void dissect_dccp(Cursor& cursor, Packet& packet) noexcept;
void dissect_udplite(Cursor& cursor, Packet& packet) noexcept;
void append_igmp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_sctp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_dccp(fmt::memory_buffer& out, const Packet& packet);
void append_udplite(fmt::memory_buffer& out, const Packet& packet);

// Group records of IGMP version 3 and MLD version 2: multicast.cc. `count`: as the header says.
void check_group_records(Cursor cursor, Packet& packet, Layer layer, uint8_t ip_version, uint16_t count) noexcept;
void append_group_records(fmt::memory_buffer& out, Cursor records, uint8_t ip_version, uint16_t count);
void append_groups(fmt::memory_buffer& out, Cursor records, uint8_t ip_version, uint16_t count);

// The options of neighbor discovery: neighbor.cc.
void dissect_neighbor(Cursor& cursor, Packet& packet) noexcept;
void append_neighbor(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);

// Bytes that another chose, as at most about `most` characters of one line: escaped, and with "..." if more.
void append_escaped(fmt::memory_buffer& out, Cursor bytes, size_t most);

// The same of a piece of what dissect() read.
void append_piece(fmt::memory_buffer& out, const Bytes& from, const Piece& piece, size_t most);

// A cursor over the bytes that dissect() read, at an offset that it noted.
[[nodiscard]] Cursor cursor_at(const Bytes& from, Offset offset) noexcept;
// The same after the IP header, ending where the IP packet does.
[[nodiscard]] Cursor upper_cursor(const Bytes& from, const Packet& packet) noexcept;

// One option of an IPv4 or a TCP header.
struct Option {
  uint8_t kind = 0;
  uint8_t len = 0;  // in all
  Cursor body;      // after kind and length, ending where the option does
};
enum class OptionRead : uint8_t { option, end, bad };

// Reads the next option from a cursor that ends where the options do; all bytes of them must be there. With `bad`,
// kind and len are as found.
[[nodiscard]] OptionRead read_option(Cursor& options, Option& option) noexcept;

struct Ipv6Option {
  uint8_t kind = 0;
  uint8_t len = 0;     // of what is after kind and length
  uint32_t value = 0;  // of an option with four bytes

  bool is_padding() const noexcept { return kind <= 1; }
};

// From a cursor that ends where the options do. False at their end, and where one leaves them.
[[nodiscard]] bool read_ipv6_option(Cursor& options, Ipv6Option& option) noexcept;

// Walks over all options that are there, up to the first bad one, for which it stops the packet.
void check_options(Packet& packet, Layer layer, Cursor options) noexcept;

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

// What is quoted of TCP, UDP, SCTP, DCCP and ICMP. Without a port in it there is no failure: only false if the copy or
// the quote ends before the first word does.
[[nodiscard]] bool read_quoted_upper(Cursor& cursor, Quoted& quoted) noexcept;
// As it is after the line of an ICMP message.
void append_quoted(fmt::memory_buffer& out, const Icmp& icmp);

// The packet that an ICMP error quotes, up to its ports.
void dissect_quoted_ipv4(Cursor& cursor, Packet& packet) noexcept;
void dissect_quoted_ipv6(Cursor& cursor, Packet& packet) noexcept;

using text::append;
using text::append_number;

void append_known(fmt::memory_buffer& out, std::optional<uint32_t> number);  // or "?"

// ", length N", or nothing if it is not known.
void append_length(fmt::memory_buffer& out, std::optional<uint32_t> length);

}  // namespace skbtrail::packet
