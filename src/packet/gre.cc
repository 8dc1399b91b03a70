// GRE (RFC 2784, 2890), version 1 as PPTP has it (RFC 2637) by name only.
//
//    0              2          4                8     12         16
//   +--------------+----------+----------------+-----+----------+--- -
//   | C R K S … ver| protocol | checksum  off  | key | sequence | payload, by protocol: an Ethernet type
//   +--------------+----------+----------------+-----+----------+--- -
//    the last three are there if C or R, K, S are set; R (a route, RFC 1701) was withdrawn: Linux drops such packets
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint16_t kRoutingPresent = 0x4000;
constexpr uint16_t kKeyPresent = 0x2000;
constexpr uint16_t kSequencePresent = 0x1000;

bool read_options(Cursor& cursor, Gre& gre) noexcept {
  uint16_t checksum = 0;
  uint32_t word = 0;
  if (gre.has_checksum() && !(cursor.read(checksum) && cursor.read(gre.checksum_offset))) return false;
  if (gre.flags & kKeyPresent) {
    if (!cursor.read(word)) return false;
    gre.key = word;
  }
  if (gre.flags & kSequencePresent) {
    if (!cursor.read(word)) return false;
    gre.seq = word;
  }
  return true;
}

bool is_carried(uint16_t protocol) noexcept {
  return protocol == kEtherIpv4 || protocol == kEtherIpv6 || protocol == kEtherTransparentBridging ||
         protocol == kEtherMpls || protocol == kEtherArp;
}

const char* payload_name(const Gre& gre) {
  switch (gre.protocol) {
    case 0x88be: return gre.seq ? "ERSPAN II" : "ERSPAN I";
    case 0x22eb: return "ERSPAN III";
    case 0x880b: return "PPP";
    case 0x894f: return "NSH";
    default: return nullptr;
  }
}

}  // namespace

void dissect_gre(Cursor& cursor, Packet& packet) noexcept {
  Gre gre;
  if (!(cursor.read(gre.flags) && cursor.read(gre.protocol))) return stop(packet, Layer::gre, cursor);
  if (gre.version() > 1) return stop(packet, Layer::gre, Problem::bad_version, gre.version(), 0);
  if (gre.version() == 0 && !read_options(cursor, gre)) return stop(packet, Layer::gre, cursor);
  packet.carried = Carried(std::in_place_type<Gre>, gre);
  packet.payload_len = cursor.packet_left();
  if (gre.version() == 0 && (gre.flags & kRoutingPresent) == 0 && is_carried(gre.protocol)) {
    carry_ethertype(cursor, packet, Tunnel::gre, gre.protocol);
  }
}

void append_gre(fmt::memory_buffer& out, const Packet& packet) {
  const Gre* gre = std::get_if<Gre>(&packet.carried);
  if (gre == nullptr) return;
  fmt::format_to(fmt::appender(out), "GREv{}", gre->version());
  if (gre->version() == 0 && gre->has_checksum())
    fmt::format_to(fmt::appender(out), ", off 0x{:x}", gre->checksum_offset);
  if (gre->key) fmt::format_to(fmt::appender(out), ", key=0x{:x}", *gre->key);
  if (gre->seq) fmt::format_to(fmt::appender(out), ", seq {}", *gre->seq);
  append_length(out, packet.ip->payload_len);
  append(out, ": ");
  if (packet.inner) return;
  if (const char* name = payload_name(*gre)) return append(out, name);
  fmt::format_to(fmt::appender(out), "gre-proto-0x{:x}", gre->protocol);
}

}  // namespace skbtrail::packet
