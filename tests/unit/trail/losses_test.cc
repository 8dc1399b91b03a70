// Events that are missing, or come in another order, one after the other: a trail that lacks some says so, and at the
// place; and no trail ever holds two packets.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "scene.h"

namespace skbtrail::test {
namespace {

// What comes after the one at `at` is known to have lost it.
struct Told {
  std::string_view probe;
  uint64_t skb;
  const Device* device;
  uint16_t id;  // whose packet it is
};

// Three packets at two addresses, of which the third has that of the first, whose end has no event.
constexpr Told kStory[] = {
    {"net_dev_queue", kSkb, &kA, 1},      {"net_dev_start_xmit", kSkb, &kA, 1}, {"netif_rx", kSkb, &kB, 1},
    {"net_dev_queue", kOther, &kA, 2},    {"netif_receive_skb", kSkb, &kB, 1},  {"net_dev_start_xmit", kOther, &kA, 2},
    {"netif_rx", kOther, &kB, 2},         {"net_dev_queue", kSkb, &kA, 3},      {"netif_receive_skb", kOther, &kB, 2},
    {"net_dev_start_xmit", kSkb, &kA, 3}, {"consume_skb", kOther, &kB, 2},      {"netif_rx", kSkb, &kB, 3},
    {"netif_receive_skb", kSkb, &kB, 3},  {"consume_skb", kSkb, &kB, 3},
};
constexpr size_t kEvents = std::size(kStory);

class Play {
 public:
  // IPv6 without an identification, whose payloads differ, or IPv4.
  explicit Play(bool with_id) : with_id_(with_id) {}

  void tell(size_t at) {
    const Told& told = kStory[at];
    const auto payload = ByteVector{static_cast<uint8_t>(told.id), 1, 2, 3};
    scene.at(told.probe, told.skb, *told.device, with_id_ ? udp(told.id) : udp6(payload));
    packet_at_[scene.now] = told.id;
  }
  void lose(uint64_t after_ns, uint64_t before_ns) {
    event::Gap gap{};
    gap.after_ns = after_ns;
    gap.before_ns = before_ns;
    gap.cpu = 0;
    gap.lost[REC_LOSS_RING] = 1;
    scene.following.gap(gap, scene.names);
  }
  std::set<uint16_t> packets_of(const trail::Trail& trail) const {
    std::set<uint16_t> packets;
    for (const auto& step : trail.steps) packets.insert(packet_at_.at(step.time_ns));
    return packets;
  }

  Scene scene;

 private:
  bool with_id_;
  std::map<uint64_t, uint16_t> packet_at_;
};

class Losses : public testing::TestWithParam<bool> {};

TEST_P(Losses, OfAnyEventAreToldByTheTrailThatLacksItAndAtThePlace) {
  for (size_t lost = 0; lost < kEvents; lost++) {
    Play play(GetParam());
    uint64_t before = 0, behind = 0;
    for (size_t at = 0; at < kEvents; at++) {
      if (at == lost) {
        before = play.scene.now;
        continue;
      }
      // The stream tells of a gap with the record after it.
      if (at == lost + 1) play.lose(before, behind = play.scene.now + 1000);
      play.tell(at);
    }
    if (lost + 1 == kEvents) play.lose(play.scene.now, 0);
    play.scene.end();
    for (const auto& trail : play.scene.trails) {
      const auto packets = play.packets_of(trail);
      ASSERT_EQ(packets.size(), 1u) << "lost " << lost;
      const bool lacks = *packets.begin() == kStory[lost].id;
      // What lacks its first step may be without a sign that it does: it begins where a packet is received.
      const bool lacks_begin = trail.first_ns() > before;
      const bool is_whole_behind = trail.steps.back().time_ns <= before;
      if (!lacks || is_whole_behind) continue;
      if (lacks_begin && trail.steps.front().role == trail::Role::queues) continue;
      ASSERT_EQ(trail.holes.size(), 1u) << "lost " << lost << " of packet " << kStory[lost].id;
      EXPECT_EQ(trail.holes[0].time_ns, behind ? behind : UINT64_MAX);
      EXPECT_FALSE(trail.is_complete());
    }
  }
}

TEST_P(Losses, OfAnyTwoEventsMixNoPackets) {
  for (size_t first = 0; first < kEvents; first++) {
    for (size_t second = first + 1; second < kEvents; second++) {
      Play play(GetParam());
      uint64_t before = 0;
      bool is_open = false;
      for (size_t at = 0; at < kEvents; at++) {
        if (at == first || at == second) {
          if (!is_open) before = play.scene.now;
          is_open = true;
          continue;
        }
        if (std::exchange(is_open, false)) play.lose(before, play.scene.now + 1000);
        play.tell(at);
      }
      play.scene.end();
      for (const auto& trail : play.scene.trails)
        EXPECT_EQ(play.packets_of(trail).size(), 1u) << "lost " << first << " and " << second;
    }
  }
}

// Clocks of two CPUs, or a late record: neighbours have changed places.
TEST_P(Losses, OfTheOrderOfNeighboursMixNoPackets) {
  for (size_t swapped = 0; swapped + 1 < kEvents; swapped++) {
    Play play(GetParam());
    for (size_t at = 0; at < kEvents; at++) play.tell(at == swapped ? at + 1 : at == swapped + 1 ? at - 1 : at);
    play.scene.end();
    for (const auto& trail : play.scene.trails) EXPECT_EQ(play.packets_of(trail).size(), 1u) << "swapped " << swapped;
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutAnIdentification, Losses, testing::Values(true, false));

}  // namespace
}  // namespace skbtrail::test
