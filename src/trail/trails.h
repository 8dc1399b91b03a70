// Events to trails: who is under way, and when a trail is closed and handed on.
//
//   event ─► Splitter: which life ─► its trail: a step more, changes, what it tells of the fate
//                                      │
//                      closed: fate known and nothing more for 20 ms, or nothing for 10 s ─► Receiver
//
// A trail is handed on at its fate and not at the free, which may come much later, or have no event. What comes after
// it was handed on is counted as late; a packet that goes on nevertheless gets another trail, which says of which one
// it is the rest (Trail::continues).
//
// Memory is bounded: by trails, bytes, steps in a trail, and age. Where there is no room the oldest is handed on as it
// is, and says that it was evicted. Trails of different hosts (sources of names) are never mixed.
//
// One thread. The receiver is borrowed; the names of a trail have to live as long as it is open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "event/event.h"
#include "event/gap.h"
#include "trail/trail.h"

namespace skbtrail::trail {

class Receiver {
 public:
  virtual ~Receiver() = default;
  // Valid during the call.
  virtual void trail(const Trail& trail) = 0;
};

struct Limits {
  size_t trails = 65'536;
  size_t memory = 64u << 20;         // bytes
  size_t steps = 1024;               // of one trail
  uint64_t age_ns = 10'000'000'000;  // without a step and without a fate
  uint64_t late_ns = 20'000'000;     // for what comes behind the fate
};

struct Counts {
  uint64_t trails = 0;   // handed on
  uint64_t dropped = 0;  // of them
  uint64_t evicted = 0;
  uint64_t unfinished = 0;  // when the run ended, or after a long time
  uint64_t late = 0;        // events whose trail had been handed on
  uint64_t unplaced = 0;    // events of which nobody knows to which packet they belong
};

class Trails {
 public:
  explicit Trails(Receiver& receiver, const Limits& limits = {});
  ~Trails();
  Trails(const Trails&) = delete;
  Trails& operator=(const Trails&) = delete;

  // `chooses`: its trail is one of those that are wanted (Trail::is_chosen).
  void event(const event::Event& event, bool chooses = true);
  void gap(const event::Gap& gap);
  // Nothing earlier than this comes any more.
  void advance(uint64_t until_ns);
  // Nothing more comes at all.
  void end();

  [[nodiscard]] const Counts& counts() const;
  [[nodiscard]] size_t open() const;
  [[nodiscard]] size_t memory() const;  // bytes of what is open

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skbtrail::trail
