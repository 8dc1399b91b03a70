#include "counters/gains.h"

namespace skbtrail::counters {

namespace {

// Of a counter of 32 bits that became less it is more likely that it went round than that it was reset, if it had not
// far to go.
uint64_t difference(const Value& before, const Value& now) {
  if (now.number >= before.number) return now.number - before.number;
  constexpr uint64_t kNear = uint64_t{1} << 31;
  const auto round = static_cast<uint32_t>(now.number - before.number);
  return now.wraps && round < kNear ? round : now.number;
}

}  // namespace

void Gains::note_gone(const Snapshot& next) {
  for (const uint32_t netns : last_.namespaces)
    if (!next.namespaces.contains(netns)) namespaces_gone_.insert(netns);
  for (const auto& device : last_.devices)
    if (!next.devices.contains(device) && next.namespaces.contains(device.netns)) devices_gone_.insert(device);
}

void Gains::update(Snapshot next) {
  for (auto& [key, gain] : gains_) gain.more = 0;
  note_gone(next);
  for (const auto& [key, value] : next.values) {
    const auto before = last_.values.find(key);
    // A counter that was not there while its namespace was read has begun meanwhile; of a namespace that is met for the
    // first time it is not known when it began, but that it was not there before.
    const uint64_t more = before == last_.values.end() ? value.number : difference(before->second, value);
    if (more == 0) continue;
    auto& gain = gains_[key];
    gain.key = key;
    gain.more = more;
    gain.gained += more;
  }
  last_ = std::move(next);
}

std::vector<Gain> Gains::all() const {
  std::vector<Gain> all;
  for (const auto& [key, gain] : gains_) all.push_back(gain);
  return all;
}

}  // namespace skbtrail::counters
