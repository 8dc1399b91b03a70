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

void append_dns_name(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);  // of the first question
void append_dns_type(fmt::memory_buffer& out, uint16_t type);                            // "AAAA", "Type999"
void append_dns_rcode(fmt::memory_buffer& out, uint8_t rcode);                           // "NoError", "NXDomain"
void append_tls_sni(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_tls_alpn(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);

// Of an ICMP error of which nothing but type and code is known: "host unreachable", "time exceeded in-transit".
void append_icmp_error(fmt::memory_buffer& out, uint32_t type, uint32_t code);

const char* ntp_mode_name(uint8_t mode) noexcept;                  // "Client", as tcpdump says it
void append_dhcp_type(fmt::memory_buffer& out, const Dhcp& dhcp);  // "Discover"; of one that has a type
const char* dhcp6_type_name(uint8_t type) noexcept;                // "solicit"
const char* snmp_pdu_name(uint8_t pdu) noexcept;                   // "GetRequest"
void append_snmp_oid(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_syslog_priority(fmt::memory_buffer& out, const Syslog& syslog);  // "daemon.error"
unsigned quic_version(const Quic& quic) noexcept;                            // 1 or 2
void append_quic_dcid(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_http_method(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);  // nothing of an answer
void append_http_host(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);
void append_http_path(fmt::memory_buffer& out, const Bytes& from, const Packet& packet);

}  // namespace skbtrail::packet
