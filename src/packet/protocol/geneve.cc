// Geneve (RFC 8926).
//
//    0             1               2          4     7   8                 8 + 4n
//   +-----+-------+---+-----------+----------+-----+---+-------- ... ----+--- -
//   | ver | n     |O C| reserved  | protocol | VNI | 0 | options         | payload, by protocol: an Ethernet type
//   +-----+-------+---+-----------+----------+-----+---+-------- ... ----+--- -
//    ver 2 bits, n 6 bits: the options' length in 4-byte words; O: control packet, C: critical options
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_geneve;

namespace {

struct Geneve {
  uint8_t version = 0;
  uint8_t flags = 0;
  uint8_t options_len = 0;
  uint16_t protocol = 0;  // an Ethernet type
  uint32_t vni = 0;

  bool operator==(const Geneve&) const = default;
};

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

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Geneve geneve;
  uint8_t version_len = 0;
  uint32_t vni_word = 0;
  if (!(cursor.read(version_len) && cursor.read(geneve.flags) && cursor.read(geneve.protocol) &&
        cursor.read(vni_word))) {
    return stop(packet, protocol_geneve, cursor);
  }
  geneve.version = version_len >> 6;
  geneve.options_len = static_cast<uint8_t>((version_len & 0x3f) * 4);
  geneve.vni = vni_word >> 8;
  if (geneve.version != 0) return stop(packet, protocol_geneve, Problem::bad_version, geneve.version, 0);
  packet.message.set(protocol_geneve, geneve);
  if (!cursor.skip(geneve.options_len)) return stop(packet, protocol_geneve, cursor);
  packet.payload_len = cursor.packet_left();
  if (is_carried(geneve.protocol)) carry_ethertype(cursor, packet, Tunnel::none, geneve.protocol);
}

void append_geneve(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  const Geneve& geneve = packet.message.get<Geneve>();
  fmt::format_to(fmt::appender(out), "Geneve, Flags [{}], vni 0x{:x}", flag_letters(geneve.flags), geneve.vni);
  if (geneve.options_len != 0) fmt::format_to(fmt::appender(out), ", options [{} bytes]", geneve.options_len);
  append(out, ": ");
  if (packet.inner || packet.fault.layer == layer_of(protocol_geneve)) return;
  fmt::format_to(fmt::appender(out), "geneve-proto-0x{:x}", geneve.protocol);
}

Value vni(const Bytes&, const Packet& packet, Scratch&) {
  return number(packet.message.get<Geneve>().vni);
}

constexpr Rule kRules[] = {{By::udp_to_port, 6081, dissect}};
constexpr MessageField kFields[] = {{"vni", Shown::number, "", 8, vni, true}};

}  // namespace

const Protocol protocol_geneve{
    .name = "geneve", .rules = kRules, .append = append_geneve, .fields = kFields, .tunnel = "geneve"};

}  // namespace skbtrail::packet
