// The way in: from the layer at which the bytes begin to the first header, and how decoding stops.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

std::optional<uint32_t> known_length(uint32_t len) noexcept {
  return len == 0 ? std::nullopt : std::optional<uint32_t>(len);
}

constexpr uint32_t kVlanTagLen = 4;

// skb->protocol is still 0 on the way out until the IP layer has set it; the IP header already tells.
std::optional<uint16_t> ethertype_from_version(const Cursor& cursor) noexcept {
  const std::optional<uint8_t> first = cursor.peek();
  if (!first) return std::nullopt;
  switch (*first >> 4) {
    case 4: return kEtherIpv4;
    case 6: return kEtherIpv6;
    default: return std::nullopt;
  }
}

void dissect_from_network(Cursor& cursor, Packet& packet, uint16_t protocol) noexcept {
  if (protocol > kMaxEtherLength || protocol == kEtherLlc) return dissect_vlans(cursor, packet, protocol);
  if (protocol != 0) {
    // Not a length: a number of Linux' own for what is no Ethernet, such as CAN (ETH_P_CAN).
    packet.ethertype = protocol;
    packet.payload_len = cursor.packet_left();
    return;
  }
  packet.ethertype = ethertype_from_version(cursor);
  if (packet.ethertype) return dissect_network(cursor, packet);
  uint8_t version = 0;
  if (!cursor.read(version)) return stop(packet, Layer::network, cursor);
  stop(packet, Layer::network, Problem::bad_version, version >> 4, 4);
}

}  // namespace

Cursor cursor_at(const Bytes& from, Offset offset) noexcept {
  Cursor cursor(from.bytes, known_length(from.wire_len));
  if (!cursor.skip(offset.bytes)) cursor.narrow(0);
  return cursor;
}

Packet dissect(const Bytes& from) noexcept {
  Packet packet;
  Cursor cursor(from.bytes, known_length(from.wire_len));
  packet.made = from.made;
  packet.frame_len = known_length(from.wire_len);
  if (from.accelerated) {
    packet.vlan_tags[packet.vlan_count++] = *from.accelerated;
    if (packet.frame_len && from.start == Start::link) *packet.frame_len += kVlanTagLen;
  }
  switch (from.start) {
    case Start::link: dissect_ethernet(cursor, packet); break;
    case Start::network: dissect_from_network(cursor, packet, from.ethertype); break;
    default: packet.fault.problem = Problem::no_bytes;
  }
  return packet;
}

void stop(Packet& packet, Layer layer, const Cursor& cursor) noexcept {
  const bool cut = cursor.shortage() == Cursor::Shortage::cut;
  packet.fault = {cut ? Problem::cut : Problem::short_packet, layer, 0, 0};
}

void stop(Packet& packet, Layer layer, Problem problem, uint32_t found, uint32_t bound) noexcept {
  packet.fault = {problem, layer, found, bound};
}

}  // namespace skbtrail::packet
