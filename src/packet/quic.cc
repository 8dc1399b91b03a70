// QUIC packets with a long header (RFC 9000 section 17.2; version 2 RFC 9369), which open a connection. Those with a
// short header cannot be told from other UDP datagrams.
//
//    0          1         5       6           6+n     7+n
//   +----------+---------+-------+-----------+-------+--- -
//   | 11tt.... | version | n     | dst id    | m     | src id      n, m: at most 20
//   +----------+---------+-------+-----------+-------+--- -
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kVersion1 = 1;
constexpr uint32_t kVersion2 = 0x6b3343cf;
constexpr uint8_t kLongHeader = 0xc0;
constexpr uint8_t kLongestId = 20;

// Only versions that are known: a datagram of something else is then taken for QUIC once in 2^34.
bool is_known(uint32_t version) noexcept {
  return version == kVersion1 || version == kVersion2;
}

const char* type_name(const Quic& quic) {
  constexpr const char* kNames[] = {"initial", "0-rtt", "handshake", "retry"};
  // Version 2 turned the types by one.
  return kNames[quic.version == kVersion2 ? (quic.type + 3) & 3 : quic.type];
}

}  // namespace

void dissect_quic(Cursor& cursor, Packet& packet) noexcept {
  Quic quic;
  uint8_t first = 0, id_len = 0;
  if (!(cursor.read(first) && cursor.read(quic.version) && cursor.read(id_len))) return;
  if ((first & kLongHeader) != kLongHeader || !is_known(quic.version) || id_len > kLongestId) return;
  quic.type = first >> 4 & 3;
  packet.application = quic;
}

void append_quic(fmt::memory_buffer& out, const Quic& quic) {
  fmt::format_to(fmt::appender(out), "quic, {}, v{}, ", type_name(quic), quic.version == kVersion2 ? 2 : 1);
}

}  // namespace skbtrail::packet
