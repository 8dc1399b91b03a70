// PPP over Ethernet (RFC 2516), and the PPP protocols by name.
//
//    0           1      2            4        6             8
//   +-----+-----+------+------------+--------+-------------+--- -
//   | ver | type| code | session id | length | PPP protocol| ...     ver and type: 4 bits each, both 1
//   +-----+-----+------+------------+--------+-------------+--- -    length: after these six bytes
//    discovery has tags in place of the PPP protocol, which may be one byte (RFC 1661 6.5: then it is odd)
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint8_t kSessionCode = 0;

enum PppProtocol : uint16_t { kPppIpv4 = 0x0021, kPppIpv6 = 0x0057, kPppMpls = 0x0281 };

const char* code_name(uint8_t code) {
  switch (code) {
    case 0x09: return "PADI";
    case 0x07: return "PADO";
    case 0x19: return "PADR";
    case 0x65: return "PADS";
    case 0xa7: return "PADT";
    default: return nullptr;
  }
}

const char* ppp_name(uint16_t protocol) {
  switch (protocol) {
    case kPppIpv4: return "IP";
    case kPppIpv6: return "IP6";
    case kPppMpls: return "MPLS";
    case 0x003d: return "MLPPP";
    case 0x8021: return "IPCP";
    case 0x8057: return "IPV6CP";
    case 0x80fd: return "CCP";
    case 0x8281: return "MPLSCP";
    case 0xc021: return "LCP";
    case 0xc023: return "PAP";
    case 0xc025: return "LQR";
    case 0xc223: return "CHAP";
    default: return nullptr;
  }
}

bool read_ppp_protocol(Cursor& cursor, std::optional<uint16_t>& protocol) noexcept {
  uint8_t high = 0, low = 0;
  if (!cursor.read(high)) return false;
  if ((high & 1) != 0) {
    protocol = high;
    return true;
  }
  if (!cursor.read(low)) return false;
  protocol = static_cast<uint16_t>(high << 8 | low);
  return true;
}

void dissect_session(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept {
  std::optional<uint16_t>& protocol = packet.pppoe->ppp_protocol;
  if (!read_ppp_protocol(cursor, protocol)) return stop(packet, Layer::ppp, cursor);
  packet.payload_len = cursor.packet_left();
  switch (*protocol) {
    case kPppIpv4: packet.ethertype = kEtherIpv4; break;
    case kPppIpv6: packet.ethertype = kEtherIpv6; break;
    case kPppMpls: packet.ethertype = kEtherMpls; return dissect_mpls(cursor, packet);
    default: packet.ethertype = ethertype; return;
  }
  dissect_network(cursor, packet);
}

}  // namespace

void dissect_pppoe(Cursor& cursor, Packet& packet, uint16_t ethertype) noexcept {
  uint8_t version_type = 0;
  uint16_t length = 0;
  Pppoe pppoe;
  if (!(cursor.read(version_type) && cursor.read(pppoe.code) && cursor.read(pppoe.session) && cursor.read(length))) {
    return stop(packet, Layer::pppoe, cursor);
  }
  packet.pppoe = pppoe;
  if (version_type != 0x11) return stop(packet, Layer::pppoe, Problem::bad_version, version_type >> 4u, 1);
  const std::optional<uint32_t> left = cursor.packet_left();
  if (left && length > *left) return stop(packet, Layer::pppoe, Problem::bad_length, length, *left);
  cursor.narrow(length);
  packet.payload_len = length;
  if (pppoe.code == kSessionCode) return dissect_session(cursor, packet, ethertype);
  packet.ethertype = ethertype;
}

void append_pppoe(fmt::memory_buffer& out, const Packet& packet) {
  if (!packet.pppoe) return;
  const Pppoe& pppoe = *packet.pppoe;
  append(out, "PPPoE ");
  if (pppoe.code != kSessionCode) {
    if (const char* name = code_name(pppoe.code)) {
      fmt::format_to(fmt::appender(out), "{}", name);
    } else {
      fmt::format_to(fmt::appender(out), "code 0x{:02x}", pppoe.code);
    }
    if (pppoe.session != 0) out.push_back(' ');
  }
  if (pppoe.code == kSessionCode || pppoe.session != 0)
    fmt::format_to(fmt::appender(out), "[ses 0x{:x}]", pppoe.session);
  if (packet.ethertype == kEtherPppoeSession && pppoe.ppp_protocol) {
    if (const char* name = ppp_name(*pppoe.ppp_protocol)) {
      fmt::format_to(fmt::appender(out), " {}", name);
    } else {
      fmt::format_to(fmt::appender(out), " ppp-proto-0x{:04x}", *pppoe.ppp_protocol);
    }
  }
  const bool ends_here = packet.ethertype == kEtherPppoeSession || packet.ethertype == kEtherPppoeDiscovery;
  if (ends_here) return append_length(out, packet.payload_len);
  out.push_back(' ');
}

}  // namespace skbtrail::packet
