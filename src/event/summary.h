// What a run comes to, at its end or so far.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/gap.h"
#include "event/skipped_probe.h"

namespace skbtrail::event {

// Where events were to go.
struct Output {
  std::string name;  // "standard output", or the file's
  uint64_t events = 0;
  uint64_t not_written = 0;
};

// Packets that were followed (--trail).
struct TrailCounts {
  uint64_t printed = 0;
  uint64_t not_chosen = 0;
  uint64_t evicted = 0;     // to make room for others
  uint64_t unfinished = 0;  // nothing more was seen of them
  uint64_t late = 0;        // events of trails that had been printed
};

// Of skbs that were freed as dropped, where these are what is asked for.
struct DropCounts {
  uint64_t dropped = 0;
  uint64_t false_alarms = 0;  // nothing was wrong with them (event/benign.h)
};

struct Summary {
  // Events go to every output in the same order, and one that fails gets no more: so the output that has least has what
  // all have. A reader that went away has all that it wanted.
  void add_output(Output output);

  uint64_t events = 0;              // that all outputs have; without any, those that would have been printed
  uint64_t not_written = 0;         // that some output lacks
  uint64_t withheld = 0;            // by --rate: not printed, though recorded where something records
  uint64_t recorded = 0;            // taken from the rings: printed, or left when -c was reached
  Losses lost;                      // what is missing, by cause
  Losses may_have_matched;          // lost before all conditions were evaluated: at most so many are missing as well
  bool skipped_are_counted = true;  // by the kernel, all hits that it skips
  uint64_t without_stack = 0;       // of those printed: a stack was asked for and is not known
  uint64_t without_args = 0;        // the same of what the tracepoint hands out
  uint64_t lists_cut = 0;           // lists of skbs of which only the first ones were looked at
  uint64_t not_followed = 0;        // packets that found no slot in the table of those that are followed
  uint64_t followed_no_more = 0;    // packets at whose address another one may be by now: nothing more of them is shown
  uint64_t followed_aged = 0;       // packets that were followed no more because nothing was seen of them for long
  uint64_t tasks_left_out = 0;      // of the command, that found no slot in the table
  struct Refused {
    uint64_t other_families = 0;  // hits with skbs of sockets that send no packets
    uint64_t tagged = 0;          // and with a VLAN tag, by a packet filter that asks for none
    uint64_t elsewhere = 0;       // by namespace or device, after the packet filter's fast reject
    uint64_t other_owner = 0;     // by --pid or --comm, after the packet filter
    uint64_t where = 0;           // events, by --where
  } refused;
  uint64_t late = 0;                  // printed out of order
  uint64_t malformed = 0;             // records that could not be decoded
  uint64_t undecided = 0;             // of those printed: the packet filter could not be evaluated
  uint64_t indeterminate = 0;         // not printed: what a filter asks for was not recorded
  uint64_t gaps = 0;                  // marks printed
  std::optional<TrailCounts> trails;  // none: events were shown
  uint64_t trails_cut_short = 0;      // of events that were shown with what is known of their trails
  std::optional<DropCounts> drops;    // of those printed; none: any events were asked for
  double seconds = 0;                 // from attached to detached
  size_t probes = 0;                  // attached
  std::vector<SkippedProbe> skipped;
  std::vector<Output> outputs;

  [[nodiscard]] uint64_t lost_in_all() const;
};

// What --summary prints, and a recording keeps.
std::string summary_json(const Summary& summary);
// The same in one line, without its end.
std::string summary_object(const Summary& summary);

}  // namespace skbtrail::event
