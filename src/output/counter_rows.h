// What counters gained, in words: those that mean a loss, or are a sign of one.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "counters/gains.h"
#include "counters/meanings.h"
#include "event/names.h"

namespace skbtrail::output {

// Of the drops that happened, which are shown beside the counters: all; those that a filter lets through; of those not
// all, for some were lost, or more than is asked for.
enum class DropsShown : uint8_t { all, filtered, some };

struct CounterRow {
  counters::Key key;
  const counters::Meaning* meaning;
  std::string name;     // "UdpRcvbufErrors", "rx_dropped", "qdisc tbf"
  std::string netns;    // empty: the host as a whole
  std::string where;    // "veth1", "veth1 1:", "CPU 3", or empty
  std::string ifname;   // empty: of no device
  std::string command;  // to look with, in its namespace
  uint64_t gained = 0;
  uint64_t more = 0;

  // A loss, and no mere sign.
  [[nodiscard]] bool is_loss() const { return meaning->packets != counters::Packets::sign; }
};

// Losses before signs, those whose packets are not seen first, then by how much. `meanings` outlive the rows.
std::vector<CounterRow> counter_rows(const counters::Gains& gains, const counters::Meanings& meanings,
                                     const event::Names& names);

// Of whom it is not known what was counted, a sentence each.
std::vector<std::string> counters_not_known(const counters::Gains& gains, const event::Names& names);

// Whether `drop` shows these packets.
std::string_view packets_text(counters::Packets packets, DropsShown shown);

// All of it for a person, as lines below one that says what they are; empty: nothing was gained, and all is known.
// `width`: of the terminal, 0: none.
std::string counter_report(const counters::Gains& gains, const counters::Meanings& meanings, const event::Names& names,
                           DropsShown shown, size_t width);

// Objects, one a line, of those that gained more since the look before. `time_ns`: of day.
void append_json_counters(fmt::memory_buffer& out, const std::vector<CounterRow>& rows, uint64_t time_ns);

}  // namespace skbtrail::output
