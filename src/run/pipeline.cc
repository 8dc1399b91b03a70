#include "run/pipeline.h"

namespace skbtrail::run {

void Pipeline::gap(const event::Gap& gap, const event::Names& names) {
  if (done()) return;
  gaps_++;
  losses_.add(gap);
  for (auto* sink : kept_) sink->gap(gap, names);
  for (auto* sink : shown_) sink->gap(gap, names);
}

void Pipeline::advance(uint64_t until_ns) {
  if (done()) return;
  for (auto* sink : shown_) sink->advance(until_ns);
  if (of_trails_) look_whether_full();
}

void Pipeline::notice_outputs(const event::Notice& notice) {
  for (auto* sink : kept_) sink->notice(notice);
  for (auto* sink : shown_) sink->notice(notice);
}

void Pipeline::notice(const event::Notice& notice) {
  notice_outputs(notice);
  tell_persons(notice);
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
  summary.lost += losses_.lost;
  summary.may_have_matched += losses_.may_have_matched;
}

}  // namespace skbtrail::run
