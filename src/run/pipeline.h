// From a source of events to the sinks: each event through --where, -c and --rate, whether it was traced now or read
// from a file.
//
//                                      ┌─► kept:  all that is chosen (recordings)
//   source ─► (followed) ─► where ─► -c ─┤
//                                      └─► --rate ─► shown: what is printed
//
// Where something asks for events' trails (trail.*) they are followed first, and may have to wait until those are
// complete (trail/followed_events.h).
//
// Gaps and notices go to all, in their order between the events; notices to persons as well, who see no event.
//
// Borrows everything. Handing on neither waits nor throws: where something cannot be written, the outputs tell.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "event/sink.h"
#include "filter/where.h"
#include "run/rate.h"
#include "trail/followed_events.h"

namespace skbtrail::run {

class Pipeline {
 public:
  struct Limits {
    std::optional<uint64_t> count;  // of events that are shown; of those that are chosen, where nothing is shown
    std::optional<uint64_t> rate;   // a second
    // What is shown are trails: --where chooses among them, and they are counted where they are made.
    bool of_trails = false;
    // Skbs that were freed as dropped are all that there is, and false alarms do not count for `count`.
    bool of_drops = false;
  };

  // `persons` get notices, progress and the summary, and no events.
  Pipeline(const std::optional<filter::Where>& where, const Limits& limits, std::vector<event::Sink*> persons)
      : where_(where),
        count_(limits.count),
        of_trails_(limits.of_trails),
        of_drops_(limits.of_drops),
        persons_(std::move(persons)) {
    if (of_trails_) count_.reset();
    if (limits.rate) rate_.emplace(*limits.rate);
  }

  // Before anything is handed in: events are to know of their trails what is known then. `turn_to` is called before
  // what has these names is handed on, if it waited.
  using TurnTo = std::function<void(const event::Names& names)>;
  void follow(event::Known known, TurnTo turn_to = nullptr);

  void keep(event::Sink& sink) { kept_.push_back(&sink); }
  void show(event::Sink& sink) { shown_.push_back(&sink); }

  void event(const event::Event& event) {
    if (done() || (of_drops_ && !event.is_freed_as_dropped())) return;
    followed_ ? followed_->events.event(event) : take(event);
  }

  void gap(const event::Gap& gap, const event::Names& names);
  // Nothing earlier than this comes any more.
  void advance(uint64_t until_ns);
  // Names end (event/sink.h): what waits is handed on.
  void names_end(const event::Names& names);
  // Nothing more comes, and what waits is handed on: before the summary is made.
  void flush();
  // Something waits for time to go by.
  [[nodiscard]] bool waits() const { return followed_ && followed_->events.waits(); }
  void notice(const event::Notice& notice);
  // The same, where the others get it at another time, or never: what is said when the outputs have ended.
  void tell_persons(const event::Notice& notice);
  void progress(const std::optional<event::Progress>& progress);

  // Nothing more comes: each sink but the persons is ended, in the order in which they were added. Those that keep come
  // first: a reader of what is shown may have to be waited for, and is told what became of the rest. Calls `failed`
  // where one throws, and goes on.
  template <typename Failed>
  void end_kept(const event::Summary& summary, Failed failed) {
    end_all(kept_, summary, failed);
  }
  template <typename Failed>
  void end_shown(const event::Summary& summary, Failed failed) {
    end_all(shown_, summary, failed);
  }
  // The last word, when all outputs have told what became of the events.
  void end_persons(const event::Summary& summary);

  // As many as -c asks for were handed on.
  [[nodiscard]] bool done() const {
    return full_ ||
           (count_ && (shown_.empty() ? events_ - false_alarms_ : shown_events_ - shown_false_alarms_) >= *count_);
  }
  // What was lost may have been refused, if it had come.
  [[nodiscard]] bool has_where() const { return where_.has_value(); }

  // For Statistics.
  void count(event::Summary& summary) const;

 private:
  // Where followed events come out.
  class Outlet final : public event::Sink {
   public:
    Outlet(Pipeline& pipeline, TurnTo turn_to) : pipeline_(pipeline), turn_to_(std::move(turn_to)) {}
    void event(const event::Event& event) override;
    void gap(const event::Gap& gap, const event::Names& names) override;
    void advance(uint64_t until_ns) override { pipeline_.pass_on(until_ns); }

   private:
    Pipeline& pipeline_;
    TurnTo turn_to_;
  };
  struct Followed {
    Followed(Pipeline& pipeline, event::Known known, TurnTo turn_to)
        : outlet(pipeline, std::move(turn_to)), events(outlet, known) {}
    Outlet outlet;
    trail::FollowedEvents events;
  };

  void take(const event::Event& event) {
    if (done()) return;
    const bool chosen = !where_ || where_->evaluate(event) == filter::Tribool::yes;
    if (!chosen && !of_trails_) {
      refused_++;
      return;
    }
    const bool shows = !shown_.empty();
    const bool shown = shows && (!rate_ || rate_->allows(event.core->time_ns));
    withheld_ += shows && !shown;
    if (shows && !shown && kept_.empty()) return;
    events_++;
    const bool is_false_alarm = of_drops_ && !event.is_drop();
    false_alarms_ += is_false_alarm;
    shown_events_ += shown;
    shown_false_alarms_ += shown && is_false_alarm;
    undecided_ += event.has(REC_FLAG_INDETERMINATE);
    without_stack_ += event.stack && !event.stack->id;
    without_args_ += event.args && !event.args->known;
    if (chosen)
      for (auto* sink : kept_) sink->event(event);
    if (!shown) return;
    for (auto* sink : shown_) sink->event(event);
    if (of_trails_) look_whether_full();
  }

  void take_gap(const event::Gap& gap, const event::Names& names);
  void pass_on(uint64_t until_ns);
  void look_whether_full() {
    for (const auto* sink : shown_) full_ |= sink->is_full();
  }
  template <typename Failed>
  static void end_all(const std::vector<event::Sink*>& sinks, const event::Summary& summary, Failed failed) {
    for (auto* sink : sinks) {
      try {
        sink->end(summary);
      } catch (const std::system_error& error) {
        failed(error);
      }
    }
  }

  const std::optional<filter::Where>& where_;
  std::optional<uint64_t> count_;
  bool of_trails_, of_drops_;
  bool full_ = false;
  std::optional<Rate> rate_;
  std::unique_ptr<Followed> followed_;  // null: trails are not asked for
  std::vector<event::Sink*> persons_, kept_, shown_;
  uint64_t false_alarms_ = 0, shown_false_alarms_ = 0;
  uint64_t events_ = 0, shown_events_ = 0, withheld_ = 0, refused_ = 0, gaps_ = 0, undecided_ = 0, without_stack_ = 0,
           without_args_ = 0;
  event::LossSum losses_;
};

}  // namespace skbtrail::run
