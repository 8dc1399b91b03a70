#include "attach/skipped_hits.h"

namespace skbtrail::attach {

size_t SkippedHits::add_point(AttachPoint point) {
  points_.push_back({point, {}, {}});
  return points_.size() - 1;
}

void SkippedHits::add_program(size_t point, kernel::Fd program) {
  points_[point].programs.push_back(std::move(program));
}

void SkippedHits::forget_links() {
  for (Counted& counted : points_) counted.links.clear();
}

void SkippedHits::end() {
  for (Counted& counted : points_) {
    counted.of_closed = count(counted);
    counted.programs.clear();
    counted.links.clear();
  }
}

uint64_t SkippedHits::count(const Counted& counted) const {
  uint64_t now = counted.of_closed;
  for (const kernel::Fd& program : counted.programs) now += kernel_.recursion_misses(program.get());
  for (const int link : counted.links) now += kernel_.missed_hits(link);
  return now;
}

void SkippedHits::look(const std::function<void(const AttachPoint&, uint64_t)>& take) {
  for (Counted& counted : points_) {
    const uint64_t now = count(counted);
    if (now <= counted.told) continue;
    take(counted.point, now - counted.told);
    counted.told = now;
  }
}

}  // namespace skbtrail::attach
