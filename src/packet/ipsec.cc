// IPsec: the authentication header (RFC 4302), which leaves what follows readable, and ESP (RFC 4303), which does not.
// ESP in UDP: protocol/esp_in_udp.cc.
//
//   AH   0      1     2          4     8     12                ESP   0     4     8
//       +------+-----+----------+-----+-----+-------+--- -          +-----+-----+--- -
//       | next | len | reserved | SPI | seq | check | next          | SPI | seq | encrypted
//       +------+-----+----------+-----+-----+-------+--- -          +-----+-----+--- -
//        len: 4-byte words of the header, less 2
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kAhFixedLen = 12;

}  // namespace

void dissect_ah(Cursor& cursor, Packet& packet) noexcept {
  Ip& ip = *packet.ip;
  if (packet.ah) return stop(packet, Layer::ah, Problem::too_deep, 2, 1);
  AuthenticationHeader ah;
  uint8_t next = 0, len_field = 0;
  uint16_t reserved = 0;
  if (!(cursor.read(next) && cursor.read(len_field) && cursor.read(reserved) && cursor.read(ah.spi) &&
        cursor.read(ah.seq))) {
    return stop(packet, Layer::ah, cursor);
  }
  packet.ah = ah;
  const uint32_t header_len = 4u * (len_field + 2u);
  if (header_len < kAhFixedLen) return stop(packet, Layer::ah, Problem::bad_header_length, header_len, kAhFixedLen);
  if (!cursor.skip(header_len - kAhFixedLen)) return stop(packet, Layer::ah, cursor);
  ip.protocol = next;
  ip.header_len += header_len;
  if (ip.payload_len) *ip.payload_len -= header_len;  // not more than it: the cursor was narrowed to it
  packet.payload_len = ip.payload_len;
  ip.version == 6 ? dissect_extensions(cursor, packet) : dissect_upper(cursor, packet);
}

void append_ah(fmt::memory_buffer& out, const AuthenticationHeader& ah) {
  fmt::format_to(fmt::appender(out), "AH(spi=0x{:08x},seq=0x{:x}): ", ah.spi, ah.seq);
}

void append_after_no_ah(fmt::memory_buffer&, const Packet&) {}

void dissect_esp(Cursor& cursor, Packet& packet) noexcept {
  Esp esp;
  esp.in_udp = packet.udp.has_value();
  if (!(cursor.read(esp.spi) && cursor.read(esp.seq))) return stop(packet, Layer::esp, cursor);
  packet.carried = esp;
  packet.payload_len = cursor.packet_left();
}

void append_esp(fmt::memory_buffer& out, const Packet& packet) {
  const Esp* esp = std::get_if<Esp>(&packet.carried);
  if (esp == nullptr) return;
  if (esp->in_udp) append(out, "UDP-encap: ");
  fmt::format_to(fmt::appender(out), "ESP(spi=0x{:08x},seq=0x{:x})", esp->spi, esp->seq);
  if (!packet.payload_len) return;
  constexpr uint32_t kHeaderLen = 8;
  append_length(out, *packet.payload_len + kHeaderLen);
}

}  // namespace skbtrail::packet
