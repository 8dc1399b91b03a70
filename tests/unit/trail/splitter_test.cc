// Which packet an event belongs to, where the kernel has tracepoints alone: each rule, and that doubt cuts.
#include "scene.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

namespace skbtrail::test {
namespace {

using trail::Cut;
using trail::Fate;
using trail::Lineage;

TEST(Splitter, APacketIsOneTrailFromItsFirstSightToItsFree) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.size(), 6u);
  EXPECT_EQ(scene.trails[0].branches[0].cut, Cut::none);
}

TEST(Splitter, AnAddressThatIsUsedAgainAfterAFreeIsAnotherPacket) {
  Scene scene;
  for (uint16_t id = 1; id <= 3; id++) {
    scene.at("net_dev_queue", kSkb, kA, udp(id));
    scene.at("consume_skb", kSkb, kA, udp(id));
  }
  scene.end();
  EXPECT_EQ(scene.trails.size(), 3u);
}

TEST(Splitter, AnotherContentAtTheSameAddressIsAnotherPacketThoughNoFreeWasSeen) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  cross(scene, kSkb, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[0].cut, Cut::other_packet);
  EXPECT_EQ(scene.trails[1].steps.size(), 5u);
}

TEST(Splitter, AnotherPayloadIsAnotherPacketThoughTheIdentificationIsTheSame) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1, {0, 0, 0, 1}));
  scene.at("netif_receive_skb", kSkb, kB, udp(1, {0, 0, 0, 2}));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

TEST(Splitter, TheSameProbeAtTheSameDeviceIsAnotherPacketWhereTheContentTellsNothing) {
  Scene scene;
  cross(scene, kSkb, udp6({1, 2, 3, 4}));
  cross(scene, kSkb, udp6({1, 2, 3, 4}));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[0].cut, Cut::revisited);
}

TEST(Splitter, TheSameProbeAtAnotherDeviceIsTheSamePacket) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp6({1}));
  scene.at("netif_receive_skb", kSkb, Device{1, 9, "br0"}, udp6({1}));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
}

TEST(Splitter, WhatADriverSendsBackIsHandedToItOnceMore) {
  constexpr int32_t kBusy = 16;
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.sent(kSkb, kA, kBusy);
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.sent(kSkb, kA);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.size(), 5u);
}

TEST(Splitter, AFreeOpensNoTrail) {
  Scene scene;
  scene.at("consume_skb", kSkb, kNowhere);
  scene.at("consume_skb", kSkb, kA, udp(1));
  scene.end();
  EXPECT_TRUE(scene.trails.empty());
}

TEST(Splitter, AFreeWithoutHeadersIsNotThatOfAPacketThatHadSome) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("consume_skb", kSkb, kNowhere);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::not_known);
  EXPECT_EQ(scene.trails[0].branches[0].cut, Cut::other_packet);
}

TEST(Splitter, WhatADriverSaidBelongsToThePacketThatItWasGivenAndNotToTheOneThatHasItsAddress) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.cpu = 1;
  scene.at("net_dev_queue", kSkb, kB, udp(2));
  scene.cpu = 0;
  scene.sent(kSkb, kA);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  const auto& first = scene.trails[0].id == 1 ? scene.trails[0] : scene.trails[1];
  EXPECT_EQ(steps_of(first).back(), "net_dev_xmit");
}

TEST(Splitter, WhatADriverSaidOfAnUnknownPacketBelongsToNone) {
  Scene scene;
  scene.sent(kSkb, kA);
  scene.end();
  EXPECT_TRUE(scene.trails.empty());
  EXPECT_EQ(scene.following.counts().unassigned, 1u);
}

TEST(Splitter, APacketStaysOneThroughNatAndRouting) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp(1, {9, 9}, "10.0.0.1", 4000, 64));
  scene.at("net_dev_queue", kSkb, kB, udp(1, {9, 9}, "203.0.113.9", 2051, 63));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.size(), 2u);
}

