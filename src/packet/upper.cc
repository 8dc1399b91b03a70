// The protocols above IP, and the line that an IP packet starts with.
#include <span>
#include <utility>

#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

struct UpperProtocol {
  uint8_t ip_version;  // 0: either
  uint8_t number;
  void (*dissect)(Cursor&, Packet&) noexcept;
  void (*append)(fmt::memory_buffer&, const Bytes&, const Packet&);
};

// For protocols that a Packet holds in whole.
template <void (*Append)(fmt::memory_buffer&, const Packet&)>
void whole(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  Append(out, packet);
}

void dissect_nothing(Cursor&, Packet&) noexcept {}
void append_no_next_header(fmt::memory_buffer& out, const Packet&) {
  append(out, "no next header");
}

constexpr UpperProtocol kUpperProtocols[] = {
    {0, kProtoTcp, dissect_tcp, append_tcp},
    {0, kProtoUdp, dissect_udp, append_udp},
    {4, kProtoIcmp, dissect_icmp, whole<append_icmp>},
    {6, kProtoIcmp6, dissect_icmp6, append_icmp6},
    {0, kProtoIpip, dissect_ip_in_ip, whole<append_ip_in_ip>},
    {0, kProtoIpv6, dissect_ip_in_ip, whole<append_ip_in_ip>},
    {0, kProtoGre, dissect_gre, whole<append_gre>},
    {0, kProtoEsp, dissect_esp, whole<append_esp>},
    {0, kProtoAh, dissect_ah, whole<append_after_no_ah>},
    {0, kProtoNone, dissect_nothing, whole<append_no_next_header>},

    {4, kProtoIgmp, dissect_igmp, append_igmp},
    {0, kProtoSctp, dissect_sctp, append_sctp},
    {0, kProtoDccp, dissect_dccp, whole<append_dccp>},
    {0, kProtoUdpLite, dissect_udplite, whole<append_udplite>},
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

// In the form of the IPv6 fragment header, with the protocol and the id that all fragments of a packet share.
void append_later_fragment(fmt::memory_buffer& out, const Ip& ip) {
  if (const char* name = protocol_name(ip.protocol)) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "ip-proto-{}", ip.protocol);
  }
  fmt::format_to(fmt::appender(out), " frag ({}|", ip.fragment_offset);
  append_known(out, ip.payload_len);
  append(out, ")");
  if (ip.id) fmt::format_to(fmt::appender(out), " id {}", *ip.id);
  if (ip.more_fragments) append(out, ", more follow");
}

// A first fragment ends where it ends, not where the message in it does: what is missing comes with the next one.
bool ends_with_fragment(const Fault& fault) noexcept {
  const Protocol* protocol = protocol_of(fault.layer);
  const bool has_own_length = protocol ? protocol->has_own_length : fault.layer == Layer::sctp;
  const bool leaves_fragment = fault.problem == Problem::bad_length && fault.found > fault.bound;
  return has_own_length && (fault.problem == Problem::short_packet || leaves_fragment);
}

// After it nothing is known. Of a bad option the header's length says where the next header is.
bool hides_upper(const Fault& fault) noexcept {
  const Layer layer = fault.layer;
  if (fault.problem == Problem::bad_option) return false;
  return (layer >= Layer::ipv4 && layer <= Layer::dest_options) || (layer >= Layer::mobility && layer <= Layer::shim6);
}

}  // namespace

bool read_ports(Cursor& cursor, std::optional<Ports>& ports) noexcept {
  Ports both;
  if (!(cursor.read(both.src) && cursor.read(both.dst))) return false;
  ports = both;
  return true;
}

Cursor upper_cursor(const Bytes& from, const Packet& packet) noexcept {
  Cursor cursor = cursor_at(from, packet.ip->upper);
  if (packet.ip->payload_len) cursor.narrow(*packet.ip->payload_len);
  return cursor;
}

void dissect_upper(Cursor& cursor, Packet& packet) noexcept {
  packet.ip->upper = {cursor.offset()};
  if (const UpperProtocol* upper = find_upper(*packet.ip)) {
    upper->dissect(cursor, packet);
  } else {
    dissect_by_number(By::ip_protocol, packet.ip->protocol, cursor, packet);
  }
  if (packet.ip->more_fragments && ends_with_fragment(packet.fault)) packet.fault = {};
}

void dissect_after_options(Cursor& cursor, Packet& packet) noexcept {
  const Fault options = std::exchange(packet.fault, {});
  dissect_upper(cursor, packet);
  if (!packet.fault) packet.fault = options;
}

// tcpdump's two forms: with the ports at the addresses, or, after extension headers, after those.
void append_ip(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
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
  if (!hides_upper(packet.fault)) append_upper(out, from, packet);
}

void append_upper(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Ip& ip = *packet.ip;
  if (ip.fragment_offset != 0) {
    // The IPv6 fragment header has been printed.
    if (ip.version == 4) append_later_fragment(out, ip);
    return;
  }
  if (const UpperProtocol* upper = find_upper(ip)) return upper->append(out, from, packet);
  if (append_by_number(By::ip_protocol, ip.protocol, out, from, packet)) return;
  if (const char* name = protocol_name(ip.protocol)) {
    append(out, name);
    return append_length(out, ip.payload_len);
  }
  fmt::format_to(fmt::appender(out), "ip-proto-{}", ip.protocol);
  if (ip.payload_len) fmt::format_to(fmt::appender(out), " {}", *ip.payload_len);
}

}  // namespace skbtrail::packet
