// What follows the link header: by Ethernet type. Types that nobody decodes are named.
#include "packet/layers.h"

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
  if (ethertype <= kMaxEtherLength) {
    append(out, "802.3");
  } else {
    const char* name = ethertype_name(ethertype);
    fmt::format_to(fmt::appender(out), "ethertype {} (0x{:04x})", name ? name : "Unknown", ethertype);
  }
  append_length(out, packet.frame_len);
}

}  // namespace

void dissect_network(Cursor& cursor, Packet& packet) noexcept {
  switch (*packet.ethertype) {
    case kEtherIpv4: return dissect_ipv4(cursor, packet);
    case kEtherIpv6: return dissect_ipv6(cursor, packet);
    case kEtherArp:
    case kEtherReverseArp: return dissect_arp(cursor, packet);
    default: packet.payload_len = cursor.packet_left();
  }
}

void append_network(fmt::memory_buffer& out, const Packet& packet) {
  if (!packet.ethertype) return;
  switch (*packet.ethertype) {
    case kEtherIpv4:
    case kEtherIpv6: return append_ip(out, packet);
    case kEtherArp:
    case kEtherReverseArp: return append_arp(out, packet);
    default: append_undecoded(out, packet);
  }
}

}  // namespace skbtrail::packet
