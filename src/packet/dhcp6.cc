// DHCPv6 (RFC 8415), in tcpdump's words.
//
//    0      1     4                          a relay's: 0      1      2      18     34
//   +------+-----+--- -                                +------+------+------+------+--- -
//   | type | xid | options                             | type | hops | link | peer | options
//   +------+-----+--- -                                +------+------+------+------+--- -
//    an option: code 2, len 2, body. IA_NA and IA_PD are options that hold options, behind 12 bytes.
//
// Of the options the first address or prefix and the first status are read.
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kShortest = 8;  // with one option, which every message has
enum Type : uint8_t { kRelayForward = 12, kRelayReply = 13 };
enum OptionCode : uint16_t {
  kIaNa = 3,
  kIaTa = 4,
  kIaAddress = 5,
  kStatus = 13,
  kIaPd = 25,
  kIaPrefix = 26,
};

const char* type_name(uint8_t type) noexcept {
  constexpr const char* kNames[] = {nullptr,       "solicit", "advertise", "request",    "confirm",
                                    "renew",       "rebind",  "reply",     "release",    "decline",
                                    "reconfigure", "inf-req", "relay-fwd", "relay-reply"};
  return type < std::size(kNames) ? kNames[type] : nullptr;
}

const char* status_name(uint16_t status) noexcept {
  constexpr const char* kNames[] = {"Success",   "UnspecFail",   "NoAddrsAvail", "NoBinding",
                                    "NotOnLink", "UseMulticast", "NoPrefixAvail"};
  return status < std::size(kNames) ? kNames[status] : nullptr;
}

// Whether an option begins at the cursor.
bool begins_option(Cursor cursor) noexcept {
  uint16_t code = 0, len = 0;
  return cursor.read(code) && cursor.read(len) && code != 0 && code < 256 &&
         len <= cursor.packet_left().value_or(UINT32_MAX);
}

void take_status(Cursor body, Dhcp6& dhcp) noexcept {
  uint16_t status = 0;
  if (!dhcp.status && body.read(status)) dhcp.status = status;
}

// `skipped`: what stands before the address.
void take_address(Cursor body, bool prefix, Dhcp6& dhcp) noexcept {
  uint8_t len = 0;
  if (dhcp.has_address || (prefix && !(body.skip(8) && body.read(len)))) return;
  const Offset begin{body.offset()};
  if (!body.skip(16)) return;
  dhcp.has_address = true;
  dhcp.prefix = prefix;
  dhcp.prefix_len = len;
  dhcp.address = begin;
}

// What an option of an identity association holds.
void take_association(Cursor body, uint32_t before_options, Dhcp6& dhcp) noexcept {
  uint16_t code = 0, len = 0;
  if (!body.skip(before_options)) return;
  while (body.read(code) && body.read(len)) {
    Cursor option = body;
    if (!body.skip(len)) return;
    option.narrow(len);
    if (code == kIaAddress) take_address(option, false, dhcp);
    if (code == kIaPrefix) take_address(option, true, dhcp);
    if (code == kStatus) take_status(option, dhcp);
  }
}

void take_option(uint16_t code, const Cursor& body, Dhcp6& dhcp) noexcept {
  switch (code) {
    case kIaNa:
    case kIaPd: return take_association(body, 12, dhcp);
    case kIaTa: return take_association(body, 4, dhcp);
    case kStatus: return take_status(body, dhcp);
    default: return;
  }
}

// False where the bytes end inside of an option.
bool read_options(Cursor& cursor, Dhcp6& dhcp) noexcept {
  uint16_t code = 0, len = 0;
  while (cursor.packet_left() != 0u) {
    if (!(cursor.read(code) && cursor.read(len))) return false;
    Cursor body = cursor;
    if (!cursor.skip(len)) return false;
    body.narrow(len);
    take_option(code, body, dhcp);
  }
  return true;
}

}  // namespace

void dissect_dhcp6(Cursor cursor, Packet& packet) noexcept {
  Dhcp6 dhcp;
  uint32_t type_xid = 0;
  if (packet.payload_len.value_or(0) < kShortest || !cursor.read(type_xid)) return;
  dhcp.type = static_cast<uint8_t>(type_xid >> 24);
  dhcp.xid = type_xid & 0xffffff;
  if (!type_name(dhcp.type)) return;
  if (dhcp.is_relayed()) {
    dhcp.xid = 0;
    if (cursor.skip(2 * 16 - 2) && begins_option(cursor)) packet.application = dhcp;
    return;
  }
  if (!begins_option(cursor)) return;
  const bool readable = read_options(cursor, dhcp);
  packet.application = dhcp;
  if (!readable) stop(packet, Layer::dhcp6, cursor);
}

void append_dhcp6(fmt::memory_buffer& out, const Bytes& from, const Packet& packet, const Dhcp6& dhcp) {
  append(out, "dhcp6 ");
  append(out, dhcp6_type_name(dhcp.type));
  append_length(out, packet.payload_len);
  if (!dhcp.is_relayed()) fmt::format_to(fmt::appender(out), ", xid 0x{:06x}", dhcp.xid);
  IpAddress address;
  Cursor at = cursor_at(from, dhcp.address);
  if (dhcp.has_address && read_ipv6_address(at, address)) {
    append(out, dhcp.prefix ? ", prefix " : ", address ");
    append_address(out, address);
    if (dhcp.prefix) fmt::format_to(fmt::appender(out), "/{}", dhcp.prefix_len);
  }
  if (!dhcp.status) return;
  const char* name = status_name(*dhcp.status);
  name ? fmt::format_to(fmt::appender(out), ", status {}", name)
       : fmt::format_to(fmt::appender(out), ", status {}", *dhcp.status);
}

const char* dhcp6_type_name(uint8_t type) noexcept {
  const char* name = type_name(type);
  return name ? name : "unknown";
}

}  // namespace skbtrail::packet
