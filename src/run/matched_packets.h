// Packets of recordings that matched a filter: what becomes of one later is chosen as well, as the live run would have
// followed it (bpf/follow.h), behind NAT, in a tunnel, as a clone. Which packet an event is of is known where the
// recorded run followed packets.
//
// A run is known by when its two clocks were compared at its start, in ns (recording/head.h: clock_offset): the files
// of one run (--rotate) have it in common, and the sections of a file that was put together have not.
//
// Memory is bounded: of so many packets that matched last it is known. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>

#include "event/event.h"
#include "filter/where/program.h"

namespace skbtrail::run {

class MatchedPackets {
 public:
  explicit MatchedPackets(size_t most = 262144) : most_(most) {}

  // What the filter says of an event of this run becomes yes where it said so of its packet before.
  filter::Tribool judge(int64_t run, const event::Event& event, filter::Tribool result);

 private:
  struct Packet {
    int64_t run;
    uint64_t trail;  // rec_follow
    bool operator==(const Packet&) const = default;
  };
  struct Hash {
    size_t operator()(const Packet& packet) const noexcept;
  };
  void add(const Packet& packet);

  size_t most_;
  std::unordered_set<Packet, Hash> known_;
  std::deque<Packet> in_order_;  // in which they came
};

}  // namespace skbtrail::run