ByteVector in_vxlan(uint16_t outer_id, uint16_t id) {
  return PacketBuilder()
      .ethernet()
      .ipv4("192.0.2.1", "192.0.2.2", {.id = outer_id})
      .udp(50000, 4789)
      .payload({8, 0, 0, 0, 0, 0, 42, 0})
      .ethernet()
      .ipv4("10.0.0.1", "10.0.0.2", {.id = id})
      .udp(4000, 9000)
      .payload({1, 2, 3, 4})
      .bytes();
}

TEST(Splitter, APacketStaysOneInsideATunnelAndBehindIt) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, udp(7));
  scene.at("net_dev_queue", kSkb, kB, in_vxlan(900, 7));
  scene.at("netif_receive_skb", kSkb, kA, udp(7));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
}

TEST(Splitter, AnotherPacketInTheSameTunnelIsAnother) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kB, in_vxlan(900, 7));
  scene.at("net_dev_start_xmit", kSkb, kB, in_vxlan(901, 8));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

TEST(Splitter, ACopyOfAPacketIsPartOfItsTrail) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp(1));
  scene.at("net_dev_queue", kOther, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  ASSERT_EQ(scene.trails[0].branches.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[1].lineage, Lineage::copy);
  EXPECT_EQ(scene.trails[0].branches[1].parent, 0u);
  EXPECT_TRUE(scene.trails[0].branches[1].is_likely);
}

TEST(Splitter, TheSameContentMuchLaterIsAnotherPacket) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp(1));
  scene.pass(trail::Splitter::kSameContent * 2);
  scene.at("net_dev_queue", kOther, kB, udp(1));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

TEST(Splitter, PacketsThatCannotBeToldApartAreNotJoinedAcrossAddresses) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp6({1}));
  scene.at("net_dev_queue", kOther, kB, udp6({1}));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

ByteVector fragment(uint16_t id, uint16_t offset, bool more) {
  PacketBuilder builder;
  builder.ethernet().ipv4(
      "10.0.0.1", "10.0.0.2",
      {.id = id, .dont_fragment = false, .more_fragments = more, .fragment_offset = offset, .protocol = uint8_t{17}});
  ByteVector payload(64, static_cast<uint8_t>(offset));
  if (offset == 0) return builder.udp(4000, 9000, {.length = uint16_t{200}}).payload(payload).bytes();
  return builder.payload(payload).bytes();
}

TEST(Splitter, FragmentsOfADatagramAreOneTrail) {
  Scene scene;
  scene.at("net_dev_queue", kSkb, kA, fragment(5, 0, true));
  scene.at("net_dev_queue", kOther, kA, fragment(5, 72, true));
  scene.at("net_dev_queue", kThird, kA, fragment(5, 136, false));
  scene.at("net_dev_queue", kThird + 0x100, kA, fragment(6, 72, true));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  ASSERT_EQ(scene.trails[0].branches.size(), 3u);
  EXPECT_EQ(scene.trails[0].branches[2].lineage, Lineage::fragment);
}

TEST(Splitter, TheDatagramTakesTheSkbOfAFragmentAndIsTheSamePacket) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kB, fragment(5, 0, true));
  scene.at("netif_receive_skb", kOther, kB, fragment(5, 72, false));
  const auto whole = udp(5, ByteVector(128, 0));
  scene.at("skb_copy_datagram_iovec", kOther, kNowhere, whole);
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
}

TEST(Splitter, WhereEventsWereLostOnlyTheContentJoins) {
  for (const bool tells : {false, true}) {
    Scene scene;
    const auto packet = tells ? udp(1) : udp6({1});
    scene.at("net_dev_queue", kSkb, kA, packet);
    event::Gap gap{};
    gap.after_ns = scene.now;
    gap.before_ns = scene.now + 500;
    gap.lost[REC_LOSS_RING] = 3;
    scene.following.gap(gap, scene.names);
    scene.at("net_dev_start_xmit", kSkb, kA, packet);
    scene.end();
    ASSERT_EQ(scene.trails.size(), tells ? 1u : 2u);
    EXPECT_FALSE(scene.trails[0].holes.empty());
  }
}

