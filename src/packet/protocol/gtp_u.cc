// GTP-U (3GPP TS 29.281 section 5): packets of mobile networks between base station and core.
//
//    0       1      2     4      8     10      11     12
//   +-------+------+-----+------+-----+-------+------+---- -  extension headers: +-----+---------+------+
//   | flags | type | len | TEID | seq | N-PDU | next | ...                       | n   | content | next |  4n bytes
//   +-------+------+-----+------+-----+-------+------+---- -                     +-----+---------+------+
//    flags: version 3 bits (1), 0x10 (GTP, not GTP'), 0x04 next, 0x02 seq and 0x01 N-PDU mean something; with none of
//    the three the header ends after the TEID. len: of all after the TEID. next: 0, or an extension header follows
//
// Of what a G-PDU carries the first byte tells whether it is IP; a session may carry Ethernet or anything else.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_gtp_u;

namespace {

constexpr uint8_t kVersionMask = 0xf0, kVersion1 = 0x30;
constexpr uint8_t kHasMore = 0x07, kHasNext = 0x04;
constexpr unsigned kMostExtensions = 8;
enum Type : uint8_t { kEchoRequest = 1, kEchoResponse = 2, kError = 26, kExtensions = 31, kEnd = 254, kData = 255 };

struct Gtp {
  uint8_t type = 0;
  uint32_t teid = 0;

  bool operator==(const Gtp&) const = default;
};

const char* type_name(uint8_t type) noexcept {
  switch (type) {
    case kEchoRequest: return "Echo Request";
    case kEchoResponse: return "Echo Response";
    case kError: return "Error Indication";
    case kExtensions: return "Supported Extension Headers Notification";
    case kEnd: return "End Marker";
    case kData: return "G-PDU";
    default: return nullptr;
  }
}

// After the header. False, and the packet is stopped, where it does not end.
bool skip_extensions(Cursor& cursor, Packet& packet, uint8_t flags) noexcept {
  uint8_t next = 0, words = 0;
  if ((flags & kHasMore) == 0) return true;
  bool readable = cursor.skip(3) && cursor.read(next);
  if ((flags & kHasNext) == 0) next = 0;
  for (unsigned i = 0; readable && next != 0; ++i) {
    readable = cursor.read(words);
    if (!readable) break;
    if (words == 0 || i == kMostExtensions) {
      const Problem problem = words == 0 ? Problem::bad_length : Problem::too_deep;
      stop(packet, protocol_gtp_u, problem, words == 0 ? 0 : i + 1, words == 0 ? 1 : i);
      return false;
    }
    readable = cursor.skip(words * 4u - 2) && cursor.read(next);
  }
  if (!readable) stop(packet, protocol_gtp_u, cursor);
  return readable;
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Gtp gtp;
  uint8_t flags = 0, first = 0;
  uint16_t len = 0;
  if (cursor.read(flags) && (flags & kVersionMask) != kVersion1) return;
  if (!(cursor.read(gtp.type) && cursor.read(len) && cursor.read(gtp.teid))) {
    return stop(packet, protocol_gtp_u, cursor);
  }
  if (!type_name(gtp.type)) return;
  packet.message.set(protocol_gtp_u, gtp);
  const uint32_t there = cursor.packet_left().value_or(len);
  if (len > there) return stop(packet, protocol_gtp_u, Problem::bad_length, len, there);
  cursor.narrow(len);
  if (!skip_extensions(cursor, packet, flags)) return;
  packet.payload_len = cursor.packet_left();
  if (gtp.type != kData || packet.payload_len == 0u) return;
  Cursor ahead = cursor;
  if (!ahead.read(first)) return stop(packet, protocol_gtp_u, ahead);
  if (first >> 4 == 4) carry_ethertype(cursor, packet, Tunnel::none, kEtherIpv4);
  if (first >> 4 == 6) carry_ethertype(cursor, packet, Tunnel::none, kEtherIpv6);
}

void append_gtp(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  const Gtp& gtp = packet.message.get<Gtp>();
  fmt::format_to(fmt::appender(out), "GTP-U, {}, teid 0x{:08x}", type_name(gtp.type), gtp.teid);
  packet.inner ? append(out, ", ") : append_length(out, packet.payload_len);
}

Value teid(const Bytes&, const Packet& packet, Scratch&) {
  return number(packet.message.get<Gtp>().teid);
}

Value type(const Bytes&, const Packet& packet, Scratch&) {
  return std::string_view(type_name(packet.message.get<Gtp>().type));
}

constexpr Rule kRules[] = {{By::udp_port, 2152, dissect}};
constexpr MessageField kFields[] = {
    {"gtp_teid", Shown::hex, "tunnel endpoint identifier of the outermost GTP-U", 10, teid, true},
    {"gtp_type", Shown::text, "its message: G-PDU, Echo Request, Error Indication, ...", 5, type, true},
};

}  // namespace

const Protocol protocol_gtp_u{.name = "gtp", .rules = kRules, .append = append_gtp, .fields = kFields, .tunnel = "gtp"};

}  // namespace skbtrail::packet
