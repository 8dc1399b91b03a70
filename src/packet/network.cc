// What follows the link header: by Ethernet type. Types that are not decoded are named.
#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

void append_undecoded(fmt::memory_buffer& out, const Packet& packet) {
  if (packet.ethernet) {
    append_address(out, packet.ethernet->src);
    append(out, " > ");
    append_address(out, packet.ethernet->dst);
    append(out, ", ");
  }
  const uint16_t ethertype = *packet.ethertype;
  const char* name = ethertype_name(ethertype);
  fmt::format_to(fmt::appender(out), "ethertype {} (0x{:04x})", name ? name : "Unknown", ethertype);
  append_length(out, packet.frame_len);
}

bool has_llc(const Packet& packet) noexcept {
  return std::holds_alternative<Llc>(packet.carried) || std::holds_alternative<Stp>(packet.carried);
}

}  // namespace

void dissect_network(Cursor& cursor, Packet& packet) noexcept {
  const uint16_t ethertype = *packet.ethertype;
  switch (ethertype) {
    case kEtherIpv4: return dissect_ipv4(cursor, packet);
    case kEtherIpv6: return dissect_ipv6(cursor, packet);
    case kEtherArp:
    case kEtherReverseArp: return dissect_arp(cursor, packet);
    // After these comes another type; what is after all of them is the packet's.
    case kEtherMpls:
    case kEtherMplsUpstream: packet.ethertype.reset(); return dissect_mpls(cursor, packet);
    case kEtherPppoeDiscovery:
    case kEtherPppoeSession: packet.ethertype.reset(); return dissect_pppoe(cursor, packet, ethertype);
    case kEtherLldp: return dissect_lldp(cursor, packet);
    default: break;
  }
  if (ethertype <= kMaxEtherLength) {
    packet.ethertype.reset();
    return dissect_llc(cursor, packet, ethertype);
  }
  packet.payload_len = cursor.packet_left();
  dissect_by_number(By::ethertype, ethertype, cursor, packet);
}

void append_network(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  append_pppoe(out, packet);
  append_mpls(out, packet);
  if (!packet.ethertype) return;
  switch (*packet.ethertype) {
    case kEtherIpv4:
    case kEtherIpv6: return append_ip(out, from, packet);
    case kEtherArp:
    case kEtherReverseArp: return append_arp(out, packet);
    case kEtherMpls:
    case kEtherPppoeDiscovery:
    case kEtherPppoeSession: return;
    case kEtherLldp: return append_lldp(out, from, packet);
    default: break;
  }
  if (has_llc(packet)) return append_llc(out, packet);
  if (!append_by_number(By::ethertype, *packet.ethertype, out, from, packet)) append_undecoded(out, packet);
}

}  // namespace skbtrail::packet
