#include "run/live_source.h"

#include <algorithm>
#include <ctime>
#include <vector>

namespace skbtrail::run {

namespace {

// The rings are read so often in a row at most: on many busy CPUs they are never empty.
constexpr int kDrainsAtOnce = 8;

}  // namespace

uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void LiveSource::record(std::span<const std::byte> bytes, bool late) {
  recorded_++;
  if (pipeline_.done()) return;
  auto event = event::Event::decode(bytes, names_);
  if (!event) {
    malformed_++;
    return;
  }
  event->late = late;
  pipeline_.event(*event);
}

// Where --where decides, it is not known what it would have said.
void LiveSource::gap(const event::Gap& gap) {
  event::Gap marked = gap;
  marked.may_have_matched |= pipeline_.has_where();
  pipeline_.gap(marked, names_);
}

// The rings come first: what they have no room for is lost, and Order has plenty. False if they still have some.
bool LiveSource::read_rings(bool& brought_some) {
  bool all = false;
  for (int drains = 0; drains < kDrainsAtOnce && !all; drains++) {
    const uint64_t before_ns = monotonic_ns();
    const auto drained = session_.drain([this](std::span<const std::byte> record) { order_.add(record); });
    brought_some |= drained.records > 0;
    all = drained.all;
    if (all) read_until_ns_ = before_ns;
  }
  return all;
}

// A record that was not finished is one that cannot be read.
bool LiveSource::skip_unfinished() {
  const size_t skipped = session_.skip_unfinished();
  malformed_ += skipped;
  return skipped > 0;
}

LiveSource::Pass LiveSource::pass() {
  Pass pass;
  const bool all_read = read_rings(pass.brought_some);
  const bool all_handed_on = order_.advance(read_until_ns_, kAtOnce);
  pass.has_more = !all_read || !all_handed_on;
  constexpr uint64_t kDelay = std::chrono::nanoseconds(stream::Order::kDelay).count();
  if (all_handed_on && read_until_ns_ > kDelay) pipeline_.advance(read_until_ns_ - kDelay);
  return pass;
}

// Where nothing can refuse a hit each one that was skipped is a lost event.
void LiveSource::look_for_skipped() {
  const uint64_t begin_ns = monotonic_ns();
  std::vector<event::Gap> found;
  session_.look_for_skipped([&](const stream::SkippedHits::AttachPoint& point, uint64_t hits) {
    if (choosy_)
      may_have_skipped_ += hits;
    else
      found.push_back({looked_ns_, 0, event::Gap::kAnyCpu, {}, hits, point.functions, point.probe});
  });
  const uint64_t end_ns = monotonic_ns();
  for (event::Gap& gap : found) {
    gap.before_ns = end_ns;
    order_.add(gap);
  }
  looked_ns_ = begin_ns;
}

void LiveSource::finish() {
  order_.finish([this](uint32_t cpu) { return session_.losses(cpu); },
                std::min<uint32_t>(session_.cpus(), SKBTRAIL_CPUS));
}

void LiveSource::count(event::Summary& summary) const {
  summary.recorded = recorded_;
  summary.late = order_.late();
  summary.malformed += order_.malformed() + malformed_;
  summary.may_have_matched.skipped += may_have_skipped_;
  summary.skipped_are_counted &= session_.counts_skipped();
  summary.lists_cut += session_.other_count(COUNT_LISTS_CUT);
  summary.tasks_left_out += session_.other_count(COUNT_TASKS_SKIPPED);
  summary.not_followed += session_.other_count(COUNT_NOT_FOLLOWED);
  summary.followed_no_more += session_.other_count(COUNT_DOUBTFUL);
  summary.followed_aged += session_.followed_aged();
  summary.refused.other_families = session_.other_count(COUNT_OTHER_FAMILIES);
  summary.refused.elsewhere = session_.other_count(COUNT_ELSEWHERE);
  summary.refused.other_owner = session_.other_count(COUNT_OTHER_OWNER);
  summary.probes = session_.attached();
  summary.skipped = session_.skipped();
}

}  // namespace skbtrail::run
