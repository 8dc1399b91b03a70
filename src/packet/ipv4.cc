// IPv4 (RFC 791). Options: ip_options.cc. A fragment that is not the first has no upper header.
//
//    0      1     2              4      6             8     9       10         12    16    20
//   +------+-----+--------------+------+-------------+-----+-------+----------+-----+-----+--- -
//   |v4|ihl| tos | total length | id   |flags| offset| ttl | proto | checksum | src | dst | options
//   +------+-----+--------------+------+-------------+-----+-------+----------+-----+-----+--- -
//    ihl: header length in 4-byte words; flags: reserved, don't fragment, more fragments;
//    offset: 8-byte units
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kFixedLen = 20;

bool read_fixed(Cursor& cursor, Ip& ip, uint16_t& total_len) noexcept {
  uint16_t id = 0, fragment = 0, checksum = 0;
  if (!(cursor.read(ip.tos) && cursor.read(total_len) && cursor.read(id) && cursor.read(fragment) &&
        cursor.read(ip.ttl) && cursor.read(ip.protocol) && cursor.read(checksum) && read_ipv4_address(cursor, ip.src) &&
        read_ipv4_address(cursor, ip.dst))) {
    return false;
  }
  ip.id = id;
  ip.dont_fragment = (fragment & 0x4000) != 0;
  ip.more_fragments = (fragment & 0x2000) != 0;
  ip.fragment_offset = static_cast<uint16_t>((fragment & 0x1fff) * 8);
  return true;
}

// A total length of 0 is a packet before segmentation that is larger than the field can tell.
void set_lengths(Cursor& cursor, Ip& ip, uint16_t total_len) noexcept {
  const std::optional<uint32_t> left = cursor.packet_left();
  if (total_len != 0) {
    ip.total_len = total_len;
    const uint32_t after_fixed = total_len - kFixedLen;
    if (left && after_fixed > *left) ip.missing_len = after_fixed - *left;
    cursor.narrow(after_fixed);
  } else if (left) {
    ip.total_len = kFixedLen + *left;
  }
  if (ip.total_len && *ip.total_len >= ip.header_len) ip.payload_len = *ip.total_len - ip.header_len;
}

}  // namespace

bool read_ipv4_address(Cursor& cursor, IpAddress& address) noexcept {
  std::array<uint8_t, 4> bytes;
  if (!cursor.read(bytes)) return false;
  std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
  address.version = 4;
  return true;
}

void dissect_ipv4(Cursor& cursor, Packet& packet) noexcept {
  const Offset begin{cursor.offset()};
  uint8_t version_ihl = 0;
  if (!cursor.read(version_ihl)) return stop(packet, Layer::ipv4, cursor);
  if (version_ihl >> 4 != 4) return stop(packet, Layer::ipv4, Problem::bad_version, version_ihl >> 4, 4);
  Ip& ip = packet.ip.emplace();
  uint16_t total_len = 0;
  if (!read_fixed(cursor, ip, total_len)) {
    packet.ip.reset();
    return stop(packet, Layer::ipv4, cursor);
  }
  ip.version = 4;
  ip.begin = begin;
  ip.header_len = (version_ihl & 15u) * 4;
  if (ip.header_len < kFixedLen) {
    return stop(packet, Layer::ipv4, Problem::bad_header_length, ip.header_len, kFixedLen);
  }
  if (total_len != 0 && total_len < ip.header_len) {
    return stop(packet, Layer::ipv4, Problem::bad_length, total_len, ip.header_len);
  }
  set_lengths(cursor, ip, total_len);
  packet.payload_len = ip.payload_len;
  Cursor options = cursor;
  options.narrow(ip.header_len - kFixedLen);
  if (!cursor.skip(ip.header_len - kFixedLen)) return stop(packet, Layer::ipv4, cursor);
  ip.has_options = ip.header_len > kFixedLen;
  check_options(packet, Layer::ipv4, options);
  if (ip.fragment_offset == 0) dissect_after_options(cursor, packet);
}

void dissect_quoted_ipv4(Cursor& cursor, Packet& packet) noexcept {
  uint8_t version_ihl = 0;
  if (!cursor.read(version_ihl)) return stop(packet, Layer::icmp, cursor);
  if (version_ihl >> 4 != 4) return stop(packet, Layer::quoted, Problem::bad_version, version_ihl >> 4, 4);
  Ip ip;
  uint16_t total_len = 0;
  if (!read_fixed(cursor, ip, total_len)) return stop(packet, Layer::icmp, cursor);
  Quoted& quoted = packet.icmp->quoted.emplace();
  quoted.src = ip.src;
  quoted.dst = ip.dst;
  quoted.protocol = ip.protocol;
  if (total_len != 0) quoted.total_len = total_len;
  const uint32_t header_len = (version_ihl & 15u) * 4;
  if (header_len < kFixedLen) {
    return stop(packet, Layer::quoted, Problem::bad_header_length, header_len, kFixedLen);
  }
  if (ip.fragment_offset != 0) return;
  if (!(cursor.skip(header_len - kFixedLen) && read_quoted_upper(cursor, quoted))) stop(packet, Layer::icmp, cursor);
}

}  // namespace skbtrail::packet
