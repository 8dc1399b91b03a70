// DCCP (RFC 4340).
//
//    0      2      4     5    6          8         9    12      16
//   +------+------+-----+----+----------+---------+------------+--- -
//   | src  | dst  | off | cc | checksum | type, X | seq        | acknowledgement, what the type has, options
//   +------+------+-----+----+----------+---------+------------+--- -
//    off: header length in 4-byte words; X: byte 9 is reserved, and the sequence number has 6 bytes from 10 on.
//    An acknowledgement is as long as the sequence number, after 2 reserved bytes with X, else 1.
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t { kRequest = 0, kResponse = 1, kData = 2, kReset = 7, kSyncAck = 9 };

const char* reset_name(uint8_t code) {
  constexpr const char* kNames[] = {"unspecified",      "closed",       "aborted",         "no_connection",
                                    "packet_error",     "option_error", "mandatory_error", "connection_refused",
                                    "bad_service_code", "too_busy",     "bad_init_cookie", "aggression_penalty"};
  return code < std::size(kNames) ? kNames[code] : nullptr;
}

bool read_number(Cursor& cursor, bool extended, uint64_t& number) noexcept {
  if (extended) {
    uint16_t high = 0;
    uint32_t low = 0;
    if (!(cursor.read(high) && cursor.read(low))) return false;
    number = uint64_t{high} << 32 | low;
    return true;
  }
  uint8_t high = 0;
  uint16_t low = 0;
  if (!(cursor.read(high) && cursor.read(low))) return false;
  number = uint64_t{high} << 16 | low;
  return true;
}

bool read_what_type_has(Cursor& cursor, bool extended, Dccp& dccp) noexcept {
  if (dccp.type != kRequest && dccp.type != kData) {
    uint64_t ack = 0;
    if (!(cursor.skip(extended ? 2 : 1) && read_number(cursor, extended, ack))) return false;
    dccp.ack = ack;
  }
  if (dccp.type == kRequest || dccp.type == kResponse) return cursor.read(dccp.service);
  return dccp.type != kReset || cursor.read(dccp.reset_code);
}

}  // namespace

const char* dccp_type_name(uint8_t type) noexcept {
  constexpr const char* kNames[] = {"Request",  "Response", "Data",  "Ack",  "DataAck",
                                    "CloseReq", "Close",    "Reset", "Sync", "SyncAck"};
  return type < std::size(kNames) ? kNames[type] : nullptr;
}

void dissect_dccp(Cursor& cursor, Packet& packet) noexcept {
  if (!read_ports(cursor, packet.ports)) return stop(packet, Layer::dccp, cursor);
  Dccp dccp;
  uint8_t offset = 0, coverage = 0, type_extended = 0;
  uint16_t checksum = 0;
  if (!(cursor.read(offset) && cursor.read(coverage) && cursor.read(checksum) && cursor.read(type_extended))) {
    return stop(packet, Layer::dccp, cursor);
  }
  const bool extended = (type_extended & 1) != 0;
  dccp.type = type_extended >> 1 & 15;
  if (!(cursor.skip(extended ? 1 : 0) && read_number(cursor, extended, dccp.seq))) {
    return stop(packet, Layer::dccp, cursor);
  }
  if (dccp.type <= kSyncAck && !read_what_type_has(cursor, extended, dccp)) return stop(packet, Layer::dccp, cursor);
  packet.transport = dccp;
  const uint32_t header_len = offset * 4u;
  const std::optional<uint32_t> ip_payload = packet.ip->payload_len;
  packet.payload_len.reset();
  const uint32_t least = extended ? 16 : 12;
  if (header_len < least) return stop(packet, Layer::dccp, Problem::bad_header_length, header_len, least);
  if (!ip_payload) return;
  if (header_len > *ip_payload) return stop(packet, Layer::dccp, Problem::bad_header_length, header_len, *ip_payload);
  packet.payload_len = *ip_payload - header_len;
}

void append_dccp(fmt::memory_buffer& out, const Packet& packet) {
  const Dccp* dccp = std::get_if<Dccp>(&packet.transport);
  if (dccp == nullptr) return;
  if (const char* name = dccp_type_name(dccp->type)) {
    fmt::format_to(fmt::appender(out), "DCCP DCCP-{}", name);
  } else {
    fmt::format_to(fmt::appender(out), "DCCP packet-type-{}", dccp->type);
  }
  if (dccp->type == kRequest || dccp->type == kResponse) {
    fmt::format_to(fmt::appender(out), " (service={})", dccp->service);
  }
  if (dccp->type == kReset) {
    const char* name = reset_name(dccp->reset_code);
    fmt::format_to(fmt::appender(out), " (code={}", name ? name : "");
    if (!name) append_number(out, dccp->reset_code);
    append(out, ")");
  }
  if (dccp->ack) fmt::format_to(fmt::appender(out), " (ack={})", *dccp->ack);
  fmt::format_to(fmt::appender(out), " seq {}", dccp->seq);
  append_length(out, packet.payload_len);
}

}  // namespace skbtrail::packet
