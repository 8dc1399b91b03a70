// WireGuard by its kind of message: the type in the first byte, three zero bytes, and a length that is fixed but for
// data, which is padded to 16 bytes. A reply comes from the port.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_wireguard;

namespace {

constexpr uint32_t kKeepaliveLen = 32;  // data that is none
enum Type : uint8_t { kInitiation = 1, kResponse = 2, kCookie = 3, kData = 4 };

struct Wireguard {
  uint8_t type = 0;
  bool is_empty = false;

  bool operator==(const Wireguard&) const = default;
};

bool has_its_length(uint8_t type, uint32_t len) noexcept {
  switch (type) {
    case kInitiation: return len == 148;
    case kResponse: return len == 92;
    case kCookie: return len == 64;
    case kData: return len % 16 == 0;
    default: return false;
  }
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  const uint32_t len = packet.payload_len.value_or(0);
  uint32_t begin = 0;
  if (len < kKeepaliveLen) return;
  if (!cursor.read(begin)) return stop(packet, protocol_wireguard, cursor);
  const Wireguard message{static_cast<uint8_t>(begin >> 24), len == kKeepaliveLen};
  if ((begin & 0xffffff) == 0 && has_its_length(message.type, len)) packet.message.set(protocol_wireguard, message);
}

const char* type_name(const Wireguard& message) noexcept {
  switch (message.type) {
    case kInitiation: return "handshake initiation";
    case kResponse: return "handshake response";
    case kCookie: return "cookie reply";
    default: return message.is_empty ? "keepalive" : "data";
  }
}

void append_wireguard(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  append(out, "WireGuard ");
  append(out, type_name(packet.message.get<Wireguard>()));
  append_length(out, packet.payload_len);
}

// Not assigned, and within the range that Linux takes source ports from.
constexpr Rule kRules[] = {{By::udp_port, 51820, dissect}};

}  // namespace

const Protocol protocol_wireguard{.name = "wireguard", .rules = kRules, .append = append_wireguard};

}  // namespace skbtrail::packet
