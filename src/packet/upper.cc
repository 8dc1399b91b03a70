// The protocols above IP, and the line that an IP packet starts with.
#include <span>

#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

struct UpperProtocol {
  uint8_t ip_version;  // 0: either
  uint8_t number;
  void (*dissect)(Cursor&, Packet&) noexcept;
  void (*append)(fmt::memory_buffer&, const Packet&);
};

void dissect_nothing(Cursor&, Packet&) noexcept {}
void append_no_next_header(fmt::memory_buffer& out, const Packet&) {
  append(out, "no next header");
}

constexpr UpperProtocol kUpperProtocols[] = {
    {0, kProtoTcp, dissect_tcp, append_tcp},
    {0, kProtoUdp, dissect_udp, append_udp},
    {4, kProtoIcmp, dissect_icmp, append_icmp},
    {6, kProtoIcmp6, dissect_icmp6, append_icmp6},
    {0, kProtoNone, dissect_nothing, append_no_next_header},

    {0, kProtoIpip, dissect_ip_in_ip, append_ip_in_ip},
    {0, kProtoIpv6, dissect_ip_in_ip, append_ip_in_ip},
    {0, kProtoMpls, dissect_mpls_in_ip, append_ip_in_ip},
    {0, kProtoGre, dissect_gre, append_gre},
    {0, kProtoEsp, dissect_esp, append_esp},
    {0, kProtoAh, dissect_ah, append_behind_no_ah},
};

const UpperProtocol* find_upper(const Ip& ip) noexcept {
  for (const UpperProtocol& upper : kUpperProtocols) {
    if (upper.number == ip.protocol && (upper.ip_version == 0 || upper.ip_version == ip.version)) return &upper;
  }
  return nullptr;
}

void append_end(fmt::memory_buffer& out, const IpAddress& address, const Ports* ports, uint16_t Ports::*port) {
  append_address(out, address);
  if (ports == nullptr) return;
  out.push_back('.');
  append_number(out, ports->*port);
}

bool is_ip_fault(Layer layer) noexcept {
  return layer >= Layer::ipv4 && layer <= Layer::dest_options;
}

}  // namespace

bool read_ports(Cursor& cursor, std::optional<Ports>& ports) noexcept {
  Ports both;
  if (!(cursor.read(both.src) && cursor.read(both.dst))) return false;
  ports = both;
  return true;
}

void dissect_upper(Cursor& cursor, Packet& packet) noexcept {
  if (const UpperProtocol* upper = find_upper(*packet.ip)) upper->dissect(cursor, packet);
}

// tcpdump's two forms: with the ports at the addresses, or, behind extension headers, after those.
void append_ip(fmt::memory_buffer& out, const Packet& packet) {
  append(out, *packet.ethertype == kEtherIpv4 ? "IP " : "IP6 ");
  if (!packet.ip) return;
  const Ip& ip = *packet.ip;
  if (ip.missing_len != 0) {
    fmt::format_to(fmt::appender(out), "truncated-ip{} - {} bytes missing! ", ip.version == 6 ? "6" : "",
                   ip.missing_len);
  }
  const bool ports_at_addresses = ip.extension_count == 0 && !packet.ah;
  const Ports* ports = packet.ports && ports_at_addresses ? &*packet.ports : nullptr;
  append_end(out, ip.src, ports, &Ports::src);
  append(out, " > ");
  append_end(out, ip.dst, ports, &Ports::dst);
  append(out, ": ");
  append_extensions(out, ip);
  if (packet.ah) append_ah(out, *packet.ah);
  if (packet.ports && !ports_at_addresses) {
    fmt::format_to(fmt::appender(out), "{} > {}: ", packet.ports->src, packet.ports->dst);
  }
  if (!is_ip_fault(packet.fault.layer)) append_upper(out, packet);
}

void append_upper(fmt::memory_buffer& out, const Packet& packet) {
  const Ip& ip = *packet.ip;
  if (ip.fragment_offset != 0) {
    // The IPv6 fragment header has been printed; IPv4 has none, and tcpdump names the protocol only.
    if (ip.version == 4) fmt::format_to(fmt::appender(out), "ip-proto-{}", ip.protocol);
    return;
  }
  if (const UpperProtocol* upper = find_upper(ip)) return upper->append(out, packet);
  fmt::format_to(fmt::appender(out), "ip-proto-{}", ip.protocol);
  if (ip.payload_len) fmt::format_to(fmt::appender(out), " {}", *ip.payload_len);
}

}  // namespace skbtrail::packet
