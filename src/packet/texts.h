// Texts of what a Packet does not hold itself: options, chunks, records and names that are still in the bytes.
//
// `from` is what the packet was dissected from. Each appends nothing where the packet has no such thing, and what was
// copied of it otherwise; lists are joined by commas. Bytes that are not printable ASCII, and the backslash, are
// escaped as \ddd, so that every text is one line.
#pragma once

#include <fmt/format.h>

#include "packet/packet.h"

namespace skbtrail::packet {

void append_tcp_options(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);  // "mss 1460,sackOK"
void append_ip_options(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);   // "RR,NOP"
void append_extension_names(fmt::memory_buffer& out, const Packet& packet);                 // "hbh,routing"

void append_igmp_groups(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_mld_groups(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_sctp_chunks(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
const char* dccp_type_name(uint8_t type) noexcept;  // nullptr if it has none

// Of an ICMP error of which nothing but type and code is known: "host unreachable", "time exceeded in-transit".
void append_icmp_error(fmt::memory_buffer& out, uint32_t type, uint32_t code);
void append_icmp6_error(fmt::memory_buffer& out, uint8_t type, uint8_t code);

}  // namespace skbtrail::packet
