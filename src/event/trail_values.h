// What an event knows of the trail that it is a step of: the values of the fields trail.*. Who follows packets fills it
// (src/trail); an event for which this was not asked has none, and neither has one that is of no packet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skbtrail::event {

// What may become of a packet, in the order of trail::Fate.
constexpr std::array<std::string_view, 9> kFates{"dropped",   "merged", "delivered", "to program", "captured",
                                                 "forwarded", "sent",   "consumed",  "not known"};

// Of a trail that is complete, or of which nothing more is to come.
struct WholeTrailValues {
  uint64_t total_ns = 0;    // from the first step to the fate
  std::string_view fate;    // one of kFates
  std::string drop_reason;  // empty: not dropped, or not known
  std::string location;     // the function that dropped or consumed it; empty: not known
  std::string dropped_by;   // whose rules decided that; empty: the same
  std::string netns;        // names in the order of the way, a line each
  std::string ifname;
  uint64_t steps = 0, skbs = 0;
  uint64_t visits = 0;      // of the device that it came to most often, to one probe
  uint64_t slowest_ns = 0;  // of slowest_hop() (trail/hops.h)
  uint64_t queued_ns = 0;   // the longest time from a device's queue to its driver
  bool is_dropped = false;
  bool is_complete = false;  // nothing is missing from the first step to a fate
  bool has_gaps = false;     // events were lost while it was under way
  bool is_translated = false;
  bool awaits_neighbour = false;  // its next hop's address was asked for, and it was not seen to go on
  bool is_from_here = false;      // it was first seen where it was sent, and not as it was received
};

struct TrailValues {
  uint64_t id = 0;  // of this run
  uint64_t first_ns = 0, first_day_ns = 0;
  std::optional<WholeTrailValues> whole;
};

}  // namespace skbtrail::event
