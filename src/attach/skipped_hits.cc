#include "attach/skipped_hits.h"

namespace skbtrail::attach {

size_t SkippedHits::add_place(Place place) {
  places_.push_back({place, {}, {}});
  return places_.size() - 1;
}

void SkippedHits::add_program(size_t place, kernel::Fd program) {
  places_[place].programs.push_back(std::move(program));
}

void SkippedHits::forget_links() {
  for (Counted& counted : places_) counted.links.clear();
}

void SkippedHits::look(const std::function<void(const Place&, uint64_t)>& take) {
  for (Counted& counted : places_) {
    uint64_t now = counted.of_closed;
    for (const kernel::Fd& program : counted.programs) now += kernel_.recursion_misses(program.get());
    for (const int link : counted.links) now += kernel_.missed_hits(link);
    if (now <= counted.told) continue;
    take(counted.place, now - counted.told);
    counted.told = now;
  }
}

}  // namespace skbtrail::attach
