// Ethernet II and 802.3 (IEEE 802.3), VLAN tags (IEEE 802.1Q, 802.1ad), also stacked.
//
//    0         6         12     14              12     14    16     18
//   +---------+---------+------+--- -   with   +------+-----+------+--- -
//   |   dst   |   src   | type |        tags:  | TPID | TCI | type |
//   +---------+---------+------+--- -          +------+-----+------+--- -
//    TCI: priority 3 bits, drop eligible 1, VLAN id 12
//
// A device usually takes the outer tag out of the bytes and leaves it in the skb ("accelerated"); dissect()
// has put that one in front already.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

bool is_vlan(uint16_t ethertype) noexcept {
  return ethertype == kEtherVlan || ethertype == kEtherServiceVlan || ethertype == kEtherVlan9100 ||
         ethertype == kEtherVlan9200;
}

}  // namespace

void dissect_ethernet(Cursor& cursor, Packet& packet) noexcept {
  Ethernet ethernet;
  uint16_t ethertype = 0;
  if (!(cursor.read(ethernet.dst.bytes) && cursor.read(ethernet.src.bytes) && cursor.read(ethertype))) {
    return stop(packet, Layer::ethernet, cursor);
  }
  packet.ethernet = ethernet;
  dissect_vlans(cursor, packet, ethertype);
}

void dissect_vlans(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept {
  while (is_vlan(ethertype)) {
    VlanTag tag{ethertype, 0};
    if (!(cursor.read(tag.tci) && cursor.read(ethertype))) return stop(packet, Layer::vlan, cursor);
    if (packet.vlan_count == kMaxVlanTags) {
      return stop(packet, Layer::vlan, Problem::too_deep, kMaxVlanTags + 1, kMaxVlanTags);
    }
    packet.vlan_tags[packet.vlan_count++] = tag;
  }
  packet.ethertype = ethertype;
  dissect_network(cursor, packet);
}

void append_vlans(fmt::memory_buffer& out, const Packet& packet) {
  for (const VlanTag& tag : packet.vlans()) {
    fmt::format_to(fmt::appender(out), "vlan {}, p {}{}, ", tag.vlan_id(), tag.priority(),
                   tag.drop_eligible() ? ", DEI" : "");
  }
}

}  // namespace skbtrail::packet
