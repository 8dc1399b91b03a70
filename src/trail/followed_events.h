// Events in, events that know their trail out (event::Event::trail), in the same order:
//
//   with_trail   at once: an event knows whose it is, and when its packet was first seen
//   with_fate    when its trail is complete. Until then it is held, and so is all that came after it:
//
//     in ─► | event of 7 | event of 8 | gap | event of 7 | ... | ─► next, as soon as the trail of the first is complete
//
// A trail waits 20 ms after its fate, and 10 s for one (Limits). What is held takes a bounded amount of memory: where
// there is no room the trail of the first one is taken as it is, not complete, and counted as evicted. What comes
// later than its trail was complete (the free of a packet that was read, by a CPU that is busy) knows it as it was
// then, as long as it is among the last kMostClosed.
//
// One thread. Borrows the sink; names outlive what is held, as HeldEvents says.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "event/fields.h"
#include "event/held_events.h"
#include "event/sink.h"
#include "event/trail_values.h"
#include "trail/trails.h"

namespace skbtrail::trail {

class FollowedEvents final : private Receiver {
 public:
  static constexpr size_t kMemory = 64u << 20;  // bytes, of events
  static constexpr size_t kMostClosed = 4096;   // trails

  FollowedEvents(event::Sink& next, event::Known known, const Limits& limits = {}, size_t memory = kMemory)
      : next_(next), holds_(known == event::Known::with_fate), trails_(*this, limits), held_(memory) {}

  void event(const event::Event& event);
  void gap(const event::Gap& gap, const event::Names& names);
  void advance(uint64_t until_ns);
  // The same of names (event/sink.h).
  void names_end(const event::Names& names);
  // Nothing more comes: all that is held is handed on.
  void end();

  [[nodiscard]] bool waits() const { return !items_.empty(); }
  // Trails that events were handed on with before they were complete.
  [[nodiscard]] uint64_t cut_short() const { return holds_ ? trails_.counts().evicted : 0; }
  [[nodiscard]] size_t memory() const { return held_.memory(); }

 private:
  struct Pending {
    Trails::Owner owner;
    event::TrailValues values;
    size_t events = 0;  // of it that are held
    bool is_closed = false;
  };
  struct HeldGap {
    event::Gap gap;
    const event::Names* names;
  };
  // An event, or a gap.
  struct Item {
    std::optional<event::HeldEvent> event;
    Pending* pending = nullptr;  // null: of no trail
    std::optional<HeldGap> gap;
    [[nodiscard]] const event::Names& names() const { return event ? *event->view().names : *gap->names; }
  };

  void trail(const Trail& trail) override;
  void hold(const event::Event& event, const Trails::Owner& owner);
  void hand_on(const event::Event& event, const event::TrailValues* values);
  void release();
  void close_first();
  void release_first();
  void let_go(Pending& pending);
  Pending& pending_of(const Trails::Owner& owner, const event::Names& names);

  event::Sink& next_;
  bool holds_;
  Trails trails_;
  event::HeldEvents held_;
  std::deque<Item> items_;  // the oldest first
  std::unordered_map<uint64_t, Pending> pending_;
  std::unordered_map<uint64_t, event::TrailValues> closed_;  // the last ones
  std::deque<uint64_t> closed_order_;                        // the oldest first
};

}  // namespace skbtrail::trail
