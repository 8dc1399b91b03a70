// The rows of `drop --table`: what the kernel side counted, with names, what is the same to a person put together, and
// what came since the look before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/counted_drop.h"
#include "event/names.h"

namespace skbtrail::output {

struct DropRow {
  drop_key key;             // one of those that the row was made of; its traits are those of benign drops
  std::string reason;       // empty: the kernel tells none
  std::string location;     // function+offset, an address where it has no name, or empty
  std::string netns;        // empty: not known
  std::string ifname;       // empty: there is no device
  std::string protocol;     // "udp", "udp6", "arp", "0x88cc"; empty: not known
  std::string_view benign;  // why these are no drops; empty: they are
  bool is_rest = false;     // those that found no row of their own
  uint64_t packets = 0;     // since the start
  uint64_t bytes = 0;
  uint64_t more = 0;  // packets since the look before

  [[nodiscard]] std::string function() const;
};

class DropRows {
 public:
  // Borrowed.
  explicit DropRows(const event::Names& names) : names_(names) {}

  // What is counted now: never less than the look before.
  void update(std::span<const event::CountedDrop> counted);

  // Drops before false alarms, the most frequent first, the rest last.
  [[nodiscard]] const std::vector<DropRow>& rows() const { return rows_; }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }
  [[nodiscard]] uint64_t dropped_since() const { return dropped_since_; }
  [[nodiscard]] uint64_t false_alarms() const { return false_alarms_; }
  // Of both, those for which the packet filter could not be evaluated.
  [[nodiscard]] uint64_t indeterminate() const { return indeterminate_; }

 private:
  using KeyBytes = std::array<std::byte, sizeof(drop_key)>;

  [[nodiscard]] DropRow named(const event::CountedDrop& counted) const;
  void add(DropRow row);

  const event::Names& names_;
  std::vector<DropRow> rows_;
  std::map<std::string, size_t> by_text_;
  std::map<KeyBytes, uint64_t> before_;
  uint64_t dropped_ = 0, dropped_since_ = 0, false_alarms_ = 0, indeterminate_ = 0;
};

}  // namespace skbtrail::output
