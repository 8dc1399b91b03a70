// `drop --table` for a person: in a terminal a table that is drawn anew at each interval, in a file or a pipe a line
// for each row that counted more, and the whole table at the end.
//
//   02:07:13  16 drops, 3 more; 2 false alarms
//      MORE     DROPS  REASON          FUNCTION           NETNS    DEVICE   PROTO
//        +3        12  NO_SOCKET       __udp4_lib_rcv     green    veth1    udp
//                   4  IP_RPFILTER     ip_rcv_finish_core green    veth1    icmp
//   no drops:
//                   2  NO_SOCKET       ping_rcv           blue     veth0    icmp
//   counters:
//        +7         7  rx_missed_errors none is above     host     eth0
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "diagnose/reasons.h"
#include "output/counter_rows.h"
#include "output/drop_rows.h"

namespace skbtrail::output {

// A way to print what was counted. Adds whole lines to the buffer it is handed.
class DropTableLayout {
 public:
  virtual ~DropTableLayout() = default;

  // The moment of a look: CLOCK_MONOTONIC, and how long ago the one before was.
  struct Moment {
    uint64_t time_ns = 0;
    uint64_t since_ns = 0;
  };
  virtual void interval(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                        Moment moment) = 0;
  // The last look.
  virtual void end(fmt::memory_buffer& out, const DropRows& rows, const std::vector<CounterRow>& counters,
                   Moment moment) = 0;

  // The output is a terminal of this size; 0: it does not say.
  virtual void set_size(size_t columns, size_t lines) { (void)columns, (void)lines; }
  // Something else was written to the terminal: the table begins below it.
  virtual void was_disturbed() {}
};

struct DropTableChoice {
  bool color = false;
  bool terminal = false;  // it is drawn anew
  bool ascii = false;     // the terminal shows nothing else
  bool explains = false;  // JSON: all that is known of a reason
  bool filtered = false;  // not all drops have rows
  std::shared_ptr<const diagnose::Reasons> reasons = nullptr;
};

// `names` are borrowed.
std::unique_ptr<DropTableLayout> make_drop_table(const DropTableChoice& choice, const event::Names& names);
// An object a line for each row that counted more since the look before.
std::unique_ptr<DropTableLayout> make_json_drop_table(const DropTableChoice& choice, const event::Names& names);

}  // namespace skbtrail::output
