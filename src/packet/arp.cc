// ARP (RFC 826), reverse ARP (RFC 903), inverse ARP (RFC 2390). Addresses are decoded between Ethernet and
// IPv4.
//
//    0          2          4      5      6           8           8+h      8+h+p     8+2h+p
//   +----------+----------+------+------+-----------+-----------+---------+----------+---------+
//   | hardware | protocol | h:   | p:   | operation | sender    | sender  | target   | target  |
//   | type     | type     | len  | len  |           | hardware  | protocol| hardware | protocol|
//   +----------+----------+------+------+-----------+-----------+---------+----------+---------+
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

enum Operation : uint16_t {
  kRequest = 1,
  kReply = 2,
  kReverseRequest = 3,
  kReverseReply = 4,
  kInverseRequest = 8,
  kInverseReply = 9
};

constexpr size_t kMacLen = 6;
constexpr size_t kIpv4Len = 4;

const char* hardware_name(uint16_t type) {
  switch (type) {
    case 1: return "Ethernet";
    case 6: return "TokenRing";
    case 7: return "ArcNet";
    case 15: return "FrameRelay";
    case 19: return "ATM";
    case 24: return "IEEE 1394";
    case 32: return "InfiniBand";
    default: return nullptr;
  }
}

bool read_addresses(Cursor& cursor, ArpAddresses& addresses) noexcept {
  return cursor.read(addresses.sender_mac.bytes) && read_ipv4_address(cursor, addresses.sender_ip) &&
         cursor.read(addresses.target_mac.bytes) && read_ipv4_address(cursor, addresses.target_ip);
}

void append_kinds(fmt::memory_buffer& out, const Arp& arp) {
  if (const char* name = hardware_name(arp.hardware_type)) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "Unknown Hardware ({})", arp.hardware_type);
  }
  fmt::format_to(fmt::appender(out), " (len {}), ", arp.hardware_len);
  if (const char* name = ethertype_name(arp.protocol_type)) {
    append(out, name);
  } else {
    fmt::format_to(fmt::appender(out), "Unknown Protocol (0x{:04x})", arp.protocol_type);
  }
  fmt::format_to(fmt::appender(out), " (len {})", arp.protocol_len);
}

template <class First, class Second>
void append_pair(fmt::memory_buffer& out, std::string_view before, const First& first, std::string_view between,
                 const Second& second) {
  append(out, before);
  append_address(out, first);
  append(out, between);
  append_address(out, second);
}

void append_request(fmt::memory_buffer& out, const ArpAddresses& a) {
  append(out, "Request who-has ");
  append_address(out, a.target_ip);
  if (a.target_mac != MacAddress{}) {
    append(out, " (");
    append_address(out, a.target_mac);
    append(out, ")");
  }
  append(out, " tell ");
  append_address(out, a.sender_ip);
}

void append_operation(fmt::memory_buffer& out, uint16_t operation, const ArpAddresses& a) {
  switch (operation) {
    case kRequest: return append_request(out, a);
    case kReply: return append_pair(out, "Reply ", a.sender_ip, " is-at ", a.sender_mac);
    case kReverseRequest: return append_pair(out, "Reverse Request who-is ", a.target_mac, " tell ", a.sender_mac);
    case kReverseReply: return append_pair(out, "Reverse Reply ", a.target_mac, " at ", a.target_ip);
    case kInverseRequest: return append_pair(out, "Inverse Request who-is ", a.target_mac, " tell ", a.sender_mac);
    case kInverseReply: return append_pair(out, "Inverse Reply ", a.sender_mac, " at ", a.sender_ip);
    default: fmt::format_to(fmt::appender(out), "Unknown ({})", operation);
  }
}

}  // namespace

void dissect_arp(Cursor& cursor, Packet& packet) noexcept {
  packet.payload_len = cursor.packet_left();  // an ARP packet has no payload: its length is that of the frame's
  Arp arp;
  if (!(cursor.read(arp.hardware_type) && cursor.read(arp.protocol_type) && cursor.read(arp.hardware_len) &&
        cursor.read(arp.protocol_len) && cursor.read(arp.operation))) {
    return stop(packet, Layer::arp, cursor);
  }
  packet.arp = arp;
  if (arp.hardware_len == kMacLen && arp.protocol_type == kEtherIpv4 && arp.protocol_len == kIpv4Len) {
    ArpAddresses addresses;
    if (!read_addresses(cursor, addresses)) return stop(packet, Layer::arp, cursor);
    packet.arp->addresses = addresses;
  } else if (!cursor.skip(2u * arp.hardware_len + 2u * arp.protocol_len)) {
    stop(packet, Layer::arp, cursor);
  }
}

void append_arp(fmt::memory_buffer& out, const Packet& packet) {
  append(out, "ARP, ");
  if (!packet.arp) return;
  if (packet.arp->addresses) {
    append_operation(out, packet.arp->operation, *packet.arp->addresses);
  } else {
    append_kinds(out, *packet.arp);
  }
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
