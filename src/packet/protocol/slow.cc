// Slow protocols (IEEE 802.3 annex 57A) by name: the first byte says which.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_slow;

namespace {

constexpr uint16_t kEtherSlow = 0x8809;

struct Slow {
  uint8_t subtype = 0;

  bool operator==(const Slow&) const = default;
};

std::string_view name_of(uint8_t subtype) noexcept {
  enum Subtype : uint8_t { kLacp = 1, kMarker = 2, kOam = 3, kEsmc = 10 };
  switch (subtype) {
    case kLacp: return "LACP";
    case kMarker: return "Marker";
    case kOam: return "OAM";
    case kEsmc: return "ESMC";
    default: return "Slow Protocols";
  }
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Slow slow;
  if (!cursor.read(slow.subtype)) return stop(packet, protocol_slow, cursor);
  packet.message.set(protocol_slow, slow);
}

void append_slow(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  append(out, name_of(packet.message.get<Slow>().subtype));
  append_length(out, packet.payload_len);
}

constexpr Rule kRules[] = {{By::ethertype, kEtherSlow, dissect}};

}  // namespace

const Protocol protocol_slow{.name = "slow", .rules = kRules, .append = append_slow};

}  // namespace skbtrail::packet
