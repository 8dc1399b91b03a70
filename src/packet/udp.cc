// UDP (RFC 768; jumbograms RFC 2675) and UDP-Lite (RFC 3828), which has the length of what its checksum covers in
// place of the datagram's.
//
//    0      2      4        6          8
//   +------+------+--------+----------+--- -
//   | src  | dst  | length | checksum | payload        length: header and payload
//   +------+------+--------+----------+--- -
#include <algorithm>

#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kHeaderLen = 8;
constexpr uint32_t kMaxLengthField = 65535;
constexpr uint16_t kFirstUnprivileged = 1024;

// A datagram larger than the field can tell has 0 there.
uint32_t datagram_length(const Packet& packet) noexcept {
  const uint32_t ip_payload = packet.ip->payload_len.value_or(0);
  return packet.udp->length == 0 && ip_payload > kMaxLengthField ? ip_payload : packet.udp->length;
}

bool between(const Packet& packet, uint16_t port) noexcept {
  return packet.ports->src == port || packet.ports->dst == port;
}

void dissect_service(const Cursor& cursor, Packet& packet, uint16_t port) noexcept {
  switch (port) {
    case kPortDhcpServer:
    case kPortDhcpClient: return dissect_dhcp(cursor, packet);
    case kPortNtp: return dissect_ntp(cursor, packet);
    case kPortSnmp:
    case kPortSnmpTrap: return dissect_snmp(cursor, packet);
    case kPortSyslog: return dissect_syslog(cursor, packet);
    case kPortDhcp6Client:
    case kPortDhcp6Server: return dissect_dhcp6(cursor, packet);
    default: return;
  }
}

bool is_recognized(const Packet& packet) noexcept {
  return !std::holds_alternative<std::monostate>(packet.application);
}

// By what service a message is for, else by whose answer it is.
void dissect_services(const Cursor& cursor, Packet& packet) noexcept {
  const Ports& ports = *packet.ports;
  if (ports.dst < kFirstUnprivileged) dissect_service(cursor, packet, ports.dst);
  if (ports.src < kFirstUnprivileged && !is_recognized(packet)) dissect_service(cursor, packet, ports.src);
}

void dissect_payload(Cursor& cursor, Packet& packet) noexcept {
  if (between(packet, kPortMdns)) return dissect_dns(cursor, packet, true);
  if (between(packet, kPortDns) || between(packet, kPortLlmnr)) return dissect_dns(cursor, packet, false);
  if (between(packet, kPortHttps)) return dissect_quic(cursor, packet, true);
  dissect_services(cursor, packet);
  if (is_recognized(packet)) return;
  const Cursor begin = cursor;
  dissect_udp_tunnel(cursor, packet);
  const bool carries = packet.inner || !std::holds_alternative<std::monostate>(packet.carried);
  if (!carries && !packet.fault) dissect_quic(begin, packet, false);
}

// False if no message was recognized.
bool append_message(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Application& application = packet.application;
  if (!is_recognized(packet)) return false;
  if (const auto* dns = std::get_if<Dns>(&application)) append_dns(out, from, packet, *dns);
  if (const auto* quic = std::get_if<Quic>(&application)) append_quic(out, from, packet, *quic);
  if (const auto* ntp = std::get_if<Ntp>(&application)) append_ntp(out, packet, *ntp);
  if (const auto* dhcp = std::get_if<Dhcp>(&application)) append_dhcp(out, packet, *dhcp);
  if (const auto* dhcp6 = std::get_if<Dhcp6>(&application)) append_dhcp6(out, from, packet, *dhcp6);
  if (const auto* snmp = std::get_if<Snmp>(&application)) append_snmp(out, from, packet, *snmp);
  if (const auto* syslog = std::get_if<Syslog>(&application)) append_syslog(out, from, packet, *syslog);
  return true;
}

}  // namespace

void dissect_udp(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::udp, cursor);
  Udp udp;
  if (!(cursor.read(udp.length) && cursor.read(udp.checksum))) return stop(packet, Layer::udp, cursor);
  packet.udp = udp;
  const uint32_t length = datagram_length(packet);
  const std::optional<uint32_t> ip_payload = packet.ip->payload_len;
  packet.payload_len.reset();
  if (ip_payload && *ip_payload >= kHeaderLen) packet.payload_len = *ip_payload - kHeaderLen;
  if (length < kHeaderLen) return stop(packet, Layer::udp, Problem::bad_length, length, kHeaderLen);
  if (ip_payload && length > *ip_payload && !packet.ip->is_fragment()) {
    return stop(packet, Layer::udp, Problem::bad_length, length, *ip_payload);
  }
  packet.payload_len = std::min(packet.payload_len.value_or(length - kHeaderLen), length - kHeaderLen);
  cursor.narrow(length - kHeaderLen);
  if (!packet.made) dissect_payload(cursor, packet);
}

void append_udp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.udp) return;
  if (packet.fault.problem == Problem::bad_length && packet.fault.layer == Layer::udp) {
    append(out, "UDP");
  } else if (!append_message(out, from, packet) && !append_udp_tunnel(out, packet)) {
    append(out, "UDP, length ");
    append_number(out, datagram_length(packet) - kHeaderLen);
  }
}

void dissect_udplite(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::udplite, cursor);
  UdpLite header;
  uint16_t checksum = 0;
  if (!(cursor.read(header.coverage) && cursor.read(checksum))) return stop(packet, Layer::udplite, cursor);
  packet.transport = header;
  if (packet.payload_len) *packet.payload_len -= kHeaderLen;
  if (header.coverage != 0 && header.coverage < kHeaderLen) {
    stop(packet, Layer::udplite, Problem::bad_length, header.coverage, kHeaderLen);
  }
}

void append_udplite(fmt::memory_buffer& out, const Packet& packet) {
  const UdpLite* header = std::get_if<UdpLite>(&packet.transport);
  if (header == nullptr) return;
  append(out, "UDP-Lite, ");
  if (header->coverage != 0) fmt::format_to(fmt::appender(out), "checksum of {} bytes, ", header->coverage);
  append(out, "length ");
  append_known(out, packet.payload_len);
}

}  // namespace skbtrail::packet
