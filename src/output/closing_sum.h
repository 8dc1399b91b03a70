// What a run comes to: the line on standard error at its end, and --summary's JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stream/order.h"
#include "stream/session.h"

namespace skbtrail::output {

struct ClosingSum {
  uint64_t events = 0;          // printed
  uint64_t recorded = 0;        // taken from the rings: printed, or left when -c was reached
  stream::LossCounts lost{};    // by cause, all CPUs
  uint64_t kernel_skipped = 0;  // recursion misses
  uint64_t late = 0;            // printed out of order
  uint64_t malformed = 0;       // records that could not be decoded
  uint64_t undecided = 0;       // of those printed: the packet filter could not judge them
  uint64_t undecidable = 0;     // not printed: what a filter asks for was not recorded
  uint64_t gaps = 0;            // marks printed
  double seconds = 0;           // from attached to detached
  size_t probes = 0;            // attached
  std::vector<stream::SkippedProbe> skipped;

  [[nodiscard]] uint64_t lost_in_all() const;
};

// One line: "1234 events, 5 lost: 5 ring full".
std::string sum_line(const ClosingSum& sum);
std::string sum_json(const ClosingSum& sum);

}  // namespace skbtrail::output
