// L2TP in UDP by its version, which is the low nibble of the second byte (RFC 2661, RFC 3931). A reply comes from the
// port.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_l2tp;

namespace {

struct L2tp {
  uint8_t version = 0;

  bool operator==(const L2tp&) const = default;
};

void dissect(Cursor& cursor, Packet& packet) noexcept {
  uint16_t flags = 0;
  if (packet.payload_len.value_or(2) < 2) return;
  if (!cursor.read(flags)) return stop(packet, protocol_l2tp, cursor);
  const L2tp l2tp{static_cast<uint8_t>(flags & 15)};
  if (l2tp.version == 2 || l2tp.version == 3) packet.message.set(protocol_l2tp, l2tp);
}

void append_l2tp(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  append(out, packet.message.get<L2tp>().version == 2 ? "L2TPv2" : "L2TPv3");
  append_length(out, packet.payload_len);
}

constexpr Rule kRules[] = {{By::udp_port, 1701, dissect}};

}  // namespace

const Protocol protocol_l2tp{.name = "l2tp", .rules = kRules, .append = append_l2tp};

}  // namespace skbtrail::packet
