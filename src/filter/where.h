// --where: a condition on any field of the registry, evaluated on decoded events, live ones as well as recorded ones.
//
// The language is described for users in docs/where.md. What a newcomer gets wrong: there are three truth values. A
// comparison with a field that the event lacks is unknown, `not` of that is unknown too, and unknown is not yes; so
// `drop_reason != NO_SOCKET` does not hold for an event that has no drop reason.
//
// A Where owns all it needs and may be copied; the text and the names that it was parsed with may go. evaluate()
// changes nothing and allocates nothing on the usual paths. Units are those of the fields: nanoseconds and bytes.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "event/event.h"
#include "event/fields.h"
#include "filter/where/names.h"
#include "filter/where/program.h"
#include "filter/where/words.h"

namespace skbtrail::filter {

class Where {
 public:
  // Throws WhereError, an std::invalid_argument whose message names the column.
  static Where parse(std::string_view text, const KnownNames& names = {});

  [[nodiscard]] Tribool evaluate(const event::Event& event) const { return program_.evaluate(event); }

  // Something is asked of events' trails, or of events themselves.
  [[nodiscard]] bool asks_of_trails() const { return program_.asks_of(true); }
  [[nodiscard]] bool asks_of_events() const { return program_.asks_of(false); }

  // In two steps, for whoever chooses trails: what an event answers (never 0), and whether a condition holds for a
  // trail one of whose events answered so. `trail`: an event that knows its trail, and nothing else. At most
  // kMostOfEvent comparisons with fields of events.
  static constexpr size_t kMostOfEvent = where::Program::kMostOfEvent;
  [[nodiscard]] size_t conditions_of_event() const { return program_.conditions_of_event(); }
  [[nodiscard]] uint64_t answers(const event::Event& event) const { return program_.answers(event); }
  [[nodiscard]] Tribool evaluate(uint64_t answers, const event::Event& trail) const {
    return program_.evaluate(answers, trail);
  }

  // Those that are looked at, each once, in the order of the text: their sections must be switched on.
  [[nodiscard]] std::vector<const event::Field*> fields() const;

 private:
  explicit Where(where::Program program) : program_(std::move(program)) {}

  where::Program program_;
};

}  // namespace skbtrail::filter
