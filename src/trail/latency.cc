#include "trail/latency.h"

#include "trail/hops.h"

namespace skbtrail::trail {

namespace {

const Location& location_of(const Trail& trail, const Step& step) {
  static const Location kNowhere;
  return step.location == Step::kNone ? kNowhere : trail.locations[step.location];
}

Latency::Stop stop_of(const Trail& trail, const Step& step) {
  const Location& location = location_of(trail, step);
  Latency::Stop stop;
  stop.probe = trail.names->probe(step.probe);
  if (step.is_return) stop.probe += " returns";
  if (location.netns) stop.netns = trail.names->name(event::NameKind::netns, location.netns);
  if (location.ifindex) stop.ifname = location.ifname();
  return stop;
}

}  // namespace

size_t Latency::HashOfKey::operator()(const Key& key) const {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
  uint64_t hash = reinterpret_cast<uintptr_t>(key.names);
  const auto mix = [&](uint64_t value) { hash = (hash ^ value) * kFactor, hash ^= hash >> 29; };
  mix(uint64_t{key.from_netns} << 32 | key.to_netns);
  mix(uint64_t{key.from_ifindex} << 32 | key.to_ifindex);
  mix(uint64_t{key.from_probe} << 16 | key.to_probe);
  return hash;
}

uint32_t Latency::find(const Trail& trail, const Step& from, const Step& to) {
  const Location &there = location_of(trail, from), &here = location_of(trail, to);
  const Key key{trail.names, there.netns, here.netns,     there.ifindex, here.ifindex,
                from.probe,  to.probe,    from.is_return, to.is_return};
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (known_.size() >= kMostKeys) return kOthers;
  const Stop begin = stop_of(trail, from), end = stop_of(trail, to);
  const auto same =
      std::find_if(hops_.begin(), hops_.end(), [&](const HopTimes& hop) { return hop.from == begin && hop.to == end; });
  auto at = static_cast<uint32_t>(same - hops_.begin());
  if (same == hops_.end()) {
    if (hops_.size() >= kMostHops)
      at = kOthers;
    else
      hops_.push_back({begin, end, {}});
  }
  known_.emplace(key, at);
  return at;
}

void Latency::add(const Trail& trail, const Step& from, const Step& to) {
  const uint32_t at = find(trail, from, to);
  Histogram& times = at == kOthers ? others_ : hops_[at].times;
  times.add(to.time_ns > from.time_ns ? to.time_ns - from.time_ns : 0);
}

void Latency::add(const Trail& trail) {
  if (trail.steps.empty()) return;
  total_.add(trail.total_ns);
  for_each_hop(trail, [&](const Step& from, const Step& to) { add(trail, from, to); });
}

void Latency::names_end(const event::Names& names) {
  std::erase_if(known_, [&](const auto& known) { return known.first.names == &names; });
}

bool Between::Known::operator()(const event::Names& names, uint16_t probe) {
  auto& known = known_[&names];
  if (probe >= known.size()) known.resize(probe + 1u);
  if (!known[probe]) known[probe] = is_at_(names, probe) ? 2 : 1;
  return known[probe] == 2;
}

void Between::names_end(const event::Names& names) {
  is_at_from_.forget(names);
  is_at_to_.forget(names);
}

uint64_t Between::begin_of(size_t row) {
  constexpr std::array<uint64_t, 3> kDigits{1, 2, 5};
  if (row == 0) return 0;
  uint64_t begin = kDigits[(row - 1) % 3];
  for (size_t decade = 0; decade < (row - 1) / 3; decade++) begin *= 10;
  return begin;
}

void Between::add(const Trail& trail) {
  const Step *from = nullptr, *to = nullptr;
  bool was_at_to = false;
  for (const auto& step : trail.steps) {
    if (step.is_return || trail.branches[step.branch].fate == Fate::captured) continue;
    const bool is_at_to = is_at_to_(*trail.names, step.probe);
    was_at_to |= is_at_to;
    if (from && is_at_to) {
      to = &step;
      break;
    }
    if (!from && is_at_from_(*trail.names, step.probe)) from = &step;
  }
  without_to_ += from && !to;
  without_from_ += !from && was_at_to;
  if (!to) return;
  const uint64_t time = to->time_ns > from->time_ns ? to->time_ns - from->time_ns : 0;
  times_.add(time);
  size_t row = 0;
  while (row + 1 < kRows && begin_of(row + 1) <= time) row++;
  rows_[row]++;
}

}  // namespace skbtrail::trail
