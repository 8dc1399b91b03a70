// IP in IP without a header between (RFC 2003, 2473, 4213).
#include "packet/layers.h"

namespace skbtrail::packet {

void dissect_ip_in_ip(Cursor& cursor, Packet& packet) noexcept {
  const bool outer4 = packet.ip->version == 4;
  const bool inner4 = packet.ip->protocol == kProtoIpip;
  const Tunnel tunnel = outer4 ? (inner4 ? Tunnel::ipip : Tunnel::sixin4) : (inner4 ? Tunnel::fourin6 : Tunnel::ip6ip6);
  carry_ethertype(cursor, packet, tunnel, inner4 ? kEtherIpv4 : kEtherIpv6);
}

// The inner packet's line is all there is to say.
void append_ip_in_ip(fmt::memory_buffer&, const Packet&) {}

}  // namespace skbtrail::packet
