// UDP (RFC 768; jumbograms RFC 2675) and UDP-Lite (RFC 3828), which has the length of what its checksum covers in
// place of the datagram's.
//
//    0      2      4        6          8
//   +------+------+--------+----------+--- -
//   | src  | dst  | length | checksum | payload        length: header and payload
//   +------+------+--------+----------+--- -
#include <algorithm>

#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kHeaderLen = 8;
constexpr uint32_t kMaxLengthField = 65535;

// A datagram larger than the field can tell has 0 there.
uint32_t datagram_length(const Packet& packet) noexcept {
  const uint32_t ip_payload = packet.ip->payload_len.value_or(0);
  return packet.udp->length == 0 && ip_payload > kMaxLengthField ? ip_payload : packet.udp->length;
}

}  // namespace

void dissect_udp(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::udp, cursor);
  Udp udp;
  if (!(cursor.read(udp.length) && cursor.read(udp.checksum))) return stop(packet, Layer::udp, cursor);
  packet.udp = udp;
  const uint32_t length = datagram_length(packet);
  const std::optional<uint32_t> ip_payload = packet.ip->payload_len;
  packet.payload_len.reset();
  if (ip_payload && *ip_payload >= kHeaderLen) packet.payload_len = *ip_payload - kHeaderLen;
  if (length < kHeaderLen) return stop(packet, Layer::udp, Problem::bad_length, length, kHeaderLen);
  if (ip_payload && length > *ip_payload && !packet.ip->is_fragment()) {
    return stop(packet, Layer::udp, Problem::bad_length, length, *ip_payload);
  }
  packet.payload_len = std::min(packet.payload_len.value_or(length - kHeaderLen), length - kHeaderLen);
  cursor.narrow(length - kHeaderLen);
  if (!packet.made) dissect_in_udp(cursor, packet);
}

void append_udp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  if (!packet.udp) return;
  if (packet.fault.problem == Problem::bad_length && packet.fault.layer == Layer::udp) {
    append(out, "UDP");
  } else if (packet.message) {
    packet.message.protocol()->append(out, from, packet);
  } else if (std::holds_alternative<Esp>(packet.carried)) {
    append_esp(out, packet);
  } else if (!packet.inner) {
    append(out, "UDP, length ");
    append_number(out, datagram_length(packet) - kHeaderLen);
  }
}

void dissect_udplite(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::udplite, cursor);
  UdpLite header;
  uint16_t checksum = 0;
  if (!(cursor.read(header.coverage) && cursor.read(checksum))) return stop(packet, Layer::udplite, cursor);
  packet.transport = header;
  if (packet.payload_len) *packet.payload_len -= kHeaderLen;
  if (header.coverage != 0 && header.coverage < kHeaderLen) {
    stop(packet, Layer::udplite, Problem::bad_length, header.coverage, kHeaderLen);
  }
}

void append_udplite(fmt::memory_buffer& out, const Packet& packet) {
  const UdpLite* header = std::get_if<UdpLite>(&packet.transport);
  if (header == nullptr) return;
  append(out, "UDP-Lite, ");
  if (header->coverage != 0) fmt::format_to(fmt::appender(out), "checksum of {} bytes, ", header->coverage);
  append(out, "length ");
  append_known(out, packet.payload_len);
}

}  // namespace skbtrail::packet
