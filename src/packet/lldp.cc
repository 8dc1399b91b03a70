// LLDP (IEEE 802.1AB): a list of elements, the first three always the ids of chassis and port and the time to live.
//
//    0              2
//   +------+-------+------------- - -
//   | type | len   | value                  type 7 bits, len 9 bits: of the value
//   +------+-------+------------- - -
//    ids have a subtype in the first byte; type 5 is the system's name, type 0 ends the list
//
// The texts stay in the bytes: a Packet has no room for them.
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t { kEnd = 0, kChassis = 1, kPort = 2, kTtl = 3, kSystemName = 5 };

constexpr unsigned kMaxElements = 64;
constexpr size_t kMaxShown = 64;  // bytes of a text in a line

struct Element {
  uint8_t type = kEnd;
  uint32_t len = 0;
};

bool read_element(Cursor& cursor, Element& element) noexcept {
  uint16_t type_len = 0;
  if (!cursor.read(type_len)) return false;
  element = {static_cast<uint8_t>(type_len >> 9), type_len & 0x1ffu};
  return true;
}

bool read_id(Cursor& cursor, uint32_t len, uint8_t& kind, Position& value) noexcept {
  if (len == 0) return true;
  if (!cursor.read(kind)) return false;
  value = {cursor.offset(), len - 1};
  return cursor.skip(len - 1);
}

bool read_value(Cursor& cursor, const Element& element, Lldp& lldp) noexcept {
  switch (element.type) {
    case kChassis: return read_id(cursor, element.len, lldp.chassis_kind, lldp.chassis);
    case kPort: return read_id(cursor, element.len, lldp.port_kind, lldp.port);
    case kTtl:
      if (element.len < sizeof(lldp.ttl_s)) return cursor.skip(element.len);
      return cursor.read(lldp.ttl_s) && cursor.skip(element.len - sizeof(lldp.ttl_s));
    case kSystemName: lldp.name = Position{cursor.offset(), element.len}; [[fallthrough]];
    default: return cursor.skip(element.len);
  }
}

std::span<const uint8_t> piece(const Bytes& from, Position at) {
  if (at.begin > from.bytes.size() || at.len > from.bytes.size() - at.begin) return {};
  return from.bytes.subspan(at.begin, at.len);
}

void append_printable(fmt::memory_buffer& out, std::span<const uint8_t> text) {
  for (const uint8_t byte : text.first(std::min(text.size(), kMaxShown))) {
    out.push_back(byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.');
  }
  if (text.size() > kMaxShown) append(out, "...");
}

// An address of the IANA's family in the first byte; false, and nothing said, if it is no IP address.
bool append_network_address(fmt::memory_buffer& out, std::span<const uint8_t> bytes) {
  constexpr uint8_t kFamilyIpv4 = 1, kFamilyIpv6 = 2;
  IpAddress address;
  if (bytes.size() == 5 && bytes[0] == kFamilyIpv4) {
    address.version = 4;
  } else if (bytes.size() == 17 && bytes[0] == kFamilyIpv6) {
    address.version = 6;
  } else {
    return false;
  }
  std::memcpy(address.bytes.data(), bytes.data() + 1, bytes.size() - 1);
  append_address(out, address);
  return true;
}

void append_id(fmt::memory_buffer& out, const Bytes& from, Position at, bool is_mac, bool is_network) {
  const std::span<const uint8_t> bytes = piece(from, at);
  MacAddress mac;
  if (is_mac && bytes.size() == mac.bytes.size()) {
    std::memcpy(mac.bytes.data(), bytes.data(), bytes.size());
    return append_address(out, mac);
  }
  if (!is_network || !append_network_address(out, bytes)) append_printable(out, bytes);
}

}  // namespace

void dissect_lldp(Cursor& cursor, Packet& packet) noexcept {
  packet.payload_len = cursor.packet_left();
  Lldp lldp;
  Element element;
  for (unsigned i = 0; i < kMaxElements; ++i) {
    if (!read_element(cursor, element)) return stop(packet, Layer::lldp, cursor);
    // The ids come first, or it is not LLDP as anyone may send it (802.1AB-2016 9.2.7.7.1).
    if (i < 3 && element.type != i + 1) return stop(packet, Layer::lldp, Problem::bad_type, element.type, i + 1);
    if (!read_value(cursor, element, lldp)) return stop(packet, Layer::lldp, cursor);
    if (element.type == kEnd) break;
  }
  packet.carried = lldp;
}

void append_lldp_chassis(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp) {
  append_id(out, from, lldp.chassis, lldp.chassis_kind == 4, lldp.chassis_kind == 5);
}

void append_lldp_port(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp) {
  append_id(out, from, lldp.port, lldp.port_kind == 3, lldp.port_kind == 4);
}

void append_lldp_name(fmt::memory_buffer& out, const Bytes& from, const Lldp& lldp) {
  if (lldp.name) append_printable(out, piece(from, *lldp.name));
}

void append_lldp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Lldp* lldp = std::get_if<Lldp>(&packet.carried);
  append(out, "LLDP");
  if (lldp == nullptr) return;
  append(out, ", chassis ");
  append_lldp_chassis(out, from, *lldp);
  append(out, ", port ");
  append_lldp_port(out, from, *lldp);
  fmt::format_to(fmt::appender(out), ", ttl {}", lldp->ttl_s);
  if (lldp->name) {
    append(out, ", name ");
    append_lldp_name(out, from, *lldp);
  }
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
