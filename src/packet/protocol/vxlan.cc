// VXLAN (RFC 7348) and its Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe).
//
//    0       1              3      4        7
//   +-------+--------------+------+--------+---+
//   | flags | reserved     | next | VNI    | 0 |   next: with the extension only
//   +-------+--------------+------+--------+---+
//    flags: 0x08 the VNI is valid, 0x04 (extension) next is valid. Linux drops a packet without the first
//    (drivers/net/vxlan/vxlan_core.c: vxlan_rcv), so what follows it is not looked at.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_vxlan;

namespace {

struct Vxlan {
  uint8_t flags = 0;
  uint8_t next_protocol = 0;  // with the generic protocol extension
  bool extended = false;      // VXLAN-GPE, by its port
  uint32_t vni = 0;

  bool operator==(const Vxlan&) const = default;
};

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

template <bool Extended>
void dissect(Cursor& cursor, Packet& packet) noexcept {
  Vxlan vxlan;
  vxlan.extended = Extended;
  uint16_t reserved = 0;
  uint32_t vni_word = 0;
  if (!(cursor.read(vxlan.flags) && cursor.read(reserved) && cursor.read(vxlan.next_protocol) &&
        cursor.read(vni_word))) {
    return stop(packet, protocol_vxlan, cursor);
  }
  vxlan.vni = vni_word >> 8;
  packet.message.set(protocol_vxlan, vxlan);
  packet.payload_len = cursor.packet_left();
  const uint16_t ethertype = ethertype_of(vxlan);
  if ((vxlan.flags & kVniValid) != 0 && ethertype != 0) carry_ethertype(cursor, packet, Tunnel::none, ethertype);
}

void append_vxlan(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  const Vxlan& vxlan = packet.message.get<Vxlan>();
  fmt::format_to(fmt::appender(out), "{}, flags [{}{}] (0x{:02x}), vni {}", vxlan.extended ? "VXLAN-GPE" : "VXLAN",
                 vxlan.flags & kVniValid ? "I" : ".", vxlan.extended && (vxlan.flags & kNextValid) ? "P" : "",
                 vxlan.flags, vxlan.vni);
  if (packet.inner) return append(out, ", ");
  append_length(out, packet.payload_len);
}

Value vni(const Bytes&, const Packet& packet, Scratch&) {
  return number(packet.message.get<Vxlan>().vni);
}

constexpr Rule kRules[] = {
    {By::udp_to_port, 4789, dissect<false>},
    {By::udp_to_port, 8472, dissect<false>},  // what Linux takes unless told otherwise, from before there was a number
    {By::udp_to_port, 4790, dissect<true>},
};
constexpr MessageField kFields[] = {
    {"vni", Shown::number, "network identifier of the outermost VXLAN or Geneve", 8, vni, true}};

}  // namespace

const Protocol protocol_vxlan{
    .name = "vxlan", .rules = kRules, .append = append_vxlan, .fields = kFields, .tunnel = "vxlan"};

}  // namespace skbtrail::packet
