// Slow protocols (IEEE 802.3 annex 57A) by name: the first byte says which.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Subtype : uint8_t { kLacp = 1, kMarker = 2, kOam = 3, kEsmc = 10 };

std::string_view name_of(uint8_t subtype) noexcept {
  switch (subtype) {
    case kLacp: return "LACP";
    case kMarker: return "Marker";
    case kOam: return "OAM";
    case kEsmc: return "ESMC";
    default: return "Slow Protocols";
  }
}

}  // namespace

void dissect_slow(Cursor& cursor, Packet& packet) noexcept {
  packet.payload_len = cursor.packet_left();
  uint8_t subtype = 0;
  if (!cursor.read(subtype)) return stop(packet, Layer::slow, cursor);
  packet.carried = Named{name_of(subtype)};
}

void append_slow(fmt::memory_buffer& out, const Packet& packet) {
  const Named* named = std::get_if<Named>(&packet.carried);
  if (named == nullptr) return;
  append(out, named->name);
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
