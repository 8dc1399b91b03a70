// MPLS label stacks (RFC 3032, 5462).
//
//    0                              4
//   +-------+----+--------+-----+--- -
//   | label | tc | bottom | ttl | ...      label 20 bits, traffic class 3, bottom of the stack 1, ttl 8
//   +-------+----+--------+-----+--- -
//
// Nothing says what follows the last label; only both ends of the path know. IP is told by its version nibble, as
// routers do that balance load (RFC 4928); anything else stays unnamed.
#include "packet/layers.h"

namespace skbtrail::packet {

void dissect_mpls(Cursor& cursor, Packet& packet) noexcept {
  Mpls& mpls = packet.mpls.emplace();
  MplsLabel label;
  do {
    if (!cursor.read(label.word)) return stop(packet, Layer::mpls, cursor);
    if (mpls.count == kMaxMplsLabels) {
      return stop(packet, Layer::mpls, Problem::too_deep, kMaxMplsLabels + 1, kMaxMplsLabels);
    }
    mpls.stack[mpls.count++] = label;
  } while (!label.bottom());
  packet.payload_len = cursor.packet_left();
  Cursor ahead = cursor;
  uint8_t first = 0;
  if (packet.payload_len != 0u && !ahead.read(first)) return stop(packet, Layer::network, ahead);
  const unsigned version = first >> 4u;
  packet.ethertype = version == 4 ? kEtherIpv4 : version == 6 ? kEtherIpv6 : kEtherMpls;
  if (packet.ethertype != kEtherMpls) dissect_network(cursor, packet);
}

void append_mpls(fmt::memory_buffer& out, const Packet& packet) {
  if (!packet.mpls) return;
  append(out, "MPLS");
  for (const MplsLabel& label : packet.mpls->labels()) {
    fmt::format_to(fmt::appender(out), " (label {}, tc {}{}, ttl {})", label.label(), label.traffic_class(),
                   label.bottom() ? ", [S]" : "", label.ttl());
  }
  if (packet.ethertype == kEtherMpls) return append_length(out, packet.payload_len);
  out.push_back(' ');
}

}  // namespace skbtrail::packet
