// Group records of reports: IGMP version 3 (RFC 3376 section 4.2.4) and MLD version 2 (RFC 3810 section 5.2.4).
//
//    0      1         2         4          4+A        4+A+A*n
//   +------+---------+---------+----------+----------+--- - -
//   | type | aux len | n       | group    | sources  | aux        A: 4 or 16, the length of an address;
//   +------+---------+---------+----------+----------+--- - -     aux len: 4-byte words
#include <utility>

#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint16_t kMostInLine = 4;
constexpr uint16_t kMostInField = 16;

struct Record {
  uint8_t type = 0;
  uint16_t sources = 0;
  IpAddress group;
};

class Records {
 public:
  Records(const Cursor& cursor, uint8_t ip_version) : cursor_(cursor), ip_version_(ip_version) {}

  // False if the bytes end; cursor() then tells which end that was.
  bool next(Record& record) noexcept {
    uint8_t aux_words = 0;
    if (!(cursor_.skip(left_) && cursor_.read(record.type) && cursor_.read(aux_words) &&
          cursor_.read(record.sources))) {
      return false;
    }
    left_ = record.sources * (ip_version_ == 4 ? 4u : 16u) + aux_words * 4u;
    return ip_version_ == 4 ? read_ipv4_address(cursor_, record.group) : read_ipv6_address(cursor_, record.group);
  }

  // Whether what follows the last record that was read is there.
  bool skip_rest() noexcept { return cursor_.skip(std::exchange(left_, 0)); }

  const Cursor& cursor() const noexcept { return cursor_; }

 private:
  Cursor cursor_;
  uint8_t ip_version_;
  size_t left_ = 0;  // bytes between the last record read and the next one
};

void append_type(fmt::memory_buffer& out, uint8_t type) {
  constexpr const char* kNames[] = {"is_in", "is_ex", "to_in", "to_ex", "allow", "block"};
  if (type >= 1 && type <= std::size(kNames)) return append(out, kNames[type - 1]);
  fmt::format_to(fmt::appender(out), "type-{}", type);
}

}  // namespace

void check_group_records(Cursor cursor, Packet& packet, Layer layer, uint8_t ip_version, uint16_t count) noexcept {
  Records records(cursor, ip_version);
  Record record;
  for (uint16_t i = 0; i < std::min(count, kMostInLine); ++i) {
    if (!records.next(record)) return stop(packet, layer, records.cursor());
  }
  if (!records.skip_rest()) stop(packet, layer, records.cursor());
}

void append_group_records(fmt::memory_buffer& out, Cursor cursor, uint8_t ip_version, uint16_t count) {
  Records records(cursor, ip_version);
  Record record;
  for (uint16_t i = 0; i < count; ++i) {
    if (i == kMostInLine) return append(out, " ...");
    if (!records.next(record)) return;
    append(out, " [gaddr ");
    append_address(out, record.group);
    append(out, " ");
    append_type(out, record.type);
    fmt::format_to(fmt::appender(out), ", {} source(s)]", record.sources);
  }
}

void append_groups(fmt::memory_buffer& out, Cursor cursor, uint8_t ip_version, uint16_t count) {
  Records records(cursor, ip_version);
  Record record;
  for (uint16_t i = 0; i < std::min(count, kMostInField) && records.next(record); ++i) {
    if (i > 0) out.push_back(',');
    append_address(out, record.group);
  }
}

}  // namespace skbtrail::packet
