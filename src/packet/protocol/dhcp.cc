// BOOTP and DHCP (RFC 951, RFC 2131; options RFC 2132).
//
//    0    1       2      3      4     8      12       16       20       24       28       44      236      240
//   +----+-------+------+------+-----+------+--------+--------+--------+--------+--------+--- - -+--------+--- -
//   | op | htype | hlen | hops | xid | secs | ciaddr | yiaddr | siaddr | giaddr | chaddr | names | cookie | options
//   +----+-------+------+------+-----+------+--------+--------+--------+--------+--------+--- - -+--------+--- -
//    an option: kind, len, body; kinds 0 (padding) and 255 (end) are one byte
//
// Option 52 says that options go on in the names (RFC 2132 section 9.3): 1: of the file, 2: of the server, 3: of both.
//
// The kind of message is in the options, after more bytes than are copied by default: what is cut before is named
// as tcpdump does, by the two words of BOOTP.
#include "packet/protocol.h"

namespace skbtrail::packet {

extern const Protocol protocol_dhcp;

namespace {

// BOOTP and DHCP.
struct Dhcp {
  uint8_t op = 0;                 // 1: request, 2: reply
  uint8_t type = 0;               // of the message; 0: BOOTP, or its option is not there
  std::optional<MacAddress> mac;  // of the client
  std::optional<uint32_t> xid;
  uint32_t client = 0;     // address that the client has, 0: none
  uint32_t your = 0;       // that it gets
  uint32_t requested = 0;  // that it asks for

