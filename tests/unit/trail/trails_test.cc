// What becomes of a packet, what changed on its way, and when its trail is handed on.
#include "scene.h"

#include <gtest/gtest.h>

namespace skbtrail::test {
namespace {

using trail::End;
using trail::Fate;
using trail::What;

constexpr uint64_t kMs = 1'000'000, kSecond = 1000 * kMs;

ByteVector echo(uint8_t type, uint16_t seq) {
  return PacketBuilder()
      .ethernet()
      .ipv4("10.0.0.2", "10.0.0.1", {.id = 77})
      .icmp(type, 0, uint32_t{9} << 16 | seq)
      .payload(16)
      .bytes();
}

Fate fate_of(Scene& scene) {
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
  return scene.trails.empty() ? Fate::not_known : scene.trails[0].fate;
}

TEST(Fate, DroppedWithAReason) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.dropped(kSkb, kB, udp(1), 2);
  EXPECT_EQ(fate_of(scene), Fate::dropped);
  const auto& branch = scene.trails[0].decisive();
  EXPECT_EQ(branch.drop_reason, 2u);
  EXPECT_EQ(scene.trails[0].places[branch.fate_place].ifname(), "v1");
}

TEST(Fate, APingReplyThatWasCopiedToItsReaderIsDelivered) {
  Scene scene;
  cross(scene, kSkb, echo(0, 1));
  scene.dropped(kSkb, kB, echo(0, 1), 2, true);
  scene.add(scene.record("skb_copy_datagram_iovec", kOther, {7, 0, ""}, echo(0, 1))
                .task("ping", 100, 100, REC_CONTEXT_PROCESS));
  EXPECT_EQ(fate_of(scene), Fate::delivered);
  const auto& trail = scene.trails[0];
  EXPECT_EQ(trail.fate_branch, 1u);
  EXPECT_EQ(trail.tasks[trail.decisive().reader].comm(), "ping");
  EXPECT_FALSE(trail.is_dropped());
  EXPECT_FALSE(trail.branches[0].benign.empty());
}

TEST(Fate, SentWhenItLeftThroughADeviceAndForwardedIfOneHadReceivedIt) {
  for (const bool came_in : {false, true}) {
    Scene scene;
    if (came_in) scene.at("netif_receive_skb", kSkb, kB, udp(1));
    scene.at("net_dev_queue", kSkb, kA, udp(1));
    scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
    scene.sent(kSkb, kA);
    EXPECT_EQ(fate_of(scene), came_in ? Fate::forwarded : Fate::sent);
    EXPECT_EQ(scene.trails[0].places[scene.trails[0].decisive().fate_place].ifname(), "v0");
  }
}

TEST(Fate, NotSentIfTheOtherEndOfThePairHasIt) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  EXPECT_EQ(fate_of(scene), Fate::not_known);
}

TEST(Fate, NotSentIfTheDriverRefused) {
  Scene scene;
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.sent(kSkb, kA, 16);
  EXPECT_EQ(fate_of(scene), Fate::not_known);
}

TEST(Fate, ConsumedByTheProtocol) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  EXPECT_EQ(fate_of(scene), Fate::consumed);
}

TEST(Fate, ADatagramThatIsConsumedWithoutADeviceWasReadAndItsFreeIsNoLatency) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  const uint64_t received = scene.now;
  scene.pass(5 * kMs);
  scene.add(scene.record("consume_skb", kSkb, kNowhere, udp(1)).device("", 0, 0));
  EXPECT_EQ(fate_of(scene), Fate::delivered);
  EXPECT_EQ(scene.trails[0].total_ns, received - scene.trails[0].first_ns());
}

TEST(Fate, WhatATaskConsumesThatCameUpItHasRead) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.add(scene.record("consume_skb", kSkb, kB, udp(1)).task("nc", 5, 5, REC_CONTEXT_PROCESS));
  EXPECT_EQ(fate_of(scene), Fate::delivered);
  EXPECT_EQ(scene.trails[0].tasks[scene.trails[0].decisive().reader].comm(), "nc");
}

TEST(Fate, WhatAPacketSocketCapturedIsNoFate) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  auto read = scene.record("skb_copy_datagram_iovec", kOther, kB, udp(1)).task("tcpdump", 6, 6, REC_CONTEXT_PROCESS);
  auto bytes = read.bytes();
  auto event = event::Event::decode(bytes, scene.names);
  rec_device device = *event->device;
  device.family = 17;  // AF_PACKET
  event->device = &device;
  scene.following.event(*event);
  EXPECT_EQ(fate_of(scene), Fate::not_known);
  EXPECT_EQ(scene.trails[0].branches[1].fate, Fate::captured);
}

