// The packet that an ICMP error quotes: what is after its IP header, and how it is printed.
//
// RFC 792 promises 8 bytes of it, RFC 1812 and RFC 4443 as much as fits. A quote that ends early is no fault as long as
// the ports are there: senders are free to quote so little.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kEchoReply = 0, kEchoRequest = 8;
constexpr uint8_t kEchoRequest6 = 128, kEchoReply6 = 129;

bool has_ports(uint8_t protocol) noexcept {
  return protocol == kProtoTcp || protocol == kProtoUdp || protocol == kProtoSctp || protocol == kProtoDccp ||
         protocol == kProtoUdpLite;
}

bool is_echo(uint8_t protocol, uint8_t type) noexcept {
  if (protocol == kProtoIcmp) return type == kEchoReply || type == kEchoRequest;
  return protocol == kProtoIcmp6 && (type == kEchoRequest6 || type == kEchoReply6);
}

// False only if the copy ends; a quote may.
bool read_if_quoted(Cursor& cursor, std::optional<uint32_t>& word) noexcept {
  uint32_t value = 0;
  if (!cursor.read(value)) return cursor.shortage() != Cursor::Shortage::cut;
  word = value;
  return true;
}

void append_end(fmt::memory_buffer& out, const IpAddress& address, const std::optional<Ports>& ports,
                uint16_t Ports::*port) {
  append_address(out, address);
  if (ports) fmt::format_to(fmt::appender(out), ".{}", (*ports).*port);
}

}  // namespace

bool read_quoted_upper(Cursor& cursor, Quoted& quoted) noexcept {
  if (has_ports(quoted.protocol)) {
    if (!read_ports(cursor, quoted.ports)) return false;
    return quoted.protocol != kProtoTcp || read_if_quoted(cursor, quoted.tcp_seq);
  }
  if (quoted.protocol != kProtoIcmp && quoted.protocol != kProtoIcmp6) return true;
  std::optional<uint32_t> type_code_checksum;
  if (!read_if_quoted(cursor, type_code_checksum)) return false;
  if (!type_code_checksum || !is_echo(quoted.protocol, static_cast<uint8_t>(*type_code_checksum >> 24))) return true;
  return read_if_quoted(cursor, quoted.echo);
}

void append_quoted(fmt::memory_buffer& out, const Icmp& icmp) {
  if (!icmp.quoted) return;
  const Quoted& quoted = *icmp.quoted;
  append(out, " (for ");
  append_end(out, quoted.src, quoted.ports, &Ports::src);
  append(out, " > ");
  append_end(out, quoted.dst, quoted.ports, &Ports::dst);
  const char* name = protocol_name(quoted.protocol);
  fmt::format_to(fmt::appender(out), ": {}", name ? name : "ip-proto-");
  if (!name) append_number(out, quoted.protocol);
  if (quoted.tcp_seq) fmt::format_to(fmt::appender(out), ", seq {}", *quoted.tcp_seq);
  if (quoted.echo) fmt::format_to(fmt::appender(out), ", id {}, seq {}", *quoted.echo >> 16, *quoted.echo & 0xffff);
  if (quoted.total_len) fmt::format_to(fmt::appender(out), ", ip length {}", *quoted.total_len);
  append(out, ")");
}

}  // namespace skbtrail::packet
