// Events to trails: who is under way, and when a trail is closed and handed on.
//
//   event ─► Splitter: which life ─► its trail: a step more, changes, what it tells of the fate
//                                      │
//                      closed: fate known and nothing more for 20 ms, or nothing for 10 s ─► Receiver
//
// A trail is handed on at its fate and not at the free, which may come much later, or have no event; with
// Limits::free_ns, when its skbs are freed, or so long after its fate. What comes after it was handed on is counted as
// late; a packet that goes on nevertheless gets another trail, which says of which one
// it is the rest (Trail::continues).
//
// Memory is bounded: by trails, bytes, steps in a trail, and age. Where there is no room the oldest is handed on as it
// is, and says that it was evicted. Trails of different hosts (sources of names) are never mixed; each has a clock of
// its own, and what comes of several is in the order of the time of day.
//
// One thread. The receiver is borrowed; the names of a trail have to live as long as it is open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "event/event.h"
#include "event/gap.h"
#include "trail/trail.h"

namespace skbtrail::trail {

class Receiver {
 public:
  virtual ~Receiver() = default;
  // Valid during the call.
  virtual void trail(const Trail& trail) = 0;
  // Appends what is to be kept of an event beyond its step (Trail::text), where texts are kept.
  virtual void keep(std::string& texts, const event::Event& event) { (void)texts, (void)event; }
};

struct Limits {
  size_t trails = 65'536;
  size_t memory = 64u << 20;         // bytes
  size_t steps = 1024;               // of one trail
  uint64_t age_ns = 10'000'000'000;  // without a step and without a fate
  uint64_t late_ns = 20'000'000;     // for what comes after the fate
  uint64_t free_ns = 0;              // for the frees that come after the fate; 0: they are not waited for
  bool keeps_texts = false;          // Receiver::keep() is called for each step
};

struct Counts {
  uint64_t trails = 0;   // handed on
  uint64_t dropped = 0;  // of them
  uint64_t evicted = 0;
  uint64_t unfinished = 0;  // when the run ended, or after a long time
  uint64_t late = 0;        // events whose trail had been handed on
  uint64_t unassigned = 0;  // events of which it is not known to which packet they belong
};

class Trails {
 public:
  explicit Trails(Receiver& receiver, const Limits& limits = {});
  ~Trails();
  Trails(const Trails&) = delete;
  Trails& operator=(const Trails&) = delete;

  // Whose step an event is, or would be, had its trail not been handed on.
  struct Owner {
    static constexpr uint32_t kNoSlot = ~0u;
    uint64_t trail = 0;  // 0: no trail's, as far as is known
    uint64_t first_ns = 0;
    uint32_t slot = kNoSlot;  // for evict()
    [[nodiscard]] bool is_late() const { return trail && slot == kNoSlot; }
  };
  // `chooses`: its trail is one of those that are wanted (Trail::is_chosen). `answer`: kept for whoever chooses by what
  // a trail comes to (Trail::answers); 0: nothing. `seen`: bits that the trail collects (Trail::seen).
  Owner event(const event::Event& event, bool chooses = true, uint64_t answer = 0, uint64_t seen = 0);
  void gap(const event::Gap& gap, const event::Names& names);
  // Nothing earlier than this comes any more, of a single host.
  void advance(uint64_t until_ns);
  // Hands on a trail as it is: there is no room for what is kept for it elsewhere.
  void evict(const Owner& owner);
  // Names end (event/sink.h): all trails of their host are handed on.
  void names_end(const event::Names& names);
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