TEST(Fate, ADropBesideADeliveryIsNoDropOfThePacket) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("netif_receive_skb", kOther, kB, udp(1));
  scene.dropped(kOther, kB, udp(1), 5);
  scene.add(scene.record("skb_copy_datagram_iovec", kSkb, kB, udp(1)).task("nc", 5, 5, REC_CONTEXT_PROCESS));
  EXPECT_EQ(fate_of(scene), Fate::delivered);
  EXPECT_EQ(scene.trails[0].branches[1].fate, Fate::dropped);
}

TEST(Fate, MergedByGro) {
  Scene scene;
  scene.at("napi_gro_receive_entry", kSkb, kA, udp(1));
  scene.add(scene.record("napi_gro_receive_exit", 0, kNowhere).flag(REC_FLAG_SKB_NOT_OWNED).result(1));
  EXPECT_EQ(fate_of(scene), Fate::merged);
}

TEST(Changes, NatAndTheTtlAreShownAtTheStepWhereTheyAppear) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp(1, {9, 9}, "10.0.0.1", 4000, 64));
  scene.at("net_dev_queue", kSkb, kB, udp(1, {9, 9}, "203.0.113.9", 2051, 63));
  scene.end();
  const auto& trail = scene.trails.at(0);
  EXPECT_EQ(trail.steps[0].changes, 0u);
  ASSERT_EQ(trail.steps[1].changes, 2u);
  EXPECT_EQ(trail.changes[0].what, What::src);
  EXPECT_EQ(packet::to_string(trail.changes[0].to_ends.address), "203.0.113.9");
  EXPECT_EQ(trail.changes[0].to_ends.port, 2051u);
  EXPECT_EQ(trail.changes[1].what, What::ttl);
  EXPECT_EQ(trail.changes[1].to, 63u);
}

TEST(Changes, ATunnelIsAChangeAndWhatIsInItIsNone) {
  const auto inner = [](PacketBuilder& builder) -> PacketBuilder& {
    return builder.ipv4("10.0.0.1", "10.0.0.2", {.id = 3}).udp(4000, 9000).payload({1, 2});
  };
  PacketBuilder plain, tunnelled;
  plain.ethernet();
  tunnelled.ethernet().ipv4("192.0.2.1", "192.0.2.2", {.id = 8});
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, inner(plain).bytes());
  scene.at("net_dev_queue", kSkb, kB, inner(tunnelled).bytes());
  scene.end();
  const auto& trail = scene.trails.at(0);
  ASSERT_EQ(trail.changes.size(), 1u);
  EXPECT_EQ(trail.changes[0].what, What::encapsulated);
  EXPECT_STREQ(trail.changes[0].tunnel.data(), "ipip");
  EXPECT_EQ(packet::to_string(trail.changes[0].from_ends.address), "192.0.2.1");
}

TEST(Changes, AMarkAndATag) {
  const auto tagged = PacketBuilder()
                          .ethernet()
                          .vlan(10)
                          .ipv4("10.0.0.1", "10.0.0.2", {.id = 1})
                          .udp(4000, 9000)
                          .payload({1, 2, 3, 4})
                          .bytes();
  Scene scene;
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp(1)).mark(0));
  scene.add(scene.record("net_dev_start_xmit", kSkb, kA, tagged).mark(42));
  scene.end();
  const auto& changes = scene.trails.at(0).changes;
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].what, What::vlan);
  EXPECT_EQ(changes[0].to, 10u);
  EXPECT_EQ(changes[1].what, What::mark);
  EXPECT_EQ(changes[1].to, 42u);
}

TEST(Trails, ATrailIsHandedOnSoonAfterItsFateAndNotBefore) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.pass(10 * kMs);
  EXPECT_TRUE(scene.trails.empty());
  scene.pass(15 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].end, End::fate);
  EXPECT_EQ(scene.following.open(), 0u);
}

TEST(Trails, AQueueOfTwoSecondsIsNoEnd) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.pass(2 * kSecond);
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.size(), 2u);
}

TEST(Trails, WithoutAFateATrailAges) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.pass(11 * kSecond);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].end, End::aged);
  EXPECT_FALSE(scene.trails[0].is_complete());
}

TEST(Trails, OpenOnesAreUnfinishedWhenTheRunEnds) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.end();
  EXPECT_EQ(scene.trails.at(0).end, End::run_ended);
  EXPECT_EQ(scene.following.counts().unfinished, 1u);
}