  bool operator==(const Dhcp&) const = default;
};

constexpr uint32_t kFixedLen = 236;
constexpr uint32_t kServerNameLen = 64, kFileNameLen = 128;
constexpr uint32_t kCookie = 0x63825363;
constexpr uint8_t kEthernet = 1;
constexpr uint8_t kLongestAddress = 16;
enum Op : uint8_t { kRequest = 1, kReply = 2 };
enum OptionKind : uint8_t { kPad = 0, kRequestedAddress = 50, kOverload = 52, kMessageType = 53, kEnd = 255 };
enum Overload : uint8_t { kInFileName = 1, kInServerName = 2, kInBoth = 3 };

const char* type_name(uint8_t type) noexcept {
  constexpr const char* kNames[] = {nullptr, "Discover", "Offer",   "Request", "Decline",
                                    "ACK",   "NAK",      "Release", "Inform"};
  return type < std::size(kNames) ? kNames[type] : nullptr;
}

// Of Ethernet or without a hardware address of its own; what else comes by on the ports is none.
bool is_plausible(uint8_t op, uint8_t hardware_type, uint8_t hardware_len) noexcept {
  if (op != kRequest && op != kReply) return false;
  return hardware_type == kEthernet ? hardware_len == 6 : hardware_type != 0 && hardware_len <= kLongestAddress;
}

bool stop_reading(Packet& packet, const Cursor& cursor) noexcept {
  stop(packet, protocol_dhcp, cursor);
  return false;
}

// The cursor is left at the names.
bool read_fixed(Cursor& cursor, uint8_t hardware_type, Dhcp& dhcp) noexcept {
  uint32_t secs_flags = 0;
  MacAddress mac;
  uint32_t xid = 0;
  if (!cursor.read(xid)) return false;
  dhcp.xid = xid;
  if (!(cursor.read(secs_flags) && cursor.read(dhcp.client) && cursor.read(dhcp.your))) {
    return false;
  }
  if (!(cursor.skip(8) && cursor.read(mac.bytes))) return false;
  if (hardware_type == kEthernet) dhcp.mac = mac;
  return cursor.skip(kLongestAddress - mac.bytes.size());
}

// False for a length that the option cannot have.
bool take_option(const Option& option, Dhcp& dhcp, uint8_t& overload) noexcept {
  Cursor body = option.body;
  switch (option.kind) {
    case kRequestedAddress: return option.len == 4 && body.read(dhcp.requested);
    case kOverload: return option.len == 1 && body.read(overload);
    case kMessageType: return option.len == 1 && (dhcp.type != 0 || body.read(dhcp.type));
    default: return true;
  }
}

// False, and the packet is stopped, where the bytes end inside of an option, and at a bad one.
bool read_options(Cursor cursor, Packet& packet, Dhcp& dhcp, uint8_t& overload) noexcept {
  Option option{.body = cursor};
  while (cursor.packet_left() != 0u) {
    if (!cursor.read(option.kind)) return stop_reading(packet, cursor);
    if (option.kind == kEnd) return true;
    if (option.kind == kPad) continue;
    if (!cursor.read(option.len)) return stop_reading(packet, cursor);
    option.body = cursor;
    if (!cursor.skip(option.len)) return stop_reading(packet, cursor);
    if (take_option(option, dhcp, overload)) continue;
    stop(packet, protocol_dhcp, Problem::bad_option, option.kind, option.len);
    return false;
  }
  return true;
}

// The same of those in the names, in the order of RFC 2131 section 4.1.
void read_overloaded(const Cursor& names, Packet& packet, Dhcp& dhcp, uint8_t overload) noexcept {
  Cursor server = names, file = names;
  uint8_t ignored = 0;
  if (overload > kInBoth || !file.skip(kServerNameLen)) return;
  server.narrow(kServerNameLen);
  file.narrow(kFileNameLen);
  if ((overload & kInFileName) && !read_options(file, packet, dhcp, ignored)) return;
  if (overload & kInServerName) (void)read_options(server, packet, dhcp, ignored);
}

// Names and what is after them.
void read_names_and_options(Cursor cursor, Packet& packet, Dhcp& dhcp) noexcept {
  const Cursor names = cursor;
  uint32_t cookie = 0;
  uint8_t overload = 0;
  if (!cursor.skip(kServerNameLen + kFileNameLen)) return stop(packet, protocol_dhcp, cursor);
  if (cursor.packet_left().value_or(0) < sizeof(cookie)) return;
  if (!cursor.read(cookie)) return stop(packet, protocol_dhcp, cursor);
  if (cookie != kCookie || !read_options(cursor, packet, dhcp, overload)) return;
  read_overloaded(names, packet, dhcp, overload);
}

void append_ipv4(fmt::memory_buffer& out, std::string_view before, uint32_t address) {
  if (address == 0) return;
  append(out, before);
  append_address(out, ipv4_address(address));
}

void append_type(fmt::memory_buffer& out, const Dhcp& dhcp) {
  if (const char* name = type_name(dhcp.type)) return append(out, name);
  fmt::format_to(fmt::appender(out), "type {}", dhcp.type);
}

void append_message(fmt::memory_buffer& out, const Dhcp& dhcp) {
  append(out, "DHCP ");
  append_type(out, dhcp);
  if (!dhcp.mac) return;
  append(out, dhcp.op == kRequest ? " from " : " for ");
  append_address(out, *dhcp.mac);
}

void append_bootp(fmt::memory_buffer& out, const Dhcp& dhcp) {
  append(out, dhcp.op == kRequest ? "BOOTP/DHCP, Request" : "BOOTP/DHCP, Reply");
  if (!dhcp.mac || dhcp.op != kRequest) return;
  append(out, " from ");
  append_address(out, *dhcp.mac);
}

void dissect(Cursor& cursor, Packet& packet) noexcept {
  Dhcp dhcp;
  uint8_t hardware_type = 0, hardware_len = 0, hops = 0;
  if (packet.payload_len.value_or(0) < kFixedLen) return;
  if (!(cursor.read(dhcp.op) && cursor.read(hardware_type) && cursor.read(hardware_len) && cursor.read(hops))) return;
  if (!is_plausible(dhcp.op, hardware_type, hardware_len)) return;
  if (read_fixed(cursor, hardware_type, dhcp)) {
    read_names_and_options(cursor, packet, dhcp);
  } else {
    stop(packet, protocol_dhcp, cursor);
  }
  packet.message.set(protocol_dhcp, dhcp);
}

void append_dhcp(fmt::memory_buffer& out, const Bytes&, const Packet& packet) {
  const Dhcp& dhcp = packet.message.get<Dhcp>();
  dhcp.type != 0 ? append_message(out, dhcp) : append_bootp(out, dhcp);
  append_length(out, packet.payload_len);
  if (dhcp.xid) fmt::format_to(fmt::appender(out), ", xid 0x{:08x}", *dhcp.xid);
  append_ipv4(out, ", ask ", dhcp.requested);
  append_ipv4(out, ", client ", dhcp.client);
  append_ipv4(out, ", your ", dhcp.your);
}

Value type(const Bytes&, const Packet& packet, Scratch& scratch) {
  const Dhcp& dhcp = packet.message.get<Dhcp>();
  if (dhcp.type != 0) append_type(scratch, dhcp);
  return text_in(scratch);
}

Value xid(const Bytes&, const Packet& packet, Scratch&) {
  const Dhcp& dhcp = packet.message.get<Dhcp>();
  return dhcp.xid ? number(*dhcp.xid) : Value();
}

constexpr Rule kRules[] = {{By::udp_port, 67, dissect}, {By::udp_port, 68, dissect}};  // server, client
constexpr MessageField kFields[] = {
    {"dhcp_type", Shown::text, "Discover, Offer, Request, ACK, ...; of DHCPv6 solicit, reply, ...", 8, type},
    {"dhcp_xid", Shown::hex, "transaction id of DHCP or DHCPv6", 10, xid},
};

}  // namespace

const Protocol protocol_dhcp{
    .name = "dhcp", .rules = kRules, .append = append_dhcp, .fields = kFields, .order = 50, .has_own_length = true};

}  // namespace skbtrail::packet
