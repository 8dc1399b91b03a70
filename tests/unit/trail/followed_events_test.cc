// Events that know their trail: in the order of time, with the values of the whole trail, within a limit of memory.
#include "trail/followed_events.h"

#include <gmock/gmock.h>

#include "trail/scene.h"

namespace skbtrail::trail {
namespace {

using test::kA;
using test::kB;
using test::kOther;
using test::kSkb;
using test::kThird;
using test::udp;
using testing::ElementsAre;
using testing::IsEmpty;

// Writes down what comes out: the probe, the trail's number, and its fate, as far as they are known.
class Notes : public event::Sink {
 public:
  void event(const event::Event& event) override {
    std::string line(event.names->probe(event.core->probe));
    if (event.trail) line += " of " + std::to_string(event.trail->id);
    if (event.trail && event.trail->whole) line += ": " + std::string(event.trail->whole->fate);
    told.push_back(line);
    times.push_back(event.core->time_ns);
    if (event.trail) last = *event.trail;
  }
  void gap(const event::Gap& gap, const event::Names&) override { told.push_back("gap " + std::to_string(gap.all())); }
  void advance(uint64_t until_ns) override { advanced_ns = until_ns; }

  std::vector<std::string> told;
  std::vector<uint64_t> times;
  event::TrailValues last;
  uint64_t advanced_ns = 0;
};

class Followed : public testing::Test {
 protected:
  void begin(event::Known known, const Limits& limits = {}, size_t memory = FollowedEvents::kMemory) {
    events.emplace(notes, known, limits, memory);
  }
  void add(const test::RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    events->event(*event::Event::decode(bytes, scene.names));
  }
  void at(std::string_view probe, uint64_t skb, const test::Device& device, const test::ByteVector& packet) {
    add(scene.record(probe, skb, device, packet));
  }
  void drop(uint64_t skb, uint16_t id) {
    add(scene.record("kfree_skb", skb, kB, udp(id)).drop(test::FakeNames::kIcmpRcv, 2));
  }
  void pass(uint64_t ns) { events->advance(scene.now += ns); }

