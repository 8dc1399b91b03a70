// DHCPv6 (RFC 8415; later types of messages RFC 5007, 6977, 7341, 9686), in tcpdump's words.
//
//    0      1     4                          a relay's: 0      1      2      18     34
//   +------+-----+--- -                                +------+------+------+------+--- -
//   | type | xid | options                             | type | hops | link | peer | options
//   +------+-----+--- -                                +------+------+------+------+--- -
//    an option: code 2, len 2, body. IA_NA and IA_PD are options that hold options, after 12 bytes.
//
// Messages between DHCPv4 and DHCPv6 (RFC 7341) have flags in place of the transaction id. What goes over TCP alone
// (RFC 5460, 7653, 8156) is not looked for.
//
// Of the options the first address or prefix and the first status are read.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_dhcp6;

namespace {

struct Dhcp6 {
  enum Type : uint8_t { kRelayForward = 12, kRelayReply = 13, kDhcp4Query = 20, kDhcp4Response = 21 };

  uint8_t type = 0;
  uint32_t xid = 0;                // 24 bits; see has_xid()
  std::optional<uint16_t> status;  // the first one
  bool has_address = false;        // the first address or prefix of an identity association
  bool prefix = false;
  uint8_t prefix_len = 0;
  Offset address;

  bool is_relayed() const noexcept { return type == kRelayForward || type == kRelayReply; }
  bool has_xid() const noexcept { return !is_relayed() && type != kDhcp4Query && type != kDhcp4Response; }
  bool operator==(const Dhcp6&) const = default;
};

constexpr uint32_t kShortest = 8;  // with one option, which every message has
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
  if (type < std::size(kNames)) return kNames[type];
  switch (type) {
    case 14: return "leasequery";
    case 15: return "leasequery-reply";
    case 18: return "reconfigure-request";
    case 19: return "reconfigure-reply";
    case Dhcp6::kDhcp4Query: return "dhcpv4-query";
    case Dhcp6::kDhcp4Response: return "dhcpv4-response";
    case 36: return "addr-reg-inform";
    case 37: return "addr-reg-reply";
    default: return nullptr;
  }
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

// The bytes of an option are all there: what reads them is false where they are too few.

bool take_status(Cursor body, Dhcp6& dhcp) noexcept {
  uint16_t status = 0;
  if (!body.read(status)) return false;
  if (!dhcp.status) dhcp.status = status;
  return true;
}

bool take_address(Cursor body, bool prefix, Dhcp6& dhcp) noexcept {
  uint8_t len = 0;
  if (prefix && !(body.skip(8) && body.read(len))) return false;
  const Offset begin{body.offset()};
  if (!body.skip(16)) return false;
  if (dhcp.has_address) return true;
  dhcp.has_address = true;
  dhcp.prefix = prefix;
  dhcp.prefix_len = len;
  dhcp.address = begin;
  return true;
}

bool take_associated(uint16_t code, const Cursor& body, Dhcp6& dhcp) noexcept {
  switch (code) {
    case kIaAddress: return take_address(body, false, dhcp);
    case kIaPrefix: return take_address(body, true, dhcp);
    case kStatus: return take_status(body, dhcp);
    default: return true;
  }
}

// What an option of an identity association holds.
bool take_association(Cursor body, uint32_t before_options, Dhcp6& dhcp) noexcept {
  uint16_t code = 0, len = 0;
  if (!body.skip(before_options)) return false;
  while (body.packet_left() != 0u) {
    if (!(body.read(code) && body.read(len))) return false;
    Cursor option = body;
    if (!body.skip(len)) return false;
    option.narrow(len);
    if (!take_associated(code, option, dhcp)) return false;
  }
  return true;
}

bool take_option(uint16_t code, const Cursor& body, Dhcp6& dhcp) noexcept {
  switch (code) {
    case kIaNa:
    case kIaPd: return take_association(body, 12, dhcp);
    case kIaTa: return take_association(body, 4, dhcp);
    case kStatus: return take_status(body, dhcp);
    default: return true;
  }
}

// False where the bytes end inside of an option, and after one that is too short for what it holds: `code` and `len`.
bool read_options(Cursor& cursor, Dhcp6& dhcp, uint16_t& code, uint16_t& len) noexcept {
  while (cursor.packet_left() != 0u) {
    if (!(cursor.read(code) && cursor.read(len))) return false;
    Cursor body = cursor;
    if (!cursor.skip(len)) return false;
    body.narrow(len);
    if (!take_option(code, body, dhcp)) return false;
  }
  return true;
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Dhcp6 dhcp;
  uint32_t type_xid = 0;
  if (packet.payload_len.value_or(0) < kShortest || !cursor.read(type_xid)) return;
  dhcp.type = static_cast<uint8_t>(type_xid >> 24);
  if (!type_name(dhcp.type)) return;
  if (dhcp.has_xid()) dhcp.xid = type_xid & 0xffffff;
  if (dhcp.is_relayed()) {
    if (cursor.skip(2 * 16 - 2) && begins_option(cursor)) packet.message.set(protocol_dhcp6, dhcp);
    return;
  }
  if (!begins_option(cursor)) return;
  uint16_t code = 0, len = 0;
  const bool readable = read_options(cursor, dhcp, code, len);
  packet.message.set(protocol_dhcp6, dhcp);
  if (readable) return;
  cursor.shortage() == Cursor::Shortage::none ? stop(packet, protocol_dhcp6, Problem::bad_option, code, len)
                                              : stop(packet, protocol_dhcp6, cursor);
}

void append_dhcp6(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Dhcp6& dhcp = packet.message.get<Dhcp6>();
  append(out, "dhcp6 ");
  append(out, type_name(dhcp.type));
  append_length(out, packet.payload_len);
  if (dhcp.has_xid()) fmt::format_to(fmt::appender(out), ", xid 0x{:06x}", dhcp.xid);
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

Value type(const Bytes&, const Packet& packet, Scratch&) {
  return std::string_view(type_name(packet.message.get<Dhcp6>().type));
}

Value xid(const Bytes&, const Packet& packet, Scratch&) {
  const Dhcp6& dhcp = packet.message.get<Dhcp6>();
  return dhcp.has_xid() ? number(dhcp.xid) : Value();
}

constexpr Rule kRules[] = {{By::udp_port, 546, dissect}, {By::udp_port, 547, dissect}};  // client, server
constexpr MessageField kFields[] = {
    {"dhcp_type", Shown::text, "", 8, type},
    {"dhcp_xid", Shown::hex, "", 10, xid},
};

}  // namespace

const Protocol protocol_dhcp6{
    .name = "dhcp6", .rules = kRules, .append = append_dhcp6, .fields = kFields, .order = 50, .has_own_length = true};

}  // namespace skbtrail::packet
