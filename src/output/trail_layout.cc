#include "output/trail_layout.h"

namespace skbtrail::output {

TrailLayout::TrailLayout(const LayoutChoice& choice)
    : trails_(*this), chosen_(choice.trails), count_(choice.trails.count) {}

void TrailLayout::event(fmt::memory_buffer& out, const event::Event& event) {
  out_ = &out;
  trails_.event(event, !chosen_.where || chosen_.where(event));
}

void TrailLayout::gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) {
  trails_.gap(gap);
  append_gap(out, gap, names);
}

void TrailLayout::advance(fmt::memory_buffer& out, uint64_t until_ns) {
  out_ = &out;
  trails_.advance(until_ns);
}

void TrailLayout::end(fmt::memory_buffer& out) {
  out_ = &out;
  trails_.end();
}

std::optional<event::TrailCounts> TrailLayout::trails() const {
  const auto& counts = trails_.counts();
  return event::TrailCounts{printed_, counts.trails - printed_, counts.evicted, counts.unfinished, counts.late};
}

void TrailLayout::trail(const trail::Trail& trail) {
  if (is_full()) return;
  if (!trail.is_chosen) return;
  if (chosen_.only_dropped && !trail.is_dropped()) return;
  if (chosen_.only_incomplete && trail.is_complete()) return;
  if (trail.total_ns < chosen_.min_latency_ns) return;
  append(*out_, trail);
  printed_++;
}

}  // namespace skbtrail::output