  test::Scene scene;
  Notes notes;
  std::optional<FollowedEvents> events;
};

TEST_F(Followed, AnEventKnowsAtOnceWhoseItIsAndWhenItsPacketWasFirstSeen) {
  begin(event::Known::with_trail);
  at("net_dev_queue", kSkb, kA, udp(1));
  const uint64_t first_ns = scene.now;
  at("net_dev_queue", kOther, kA, udp(2));
  at("netif_rx", kSkb, kB, udp(1));
  EXPECT_THAT(notes.told, ElementsAre("net_dev_queue of 1", "net_dev_queue of 2", "netif_rx of 1"));
  EXPECT_EQ(notes.last.first_ns, first_ns);
  EXPECT_FALSE(events->waits());
}

TEST_F(Followed, WhatBecameOfAPacketIsKnownByAllOfItsEventsInTheOrderOfTime) {
  begin(event::Known::with_fate);
  at("net_dev_queue", kSkb, kA, udp(1));
  at("net_dev_queue", kOther, kA, udp(2));
  at("netif_rx", kSkb, kB, udp(1));
  at("consume_skb", kOther, kA, udp(2));
  drop(kSkb, 1);
  EXPECT_THAT(notes.told, IsEmpty());
  EXPECT_TRUE(events->waits());
  pass(30'000'000);
  EXPECT_THAT(notes.told,
              ElementsAre("net_dev_queue of 1: dropped", "net_dev_queue of 2: consumed", "netif_rx of 1: dropped",
                          "consume_skb of 2: consumed", "kfree_skb of 1: dropped"));
  EXPECT_TRUE(std::is_sorted(notes.times.begin(), notes.times.end()));
  EXPECT_FALSE(events->waits());
  EXPECT_EQ(notes.last.whole->netns, "host\n7");
  EXPECT_EQ(notes.last.whole->ifname, "v0\nv1");
  EXPECT_EQ(notes.last.whole->drop_reason, "NO_SOCKET");
  EXPECT_EQ(notes.last.whole->total_ns, 4000u);
  EXPECT_EQ(notes.last.whole->steps, 3u);
  EXPECT_TRUE(notes.last.whole->is_complete);
}

TEST_F(Followed, AGapAndAnEventOfNoPacketKeepTheirPlace) {
  begin(event::Known::with_fate);
  at("net_dev_queue", kSkb, kA, udp(1));
  events->gap({1, 2, 0, {5, 0, 0, 0}}, scene.names);
  add(scene.record("fib_table_lookup", 0, kA));
  drop(kSkb, 1);
  pass(30'000'000);
  EXPECT_THAT(notes.told,
              ElementsAre("net_dev_queue of 1: dropped", "gap 5", "fib_table_lookup", "kfree_skb of 1: dropped"));
  events->gap({1, 2, 0, {6, 0, 0, 0}}, scene.names);
  EXPECT_EQ(notes.told.back(), "gap 6");
}

// A socket has it, and its reader does not come: it is freed much later.
TEST_F(Followed, TheFreeThatComesLaterThanTheTrailIsHandedOnBelongsToItAllTheSame) {
  for (const auto known : {event::Known::with_fate, event::Known::with_trail}) {
    notes = {};
    begin(known);
    at("netif_receive_skb", kSkb, kB, udp(1));
    at("__udp_enqueue_schedule_skb", kSkb, kB, udp(1));
    pass(1'000'000'000);
    at("kfree_skb", kOther, kB, udp(1));  // another skb
    at("kfree_skb", kSkb, kB, udp(2));    // and another packet
    const bool knows = known == event::Known::with_fate;
    at("netif_receive_skb", kOther, kB, udp(3));
    at("__udp_enqueue_schedule_skb", kOther, kB, udp(3));
    pass(1'000'000'000);
    at("consume_skb", kOther, kB, udp(3));
    const std::string first = knows ? " of 1: delivered" : " of 1", second = knows ? " of 2: delivered" : " of 2";
    EXPECT_THAT(notes.told, ElementsAre("netif_receive_skb" + first, "__udp_enqueue_schedule_skb" + first, "kfree_skb",
                                        "kfree_skb", "netif_receive_skb" + second,
                                        "__udp_enqueue_schedule_skb" + second, "consume_skb" + second));
  }
}

TEST_F(Followed, NothingEarlierThanWhatIsHeldIsSaidToBeOver) {
  begin(event::Known::with_fate);
  at("net_dev_queue", kSkb, kA, udp(1));
  const uint64_t held_ns = scene.now;
  pass(1'000'000);
  EXPECT_EQ(notes.advanced_ns, held_ns);
}

TEST_F(Followed, AtTheEndAllIsHandedOnAsFarAsItIsKnown) {
  begin(event::Known::with_fate);
  at("net_dev_queue", kSkb, kA, udp(1));
  at("netif_rx", kSkb, kB, udp(1));
  events->end();
  EXPECT_THAT(notes.told, ElementsAre("net_dev_queue of 1: not known", "netif_rx of 1: not known"));
  EXPECT_FALSE(notes.last.whole->is_complete);
}

TEST_F(Followed, WhereThereIsNoMoreRoomTheOldestGoesAsItIsAndNothingIsLost) {
  begin(event::Known::with_fate, {}, 2 * event::RecordBlocks::kChunk);
  constexpr size_t kPackets = 3000;
  for (uint16_t id = 1; id <= kPackets; id++) at("net_dev_queue", kSkb + id * 256u, kA, udp(id));
  EXPECT_GT(notes.told.size(), 0u);
  EXPECT_LE(events->memory(), 2 * event::RecordBlocks::kChunk);
  EXPECT_EQ(events->cut_short(), notes.told.size());
  events->end();
  EXPECT_EQ(notes.told.size(), kPackets);
  EXPECT_TRUE(std::is_sorted(notes.times.begin(), notes.times.end()));
}

TEST_F(Followed, OfOnePacketAloneTheRestBelongsToAnotherTrailWhereThereIsNoMoreRoom) {
  begin(event::Known::with_fate, {}, 2 * event::RecordBlocks::kChunk);
  constexpr size_t kSteps = 3000;
  for (size_t i = 0; i < kSteps; i++) at("ip_rcv", kSkb, kA, udp(1));
  events->end();
  EXPECT_EQ(notes.told.size(), kSteps);
  EXPECT_EQ(notes.told.front(), "ip_rcv of 1: not known");
  EXPECT_NE(notes.told.back(), "ip_rcv of 1: not known");
  EXPECT_FALSE(events->waits());
}

TEST_F(Followed, ATrailThatIsCutShortByTheLimitOfTrailsIsHandedOn) {
  begin(event::Known::with_fate, {.trails = 1});
  at("net_dev_queue", kSkb, kA, udp(1));
  at("net_dev_queue", kOther, kA, udp(2));
  at("net_dev_queue", kThird, kA, udp(3));
  EXPECT_THAT(notes.told, ElementsAre("net_dev_queue of 1: not known", "net_dev_queue of 2: not known"));
  events->end();
  EXPECT_EQ(notes.told.size(), 3u);
}

// A recording's next section numbers its probes anew.
TEST_F(Followed, WhereNamesEndAllIsHandedOnAndProbesAreLookedUpAnew) {
  begin(event::Known::with_fate);
  at("net_dev_queue", kSkb, kA, udp(1));
  events->names_end(scene.names);
  EXPECT_THAT(notes.told, ElementsAre("net_dev_queue of 1: not known"));
  scene.names.forget();
  at("consume_skb", kOther, kA, udp(2));  // has the number that net_dev_queue had; such a free opens no trail
  EXPECT_EQ(notes.told.back(), "consume_skb");
}

// Events of theirs that wait after another host's trail go before they are called otherwise; no others do.
TEST_F(Followed, WhereNamesEndTheirEventsAreHandedOnAndThoseBehindThemWait) {
  begin(event::Known::with_fate);
  test::ProbeNames others;
  const auto at_other = [&](uint64_t skb) {
    auto record = scene.record("net_dev_queue", skb, kA, udp(7));
    const auto bytes = record.probe(others.number_of("net_dev_queue")).bytes();
    events->event(*event::Event::decode(bytes, others));
  };
  at("net_dev_queue", kSkb, kA, udp(1));
  at_other(kOther);
  at("netif_rx", kThird, kB, udp(2));
  events->names_end(others);
  EXPECT_THAT(notes.told, ElementsAre("net_dev_queue of 1: not known", "net_dev_queue of 2: not known"));
  EXPECT_TRUE(events->waits());
  events->end();
  EXPECT_EQ(notes.told.back(), "netif_rx of 3: not known");
}

}  // namespace
}  // namespace skbtrail::trail
