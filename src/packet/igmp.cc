// IGMP: version 1 (RFC 1112), 2 (RFC 2236), 3 (RFC 3376).
//
//    0      1          2          4           8                12
//   +------+----------+----------+-----------+----------------+--- -
//   | type | max resp | checksum | group     | 0, 0, n        | sources       query; the part from 8 on: version 3
//   | 0x22 | 0        | checksum | 0, n      | records                        report of version 3
//   +------+----------+----------+-----------+--- -
//
// A query's version is nowhere in it: 12 bytes or more are version 3, and of 8 bytes one without a response time is
// version 1.
#include "packet/layers.h"
#include "packet/texts.h"

namespace skbtrail::packet {
namespace {

enum Type : uint8_t {
  kQuery = 0x11,
  kReport1 = 0x12,
  kReport2 = 0x16,
  kLeave = 0x17,
  kReport3 = 0x22,
};

bool has_group(uint8_t type) {
  return type == kQuery || type == kReport1 || type == kReport2 || type == kLeave;
}

constexpr uint32_t kHeaderLen = 8;
constexpr uint32_t kQuery3Len = 12;
constexpr uint8_t kUsualResponse = 100;  // 10 s

// Tenths of a second; large ones are floating point (RFC 3376 section 4.1.1).
uint32_t response_time(uint8_t code) {
  return code < 128 ? code : ((code & 0x0fu) | 0x10u) << ((code >> 4 & 7u) + 3);
}

void append_query3(fmt::memory_buffer& out, const Igmp& igmp) {
  append(out, " v3");
  if (igmp.max_resp != kUsualResponse) {
    const uint32_t tenths = response_time(igmp.max_resp);
    fmt::format_to(fmt::appender(out), " [max resp time {}.{}s]", tenths / 10, tenths % 10);
  }
  if (igmp.group == 0) return;
  append(out, " [gaddr ");
  append_address(out, ipv4_address(igmp.group));
  if (igmp.sources != 0) fmt::format_to(fmt::appender(out), ", {} source(s)", igmp.sources);
  append(out, "]");
}

void append_query(fmt::memory_buffer& out, const Igmp& igmp) {
  append(out, "igmp query");
  if (igmp.v3_query) return append_query3(out, igmp);
  append(out, igmp.max_resp == 0 ? " v1" : " v2");
  if (igmp.max_resp != 0 && igmp.max_resp != kUsualResponse) {
    fmt::format_to(fmt::appender(out), " [max resp time {}]", igmp.max_resp);
  }
  if (igmp.group == 0) return;
  append(out, " [gaddr ");
  append_address(out, ipv4_address(igmp.group));
  append(out, "]");
}

void append_with_group(fmt::memory_buffer& out, std::string_view what, const Igmp& igmp) {
  append(out, what);
  append_address(out, ipv4_address(igmp.group));
}

}  // namespace

void dissect_igmp(Cursor& cursor, Packet& packet) noexcept {
  Igmp igmp;
  uint16_t checksum = 0;
  if (!(cursor.read(igmp.type) && cursor.read(igmp.max_resp) && cursor.read(checksum) && cursor.read(igmp.group))) {
    return stop(packet, Layer::igmp, cursor);
  }
  if (igmp.type == kReport3) igmp.records = static_cast<uint16_t>(igmp.group);
  if (!has_group(igmp.type)) igmp.group = 0;
  igmp.v3_query = igmp.type == kQuery && packet.ip->payload_len.value_or(kHeaderLen) >= kQuery3Len;
  packet.payload_len.reset();
  uint16_t robustness_interval = 0;
  if (igmp.v3_query && !(cursor.read(robustness_interval) && cursor.read(igmp.sources))) {
    return stop(packet, Layer::igmp, cursor);
  }
  packet.transport = igmp;
  if (igmp.type == kReport3) check_group_records(cursor, packet, Layer::igmp, 4, igmp.records);
}

void append_igmp(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Igmp* igmp = std::get_if<Igmp>(&packet.transport);
  if (igmp == nullptr) return;
  switch (igmp->type) {
    case kQuery: return append_query(out, *igmp);
    case kReport1: return append_with_group(out, "igmp v1 report ", *igmp);
    case kReport2: return append_with_group(out, "igmp v2 report ", *igmp);
    case kLeave: return append_with_group(out, "igmp leave ", *igmp);
    case kReport3: {
      fmt::format_to(fmt::appender(out), "igmp v3 report, {} group record(s)", igmp->records);
      Cursor records = upper_cursor(from, packet);
      if (records.skip(kHeaderLen)) append_group_records(out, records, 4, igmp->records);
      return;
    }
    case 0x13: return append(out, "igmp dvmrp");
    case 0x14: return append(out, "igmp pimv1");
    default: fmt::format_to(fmt::appender(out), "igmp-{}", igmp->type);
  }
}

void append_igmp_groups(fmt::memory_buffer& out, const Bytes& from, const Packet& packet) {
  const Igmp* igmp = std::get_if<Igmp>(&packet.transport);
  if (igmp == nullptr) return;
  if (igmp->type != kReport3) {
    if (igmp->group != 0) append_address(out, ipv4_address(igmp->group));
    return;
  }
  Cursor records = upper_cursor(from, packet);
  if (records.skip(kHeaderLen)) append_groups(out, records, 4, igmp->records);
}

}  // namespace skbtrail::packet
