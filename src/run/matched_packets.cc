#include "run/matched_packets.h"

#include <functional>

namespace skbtrail::run {

filter::Tribool MatchedPackets::judge(int64_t run, const event::Event& event, filter::Tribool result) {
  if (!event.follow || event.follow->trail == 0) return result;
  const Packet packet{run, event.follow->trail};
  if (result == filter::Tribool::yes)
    add(packet);
  else if (known_.contains(packet))
    result = filter::Tribool::yes;
  return result;
}

void MatchedPackets::add(const Packet& packet) {
  if (!known_.insert(packet).second) return;
  in_order_.push_back(packet);
  if (in_order_.size() <= most_) return;
  known_.erase(in_order_.front());
  in_order_.pop_front();
}

size_t MatchedPackets::Hash::operator()(const Packet& packet) const noexcept {
  constexpr size_t kSpread = 0x9e3779b97f4a7c15;
  return (std::hash<uint64_t>()(packet.trail) + std::hash<int64_t>()(packet.run)) * kSpread;
}

}  // namespace skbtrail::run