TEST(Trails, WhatComesAfterATrailWasHandedOnIsLateOrTheRest) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.sent(kSkb, kA);
  scene.pass(30 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[1].continues, scene.trails[0].id);
}

TEST(Trails, ThereIsABoundToHowManyAndTheOldestGoesFirst) {
  trail::Limits limits;
  limits.trails = 10;
  Scene scene(limits);
  for (uint16_t id = 1; id <= 25; id++) scene.at("net_dev_queue", kSkb + 0x100u * id, kA, udp(id));
  EXPECT_EQ(scene.following.open(), 10u);
  ASSERT_EQ(scene.trails.size(), 15u);
  EXPECT_EQ(scene.trails[0].id, 1u);
  EXPECT_EQ(scene.trails[0].end, End::evicted);
  EXPECT_EQ(scene.following.counts().evicted, 15u);
}

TEST(Trails, ThereIsABoundToTheirMemory) {
  trail::Limits limits;
  limits.memory = 64u << 10;
  Scene scene(limits);
  for (uint16_t id = 1; id <= 1000; id++) scene.at("net_dev_queue", kSkb + 0x100u * id, kA, udp(id));
  EXPECT_LE(scene.following.memory(), limits.memory);
  EXPECT_GT(scene.following.counts().evicted, 0u);
}

TEST(Trails, StepsBeyondTheBoundAreCounted) {
  trail::Limits limits;
  limits.steps = 5;
  Scene scene(limits);
  for (int i = 0; i < 20; i++) scene.at("ip_output", kSkb, kA, udp(1));
  scene.end();
  EXPECT_EQ(scene.trails.at(0).steps.size(), 5u);
  EXPECT_EQ(scene.trails[0].steps_left_out, 15u);
  EXPECT_FALSE(scene.trails[0].is_complete());
}

TEST(Trails, LossesWhileItWasUnderWayAreTold) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  event::Gap gap{};
  gap.after_ns = scene.now;
  gap.before_ns = scene.now + 500;
  gap.lost[REC_LOSS_RING] = 17;
  scene.following.gap(gap);
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.at("consume_skb", kSkb, kA, udp(1));
  scene.pass(kSecond);
  scene.at("net_dev_queue", kSkb, kA, udp(2));
  scene.at("consume_skb", kSkb, kA, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  ASSERT_EQ(scene.trails[0].holes.size(), 1u);
  EXPECT_EQ(scene.trails[0].holes[0].lost, 17u);
  EXPECT_FALSE(scene.trails[0].is_complete());
  EXPECT_TRUE(scene.trails[1].holes.empty());
}

TEST(Trails, ACopyThatWasFreedBeforeItsPacketWasSeenIsAChildOfIt) {
  Scene scene;
  scene.add(scene.record("consume_skb", kOther, kA, udp(1)).task("ping", 100, 100, REC_CONTEXT_PROCESS));
  const uint64_t asked = scene.now;
  cross(scene, kSkb, udp(1));
  cross(scene, kThird, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  ASSERT_EQ(scene.trails[0].branches.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[1].parent, 0u);
  EXPECT_EQ(scene.trails[0].first_ns(), asked);
  EXPECT_EQ(scene.trails[0].fate, Fate::not_known);
  EXPECT_EQ(scene.trails[1].branches.size(), 1u);
}

TEST(Trails, APingReplyWaitsForItsReader) {
  Scene scene;
  cross(scene, kSkb, echo(0, 1));
  scene.dropped(kSkb, kB, echo(0, 1), 2, true);
  scene.pass(50 * kMs);
  EXPECT_TRUE(scene.trails.empty());
  scene.add(scene.record("skb_copy_datagram_iovec", kOther, {7, 0, ""}, echo(0, 1))
                .task("ping", 100, 100, REC_CONTEXT_PROCESS));
  scene.pass(30 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::delivered);
}

TEST(Trails, ACopyThatIsReadLateIsNoTrailOfItsOwn) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.pass(kSecond);
  scene.at("skb_copy_datagram_iovec", kOther, {7, 0, ""}, udp(1));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.following.counts().late, 1u);
}

TEST(Trails, HostsAreNeverMixed) {
  Scene scene;
  ProbeNames other;
  other.number_of("net_dev_queue");
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  auto record = scene.record("net_dev_queue", kSkb, kB, udp(1));
  const auto bytes = record.bytes();
  scene.following.event(*event::Event::decode(bytes, other));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

}  // namespace
}  // namespace skbtrail::test
