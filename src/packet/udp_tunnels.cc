// What is carried in UDP, told by the port; where others use the same port, by the first bytes too.
//
// A tunnel's packets go to its port, and come from one that stands for the inner flow (RFC 7348 4.1, RFC 8926 3.3):
// only the destination is looked at. With the others a reply comes from the port.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Port : uint16_t {
  kL2tp = 1701,
  kEspInUdp = 4500,
  kVxlan = 4789,
  kVxlanGpe = 4790,
  kGeneve = 6081,
  kMplsInUdp = 6635,   // RFC 7510
  kVxlanLinux = 8472,  // what Linux takes unless told otherwise, from before there was an assigned one
  kWireguard = 51820,  // not assigned, and within the range that Linux takes source ports from
};

// RFC 2661, 3931: the version is the low nibble of the second byte.
void dissect_l2tp(Cursor& cursor, Packet& packet) noexcept {
  uint16_t flags = 0;
  if (packet.payload_len.value_or(2) < 2) return;
  if (!cursor.read(flags)) return stop(packet, Layer::l2tp, cursor);
  if ((flags & 15) == 2) packet.carried = Named{"L2TPv2"};
  if ((flags & 15) == 3) packet.carried = Named{"L2TPv3"};
}

// The type in the first byte, three zero bytes, and a length that is fixed but for data, which is padded to 16 bytes.
void dissect_wireguard(Cursor& cursor, Packet& packet) noexcept {
  const uint32_t len = packet.payload_len.value_or(0);
  uint32_t type = 0;
  if (len < 32) return;
  if (!cursor.read(type)) return stop(packet, Layer::wireguard, cursor);
  if (type == 0x01000000 && len == 148) packet.carried = Named{"WireGuard handshake initiation"};
  if (type == 0x02000000 && len == 92) packet.carried = Named{"WireGuard handshake response"};
  if (type == 0x03000000 && len == 64) packet.carried = Named{"WireGuard cookie reply"};
  if (type == 0x04000000 && len % 16 == 0) packet.carried = Named{len == 32 ? "WireGuard keepalive" : "WireGuard data"};
}

}  // namespace

void dissect_udp_tunnel(Cursor& cursor, Packet& packet) noexcept {
  switch (packet.ports->dst) {
    case kVxlan:
    case kVxlanLinux: return dissect_vxlan(cursor, packet, false);
    case kVxlanGpe: return dissect_vxlan(cursor, packet, true);
    case kGeneve: return dissect_geneve(cursor, packet);
    case kMplsInUdp: return carry_ethertype(cursor, packet, Tunnel::none, kEtherMpls);
    default: break;
  }
  for (const uint16_t port : {packet.ports->dst, packet.ports->src}) {
    switch (port) {
      case kEspInUdp: return dissect_esp_in_udp(cursor, packet);
      case kL2tp: return dissect_l2tp(cursor, packet);
      case kWireguard: return dissect_wireguard(cursor, packet);
      default: break;
    }
  }
}

bool append_udp_tunnel(fmt::memory_buffer& out, const Packet& packet) {
  if (const Vxlan* vxlan = std::get_if<Vxlan>(&packet.carried)) {
    append_vxlan(out, packet, *vxlan);
  } else if (const Geneve* geneve = std::get_if<Geneve>(&packet.carried)) {
    append_geneve(out, packet, *geneve);
  } else if (std::holds_alternative<Esp>(packet.carried)) {
    append_esp(out, packet);
  } else if (const Named* named = std::get_if<Named>(&packet.carried)) {
    append(out, named->name);
    append_length(out, packet.payload_len);
  } else {
    return packet.inner.has_value();
  }
  return true;
}

}  // namespace skbtrail::packet
