// VXLAN (RFC 7348) and its Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe).
//
//    0       1              3      4        7
//   +-------+--------------+------+--------+---+
//   | flags | reserved     | next | VNI    | 0 |   next: with the extension only
//   +-------+--------------+------+--------+---+
//    flags: 0x08 the VNI is valid, 0x04 (extension) next is valid. Linux drops a packet without the first
//    (drivers/net/vxlan/vxlan_core.c: vxlan_rcv), so what follows it is not looked at.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kVniValid = 0x08;
constexpr uint8_t kNextValid = 0x04;

enum NextProtocol : uint8_t { kNextIpv4 = 1, kNextIpv6 = 2, kNextEthernet = 3, kNextNsh = 4, kNextMpls = 5 };

// 0: not one that is known.
uint16_t ethertype_of(const Vxlan& vxlan) noexcept {
  if (!vxlan.extended || (vxlan.flags & kNextValid) == 0) return kEtherTransparentBridging;
  switch (vxlan.next_protocol) {
    case kNextIpv4: return kEtherIpv4;
    case kNextIpv6: return kEtherIpv6;
    case kNextEthernet: return kEtherTransparentBridging;
    case kNextNsh: return kEtherNsh;
    case kNextMpls: return kEtherMpls;
    default: return 0;
  }
}

}  // namespace

void dissect_vxlan(Cursor& cursor, Packet& packet, bool extended) noexcept {
  Vxlan vxlan;
  vxlan.extended = extended;
  uint16_t reserved = 0;
  uint32_t vni_word = 0;
  if (!(cursor.read(vxlan.flags) && cursor.read(reserved) && cursor.read(vxlan.next_protocol) &&
        cursor.read(vni_word))) {
    return stop(packet, Layer::vxlan, cursor);
  }
  vxlan.vni = vni_word >> 8;
  packet.carried = vxlan;
  packet.payload_len = cursor.packet_left();
  const uint16_t ethertype = ethertype_of(vxlan);
  if ((vxlan.flags & kVniValid) != 0 && ethertype != 0) carry_ethertype(cursor, packet, Tunnel::vxlan, ethertype);
}

void append_vxlan(fmt::memory_buffer& out, const Packet& packet, const Vxlan& vxlan) {
  fmt::format_to(fmt::appender(out), "{}, flags [{}{}] (0x{:02x}), vni {}", vxlan.extended ? "VXLAN-GPE" : "VXLAN",
                 vxlan.flags & kVniValid ? "I" : ".", vxlan.extended && (vxlan.flags & kNextValid) ? "P" : "",
                 vxlan.flags, vxlan.vni);
  if (packet.inner) return append(out, ", ");
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
