// From step to step: where the time of a packet goes.
#pragma once

#include <cstdint>
#include <functional>

#include "trail/trail.h"

namespace skbtrail::trail {

// It tells something of the way. What a driver answered does not where it is success and the packet went on, nor does
// what has no skb.
bool is_on_the_way(const Trail& trail, const Step& step);

// Two steps of a trail one after the other: of one skb, or from the last step of a parent to the first of what
// descends from it. A hop that ends in the free of what was delivered, sent or captured before is none, for nothing
// waits for it; nor are those of captures.
using Hop = std::function<void(const Step& from, const Step& to)>;
void for_each_hop(const Trail& trail, const Hop& hop);

// The longest of the hops on the way to what became of the packet, whose times are parts of Trail::total_ns: how long
// it then waits for its reader is not.
struct SlowestHop {
  const Step *from = nullptr, *to = nullptr;  // of the trail; null: there is none
  uint64_t ns = 0;
};
SlowestHop slowest_hop(const Trail& trail);

// The longest time in the queue (qdisc) of a device. What waits for a driver after it said that it is busy waits on.
struct Wait {
  const Step* from = nullptr;  // of the trail, where it was put there; null: there is none
  uint64_t ns = 0;
};
Wait longest_wait(const Trail& trail);

// The step is the free of what had its fate before.
bool is_deferred_free(const Trail& trail, const Step& step);

}  // namespace skbtrail::trail
