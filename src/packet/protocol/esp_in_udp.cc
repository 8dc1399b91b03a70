// What goes over the port of ESP in UDP (RFC 3948): ESP, one byte 0xff that keeps the translation alive, or IKE after
// four zero bytes, which are no valid SPI. A reply comes from the port.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_esp_in_udp;

namespace {

// What is no ESP.
struct BesideEsp {
  bool is_keepalive = false;

  bool operator==(const BesideEsp&) const = default;
};

void dissect(Cursor& cursor, Packet& packet) noexcept {
  const std::optional<uint32_t> left = packet.payload_len;
  if (left == 0u) return;
  if (left == 1u) {
    uint8_t only = 0;
    if (!cursor.read(only)) return stop(packet, protocol_esp_in_udp, cursor);
    if (only == 0xff) packet.message.set(protocol_esp_in_udp, BesideEsp{true});
    return;
  }
  Cursor ahead = cursor;
  uint32_t spi = 0;
  if (!ahead.read(spi)) return stop(packet, protocol_esp_in_udp, ahead);
  spi != 0 ? dissect_esp(cursor, packet) : packet.message.set(protocol_esp_in_udp, BesideEsp{});
}

void append_beside_esp(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  append(out, packet.message.get<BesideEsp>().is_keepalive ? "isakmp-nat-keep-alive" : "NONESP-encap: isakmp");
  append_length(out, packet.payload_len);
}

constexpr Rule kRules[] = {{By::udp_port, 4500, dissect}};

}  // namespace

const Protocol protocol_esp_in_udp{.name = "esp", .rules = kRules, .append = append_beside_esp};

}  // namespace skbtrail::packet
