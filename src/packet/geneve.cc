// Geneve (RFC 8926).
//
//    0             1               2          4     7   8                 8 + 4n
//   +-----+-------+---+-----------+----------+-----+---+-------- ... ----+--- -
//   | ver | n     |O C| reserved  | protocol | VNI | 0 | options         | payload, by protocol: an Ethernet type
//   +-----+-------+---+-----------+----------+-----+---+-------- ... ----+--- -
//    ver 2 bits, n 6 bits: the options' length in 4-byte words; O: control packet, C: critical options
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kControl = 0x80;
constexpr uint8_t kCritical = 0x40;

bool is_carried(uint16_t protocol) noexcept {
  return protocol == kEtherIpv4 || protocol == kEtherIpv6 || protocol == kEtherTransparentBridging ||
         protocol == kEtherMpls || protocol == kEtherArp;
}

const char* flag_letters(uint8_t flags) {
  switch (flags & (kControl | kCritical)) {
    case kControl: return "O";
    case kCritical: return "C";
    case kControl | kCritical: return "OC";
    default: return "none";
  }
}

}  // namespace

void dissect_geneve(Cursor& cursor, Packet& packet) noexcept {
  Geneve geneve;
  uint8_t version_len = 0;
  uint32_t vni_word = 0;
  if (!(cursor.read(version_len) && cursor.read(geneve.flags) && cursor.read(geneve.protocol) &&
        cursor.read(vni_word))) {
    return stop(packet, Layer::geneve, cursor);
  }
  geneve.version = version_len >> 6;
  geneve.options_len = static_cast<uint8_t>((version_len & 0x3f) * 4);
  geneve.vni = vni_word >> 8;
  if (geneve.version != 0) return stop(packet, Layer::geneve, Problem::bad_version, geneve.version, 0);
  packet.carried = geneve;
  if (!cursor.skip(geneve.options_len)) return stop(packet, Layer::geneve, cursor);
  packet.payload_len = cursor.packet_left();
  if (is_carried(geneve.protocol)) carry_ethertype(cursor, packet, Tunnel::geneve, geneve.protocol);
}

void append_geneve(fmt::memory_buffer& out, const Packet& packet, const Geneve& geneve) {
  fmt::format_to(fmt::appender(out), "Geneve, Flags [{}], vni 0x{:x}", flag_letters(geneve.flags), geneve.vni);
  if (geneve.options_len != 0) fmt::format_to(fmt::appender(out), ", options [{} bytes]", geneve.options_len);
  append(out, ": ");
  if (packet.inner || packet.fault.layer == Layer::geneve) return;
  fmt::format_to(fmt::appender(out), "geneve-proto-0x{:x}", geneve.protocol);
}

}  // namespace skbtrail::packet
