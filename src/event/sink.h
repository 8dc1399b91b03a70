// All that a run tells, to whoever prints, records, counts or exports it: one interface, called in the order of what
// happened.
//
//   notice, notice ... ─► event, gap, notice, event ... ─► end
//
// Events and names are borrowed, and valid during the call only; to keep one, hold it (event/held_events.h). A sink
// neither waits nor throws for what it cannot write, but in end(): std::system_error, for a failure that was not told
// before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"
#include "event/gap.h"
#include "event/names.h"
#include "event/summary.h"

namespace skbtrail::event {

// What a person should know of the run, and is no event: one sentence, without an end of line.
struct Notice {
  enum class Level : uint8_t {
    note,
    warning,  // something that was asked for is missing, or may be
  };
  std::string text;
  Level level = Level::note;
};

// How far something is that takes long, of what cannot be seen otherwise.
struct Progress {
  std::string_view doing;
  size_t done = 0, of = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;

  virtual void event(const Event& event) = 0;
  virtual void gap(const Gap& gap, const Names& names) = 0;
  // Nothing earlier than this comes any more (CLOCK_MONOTONIC).
  virtual void advance(uint64_t until_ns) { (void)until_ns; }
  // These names will call other things so, or nothing: what was kept of their events is handed on now.
  virtual void names_end(const Names& names) { (void)names; }
  // It has as much as was asked for.
  [[nodiscard]] virtual bool is_full() const { return false; }
  virtual void notice(const Notice& notice) { (void)notice; }
  // Nothing: it is over.
  virtual void progress(const std::optional<Progress>& progress) { (void)progress; }
  // Nothing more comes; what the run came to.
  virtual void end(const Summary& summary) { (void)summary; }
};

}  // namespace skbtrail::event