// What the kernel side tells.

rec_follow follow(uint64_t id, uint8_t flags = 0, uint32_t stack = 0) {
  rec_follow section{};
  section.id = section.trail = id;
  section.flags = flags;
  section.stack = stack;
  return section;
}

TEST(Splitter, ACopyIsLikelyThoughTheKernelSideFollowsItAsAPacketOfItsOwn) {
  Scene scene;
  scene.add(scene.record("netif_receive_skb", kSkb, kA, udp(1)).follow(follow(1)));
  scene.add(scene.record("net_dev_queue", kOther, kB, udp(1)).follow(follow(2)));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_TRUE(scene.trails[0].branches[1].is_likely);
}

TEST(Splitter, AnotherIdOfTheKernelSideIsAnotherPacket) {
  Scene scene;
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp6({1})).follow(follow(1)));
  scene.add(scene.record("net_dev_start_xmit", kSkb, kA, udp6({1})).follow(follow(2)));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[0].cut, Cut::other_id);
}

TEST(Splitter, AnExactIdIsOnePacketWhateverItLooksLike) {
  Scene scene;
  for (int i = 0; i < 3; i++)
    scene.add(
        scene.record("net_dev_queue", kSkb, kA, udp(static_cast<uint16_t>(i + 1))).follow(follow(1, REC_FOLLOW_EXACT)));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
}

TEST(Splitter, AnIdThatIsNotExactIsNotTrusted) {
  Scene scene;
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp(1)).follow(follow(1)));
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp(2)).follow(follow(1)));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

TEST(Splitter, ACloneIsAChildOfTheOneItWasMadeFrom) {
  Scene scene;
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp6({1})).follow(follow(1, REC_FOLLOW_EXACT)));
  auto clone = follow(2, REC_FOLLOW_EXACT | REC_FOLLOW_BIRTH);
  clone.trail = clone.parent = 1;
  clone.kind = REC_LINEAGE_CLONE;
  scene.add(scene.record("skb_clone", kOther, kA, udp6({1})).follow(clone));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  ASSERT_EQ(scene.trails[0].branches.size(), 2u);
  EXPECT_EQ(scene.trails[0].branches[1].lineage, Lineage::clone);
  EXPECT_FALSE(scene.trails[0].branches[1].is_likely);
}

TEST(Splitter, AnEventOfTheSkbThatTheKernelSideFoundOnItsStackIsAStepOfIt) {
  Scene scene;
  scene.add(scene.record("netif_receive_skb", kSkb, kB, udp(1)).follow(follow(7, 0, 5)));
  scene.add(scene.record("sk_data_ready", kSkb, kB, udp(1)).follow(follow(7, 0, 5)));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::delivered);
}

TEST(Splitter, AnEventWithoutAnSkbIsNoPacketsThoughItsStackIsTheSame) {
  constexpr uint32_t kStack = 5;
  Scene scene;
  scene.add(scene.record("netif_receive_skb", kSkb, kB, udp(1)).follow(follow(7, 0, kStack)));
  scene.add(scene.record("sk_data_ready", 0, kNowhere).flag(REC_FLAG_SKB_NOT_OWNED).follow(follow(0, 0, kStack)));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::not_known);
}

// At an XDP program of the device, which has no skb.
RecordBuilder at_xdp(Scene& scene, const Device& device, const ByteVector& packet, int32_t answer) {
  rec_program program{};
  program.id = 17;
  program.type = BPF_PROG_TYPE_XDP;
  return scene.record("bpf:guard", 0, device, packet).program(program).returned(answer);
}

struct SplitterXdp : testing::Test {
  SplitterXdp() {
    format.size = 4;
    format.meaning = event::ResultMeaning::number;
    format.names = {{XDP_DROP, "XDP_DROP"}, {XDP_PASS, "XDP_PASS"}};
    scene.names.returns = &format;
  }
  event::ResultFormat format;
  Scene scene;
};

