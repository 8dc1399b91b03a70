#include "run/pipeline.h"

namespace skbtrail::run {

void Pipeline::follow(event::Known known, TurnTo turn_to) {
  if (known != event::Known::with_event) followed_ = std::make_unique<Followed>(*this, known, std::move(turn_to));
}

void Pipeline::Outlet::event(const event::Event& event) {
  if (turn_to_) turn_to_(*event.names);
  pipeline_.take(event);
}

void Pipeline::Outlet::gap(const event::Gap& gap, const event::Names& names) {
  if (turn_to_) turn_to_(names);
  pipeline_.take_gap(gap, names);
}

void Pipeline::gap(const event::Gap& gap, const event::Names& names) {
  if (done()) return;
  followed_ ? followed_->events.gap(gap, names) : take_gap(gap, names);
}

void Pipeline::take_gap(const event::Gap& gap, const event::Names& names) {
  if (done()) return;
  gaps_++;
  losses_.add(gap);
  for (auto* sink : kept_) sink->gap(gap, names);
  for (auto* sink : shown_) sink->gap(gap, names);
}

void Pipeline::advance(uint64_t until_ns) {
  if (done()) return;
  followed_ ? followed_->events.advance(until_ns) : pass_on(until_ns);
}

void Pipeline::names_end(const event::Names& names) {
  if (done()) return;
  if (followed_) followed_->events.names_end(names);
  for (auto* sink : shown_) sink->names_end(names);
}

void Pipeline::flush() {
  if (followed_ && !done()) followed_->events.end();
}

void Pipeline::pass_on(uint64_t until_ns) {
  for (auto* sink : shown_) sink->advance(until_ns);
  if (of_trails_) look_whether_full();
}

void Pipeline::notice(const event::Notice& notice) {
  for (const auto* sinks : {&kept_, &shown_, &persons_})
    for (auto* sink : *sinks) sink->notice(notice);
}

void Pipeline::tell_persons(const event::Notice& notice) {
  for (auto* person : persons_) person->notice(notice);
}

void Pipeline::progress(const std::optional<event::Progress>& progress) {
  for (auto* person : persons_) person->progress(progress);
}

void Pipeline::end_persons(const event::Summary& summary) {
  for (auto* person : persons_) person->end(summary);
}

void Pipeline::count(event::Summary& summary) const {
  summary.events = events_;
  summary.withheld = withheld_;
  summary.refused.where = refused_;
  summary.gaps = gaps_;
  summary.undecided = undecided_;
  summary.without_stack = without_stack_;
  summary.without_args = without_args_;
  if (of_drops_) summary.drops = {events_ - false_alarms_, false_alarms_};
  summary.lost += losses_.lost;
  summary.may_have_matched += losses_.may_have_matched;
  if (followed_) summary.trails_cut_short = followed_->events.cut_short();
}

}  // namespace skbtrail::run
