#include "output/trail_layout.h"

#include <algorithm>

#include "trail/values.h"

namespace skbtrail::output {

TrailLayout::TrailLayout(const LayoutChoice& choice, const trail::Limits& limits)
    : trails_(*this, limits), chosen_(choice.trails), count_(choice.trails.count) {
  if (chosen_.shows_latency) latency_.emplace();
  if (chosen_.between) between_.emplace(chosen_.between->is_at_from, chosen_.between->is_at_to);
  if (choice.rules) diagnosis_.emplace(choice.rules, choice.reasons);
}

void TrailLayout::event(fmt::memory_buffer& out, const event::Event& event) {
  out_ = &out;
  const bool chooses = !chosen_.where || chosen_.where(event);
  const auto owner = trails_.event(event, chooses, chosen_.answer ? chosen_.answer(event) : 0,
                                   diagnosis_ ? diagnosis_->seen(event) : 0);
  if (owner.slot == trail::Trails::Owner::kNoSlot) end_events(1);  // of no trail that will be told
}

void TrailLayout::gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) {
  trails_.gap(gap, names);
  if (diagnosis_) diagnosis_->forget();
  append_gap(out, gap, names);
}

void TrailLayout::advance(fmt::memory_buffer& out, uint64_t until_ns) {
  out_ = &out;
  trails_.advance(until_ns);
}

void TrailLayout::names_end(fmt::memory_buffer& out, const event::Names& names) {
  out_ = &out;
  trails_.names_end(names);
  if (latency_) latency_->names_end(names);
  if (between_) between_->names_end(names);
  if (diagnosis_) diagnosis_->forget();
}

void TrailLayout::end(fmt::memory_buffer& out) {
  out_ = &out;
  trails_.end();
  append_end(out);
  if (latency_) append_latency(out, *latency_);
  if (between_) append_between(out, *between_, *chosen_.between);
  if (diagnosis_) append_diagnoses(out, *diagnosis_);
}

std::optional<event::TrailCounts> TrailLayout::trails() const {
  const auto& counts = when_full_ ? *when_full_ : trails_.counts();
  return event::TrailCounts{printed_, counts.trails - printed_, counts.evicted, unfinished_, counts.late};
}

bool TrailLayout::holds(const trail::Trail& trail, const event::TrailValues& values) const {
  if (!chosen_.holds) return true;
  event::Event knowing;
  knowing.names = trail.names;
  knowing.trail = &values;
  return std::any_of(trail.answers.begin(), trail.answers.end(),
                     [&](uint64_t answer) { return chosen_.holds(answer, knowing); });
}

void TrailLayout::trail(const trail::Trail& trail) {
  if (!is_full()) show(trail);
  // What comes after the last one that is asked for is not counted.
  if (is_full() && !when_full_) when_full_ = trails_.counts();
  end_events(trail.steps.size() + trail.steps_left_out);
}

void TrailLayout::show(const trail::Trail& trail) {
  event::TrailValues values;
  if (diagnosis_ || chosen_.holds) values = trail::values_of(trail);
  // Those that are not shown tell of the others.
  if (diagnosis_) findings_ = diagnosis_->of(trail, values);
  if (!trail.is_chosen || !holds(trail, values)) return;
  if (chosen_.only_dropped && !trail.is_dropped()) return;
  if (chosen_.only_incomplete && trail.is_complete()) return;
  if (trail.total_ns < chosen_.min_latency_ns) return;
  if (latency_) latency_->add(trail);
  if (between_) between_->add(trail);
  if (diagnosis_) diagnosis_->count(findings_);
  if (chosen_.prints_trails) append(*out_, trail);
  printed_++;
  unfinished_ += trail.fate == trail::Fate::not_known;
}

}  // namespace skbtrail::output