TEST_F(SplitterXdp, WhatXdpDropsIsATrailOfItsOwnAndDroppedByTheProgram) {
  scene.add(at_xdp(scene, kB, udp(1), XDP_DROP));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  const auto& trail = scene.trails[0];
  EXPECT_EQ(trail.fate, Fate::dropped);
  ASSERT_NE(trail.branches[0].dropped_by, trail::Step::kNone);
  EXPECT_EQ(trail.decisions[trail.branches[0].dropped_by].rules(), "xdp guard");
}

TEST_F(SplitterXdp, TheSkbThatIsBuiltOfAPacketGoesOnInItsTrail) {
  scene.add(at_xdp(scene, kB, udp(1), XDP_PASS));
  scene.at("napi_gro_receive_entry", kSkb, kB, udp(1));
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(steps_of(scene.trails[0]).size(), 4u);
  EXPECT_EQ(scene.trails[0].branches[0].skb, kSkb);
  EXPECT_TRUE(scene.trails[0].branches[0].is_likely);
}

TEST_F(SplitterXdp, SeveralPacketsOfAPollAreToldApartByTheirContent) {
  for (const uint16_t id : std::initializer_list<uint16_t>{1, 2, 3})
    scene.add(at_xdp(scene, kB, udp(id), id == 2 ? XDP_DROP : XDP_PASS));
  scene.at("netif_receive_skb", kSkb, kB, udp(3));
  scene.at("netif_receive_skb", kOther, kB, udp(1));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 3u);
  for (const auto& trail : scene.trails) {
    const bool dropped = trail.fate == Fate::dropped;
    EXPECT_EQ(steps_of(trail).size(), dropped ? 1u : 2u);
  }
}

TEST_F(SplitterXdp, WhatHasAnotherContentOrIsOnAnotherStackIsAnotherPacket) {
  scene.add(at_xdp(scene, kB, udp(1), XDP_PASS));
  scene.at("netif_receive_skb", kSkb, kB, udp(2));
  scene.cpu = 1;
  scene.at("netif_receive_skb", kOther, kB, udp(1, {9, 9, 9, 9}));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 3u);
}

TEST_F(SplitterXdp, WhereTheContentTellsNothingThePacketsAreKeptApart) {
  scene.add(at_xdp(scene, kB, udp6({1, 2, 3, 4}), XDP_PASS));
  scene.at("netif_receive_skb", kSkb, kB, udp6({1, 2, 3, 4}));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 2u);
}

TEST_F(SplitterXdp, WhatXdpDroppedIsBuiltIntoNoSkb) {
  scene.add(at_xdp(scene, kB, udp(1), XDP_DROP));
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.end();
  EXPECT_NE(steps_of(scene.trails[0]).size() + steps_of(scene.trails.back()).size(), 1u);
  for (const auto& trail : scene.trails) EXPECT_EQ(steps_of(trail).size(), 1u);
}

TEST_F(SplitterXdp, WhatWasHandedToADriverAndComesBackTheSameIsLikelyTheSamePacket) {
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.add(at_xdp(scene, kB, udp(1), XDP_PASS));
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(steps_of(scene.trails[0]).size(), 5u);
  EXPECT_TRUE(scene.trails[0].branches[0].is_likely);
}

TEST_F(SplitterXdp, ASkbThatTheKernelHasAlreadyIsFollowedByItsAddress) {
  scene.at("net_dev_queue", kSkb, kA, udp(1));
  scene.add(at_xdp(scene, kB, udp(1), XDP_DROP).skb_address(kSkb));
  scene.at("consume_skb", kSkb, kB, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(steps_of(scene.trails[0]).size(), 3u);
  EXPECT_EQ(scene.trails[0].fate, Fate::dropped);
}

}  // namespace
}  // namespace skbtrail::test
