// What becomes of a packet, what changed on its way, and when its trail is handed on.
#include "scene.h"

#include <gtest/gtest.h>
#include <linux/neighbour.h>
#include <sys/socket.h>

#include "trail/values.h"

namespace skbtrail::test {
namespace {

using trail::End;
using trail::Fate;
using trail::Step;
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
  EXPECT_EQ(scene.trails[0].locations[branch.fate_location].ifname(), "v1");
}

TEST(Fate, OfWhatIsCutIntoPiecesTheOneThatIsDroppedFirstTellsWhy) {
  const auto piece = [](uint16_t offset, bool more) {
    PacketBuilder builder;
    builder.ethernet().ipv4(
        "10.0.0.1", "10.0.0.2",
        {.id = 5, .dont_fragment = false, .more_fragments = more, .fragment_offset = offset, .protocol = uint8_t{17}});
    return builder.payload(ByteVector(64, 1)).bytes();
  };
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kA, udp(5));
  scene.at("net_dev_queue", kOther, kB, piece(64, true));
  scene.dropped(kOther, kB, piece(64, true), 9);
  scene.dropped(kSkb, kB, udp(5), 2);
  EXPECT_EQ(fate_of(scene), Fate::dropped);
  EXPECT_EQ(scene.trails[0].decisive().drop_reason, 9u);
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

TEST(Fate, TheCopyOfAPingReplyThatATaskFreesWasReadByIt) {
  Scene scene;
  cross(scene, kSkb, echo(0, 1));
  scene.dropped(kSkb, kB, echo(0, 1), 2, true);
  scene.add(scene.record("consume_skb", kOther, {7, 0, ""}, echo(0, 1)).task("ping", 100, 100, REC_CONTEXT_PROCESS));
  scene.pass(30 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  const auto& trail = scene.trails[0];
  EXPECT_EQ(trail.fate, Fate::delivered);
  EXPECT_EQ(trail.tasks[trail.decisive().reader].comm(), "ping");
}

TEST(Fate, SentWhenItLeftThroughADeviceAndForwardedIfOneHadReceivedIt) {
  for (const bool came_in : {false, true}) {
    Scene scene;
    if (came_in) scene.at("netif_receive_skb", kSkb, kB, udp(1));
    scene.at("net_dev_queue", kSkb, kA, udp(1));
    scene.at("net_dev_start_xmit", kSkb, kA, udp(1));
    scene.sent(kSkb, kA);
    EXPECT_EQ(fate_of(scene), came_in ? Fate::forwarded : Fate::sent);
    EXPECT_EQ(scene.trails[0].locations[scene.trails[0].decisive().fate_location].ifname(), "v0");
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

RecordBuilder sent_by(Scene& scene, uint64_t skb, uint16_t id, rec_context context, uint64_t sk = 0xa0) {
  return scene.record("net_dev_queue", skb, kA, udp(id)).sk(sk).task("dig", 42, 42, context);
}
std::string name_of(const trail::Trail& trail, uint16_t task) {
  return task == trail::Step::kNone ? "-" : std::string(trail.tasks[task].comm());
}

TEST(Ends, TheSenderIsTheTaskThatSendsItOrThatUsedItsSocketInThisConversation) {
  Scene scene;
  scene.add(sent_by(scene, kSkb, 1, REC_CONTEXT_PROCESS));
  scene.add(sent_by(scene, kOther, 2, REC_CONTEXT_SOFTIRQ));
  scene.add(sent_by(scene, kThird, 3, REC_CONTEXT_SOFTIRQ, 0xb0));
  // Another conversation of the same socket, or another socket at its address.
  scene.add(scene.record("net_dev_queue", 0xffff888000004000, kA, udp(4, {}, "10.0.0.1", 4001))
                .sk(0xa0)
                .task("x", 7, 7, REC_CONTEXT_SOFTIRQ));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 4u);
  EXPECT_EQ(name_of(scene.trails[0], scene.trails[0].sender), "dig");
  EXPECT_EQ(name_of(scene.trails[1], scene.trails[1].sender), "dig");
  EXPECT_EQ(name_of(scene.trails[2], scene.trails[2].sender), "-");
  EXPECT_EQ(name_of(scene.trails[3], scene.trails[3].sender), "-");
}

TEST(Ends, WhoSendsWhatWaitedInAQueueOrForwardsIsNotTheSender) {
  Scene scene;
  scene.add(sent_by(scene, kSkb, 1, REC_CONTEXT_PROCESS));
  scene.add(scene.record("net_dev_start_xmit", kSkb, kA, udp(1)).task("other", 7, 7, REC_CONTEXT_PROCESS));
  scene.add(scene.record("net_dev_queue", kSkb, kA, udp(1)).task("other", 7, 7, REC_CONTEXT_PROCESS));
  scene.at("netif_receive_skb", kOther, kB, udp(2));
  scene.add(sent_by(scene, kOther, 2, REC_CONTEXT_PROCESS));
  scene.end();
  EXPECT_EQ(name_of(scene.trails[0], scene.trails[0].sender), "dig");
  for (const auto& trail : scene.trails)
    if (trail.branches[0].skb == kOther) {
      EXPECT_EQ(name_of(trail, trail.sender), "-");
    }
}

TEST(Ends, TheReceiverIsWhoReadsItOrWhoReadFromItsSocketBefore) {
  Scene scene;
  const auto deliver = [&](uint64_t skb, uint16_t id) {
    scene.at("netif_receive_skb", skb, kB, udp(id));
    scene.add(scene.record("sock_def_readable", skb, kB, udp(id)).sk(0xc0));
  };
  deliver(kSkb, 1);
  scene.pass(30 * kMs);
  deliver(kOther, 2);
  scene.add(
      scene.record("skb_copy_datagram_iovec", kOther, kB, udp(2)).sk(0xc0).task("named", 9, 9, REC_CONTEXT_PROCESS));
  scene.pass(30 * kMs);
  deliver(kThird, 3);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 3u);
  EXPECT_EQ(name_of(scene.trails[0], scene.trails[0].receiver()), "-");
  EXPECT_EQ(name_of(scene.trails[1], scene.trails[1].receiver()), "named");
  EXPECT_EQ(name_of(scene.trails[2], scene.trails[2].receiver()), "named");
  EXPECT_EQ(scene.trails[2].decisive().reader, trail::Step::kNone);
}

// A datagram that softirqs put into the queue of a socket, after a process read the one before it. Who is told to have
// the socket.
std::string owner_after(Scene& scene, uint64_t ns, uint64_t sk = 0xc0) {
  scene.pass(ns);
  scene.at("netif_receive_skb", kThird, kB, udp(99));
  scene.add(scene.record("sock_def_readable", kThird, kB, udp(99)).sk(sk));
  scene.end();
  const auto& trail = scene.trails.back();
  return name_of(trail, trail.receiver());
}
void read_by(Scene& scene, const char* comm, uint32_t pid, uint64_t sk, uint16_t sport = 4000, uint32_t tid = 0) {
  static uint16_t id = 10;
  const auto packet = udp(++id, {}, "10.0.0.1", sport);
  scene.at("netif_receive_skb", kOther, kB, packet);
  scene.add(scene.record("skb_copy_datagram_iovec", kOther, kB, packet)
                .sk(sk)
                .task(comm, pid, tid ? tid : pid, REC_CONTEXT_PROCESS));
  scene.pass(30 * kMs);
}

TEST(Ends, WhoUsedTheSocketLongAgoMayHaveEnded) {
  for (const bool is_long_ago : {false, true}) {
    Scene scene;
    read_by(scene, "one", 9, 0xc0);
    EXPECT_EQ(owner_after(scene, is_long_ago ? 80 * kMs : 60 * kMs), is_long_ago ? "-" : "one");
  }
}

TEST(Ends, AnotherProcessAtTheAddressOfTheSocketOrAnotherSocketInTheConversationEndsWhatWasKnown) {
  {
    Scene scene;
    read_by(scene, "one", 9, 0xc0);
    read_by(scene, "two", 10, 0xc0, 4001);
    EXPECT_EQ(owner_after(scene, kMs), "-");
  }
  {
    Scene scene;
    read_by(scene, "one", 9, 0xc0);
    EXPECT_EQ(owner_after(scene, kMs, 0xd0), "-");
  }
  {
    Scene scene;
    read_by(scene, "one", 9, 0xc0);
    read_by(scene, "two", 10, 0xd0);
    EXPECT_EQ(owner_after(scene, kMs), "-");
  }
}

TEST(Ends, ThreadsOfAProcessHaveASocketTogether) {
  Scene scene;
  read_by(scene, "one", 9, 0xc0, 4000, 9);
  read_by(scene, "worker", 9, 0xc0, 4001, 10);
  EXPECT_EQ(owner_after(scene, kMs), "one");
}

ByteVector segment(uint16_t id) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.id = id}).tcp(4000, 80).bytes();
}

// Of TCP what a process wrote is sent again seconds later, and is of it though it has ended.
TEST(Ends, WhatTcpSendsAgainIsOfWhoWroteItUnlessAnotherSocketHasTheConversation) {
  for (const bool is_other : {false, true}) {
    Scene scene;
    const auto send = [&](uint64_t skb, uint16_t id, uint64_t sk, rec_context context) {
      scene.add(scene.record("net_dev_queue", skb, kA, segment(id)).sk(sk).task("curl", 42, 42, context));
    };
    send(kSkb, 1, 0xa0, REC_CONTEXT_PROCESS);
    // As a SYN is answered, for which there is no socket yet.
    if (is_other) send(kThird, 2, 0xb0, REC_CONTEXT_SOFTIRQ);
    scene.pass(3 * kSecond);
    send(kOther, 3, 0xa0, REC_CONTEXT_SOFTIRQ);
    scene.end();
    EXPECT_EQ(name_of(scene.trails.back(), scene.trails.back().sender), is_other ? "-" : "curl");
  }
}

// They came there themselves: what their sibling has become by then is no change of theirs.
TEST(Changes, OfAFragmentThereIsNoneWhereItIsFirstSeenUnlessItWasMadeThere) {
  const ByteVector payload(64, 0);
  const auto piece = [&](uint16_t offset, bool more, uint8_t ttl) {
    PacketBuilder builder;
    builder.ethernet().ipv4("10.0.0.1", "10.0.0.2",
                            {.ttl = ttl,
                             .id = 5,
                             .dont_fragment = false,
                             .more_fragments = more,
                             .fragment_offset = offset,
                             .protocol = uint8_t{17}});
    if (offset == 0) builder.udp(4000, 9000, {.length = uint16_t{136}});
    return builder.payload(payload).bytes();
  };
  {
    Scene scene;
    scene.at("net_dev_queue", kSkb, kA, piece(0, true, 64));
    scene.at("netif_rx", kSkb, kB, piece(0, true, 64));
    scene.at("net_dev_queue", kSkb, {7, 4, "v2"}, piece(0, true, 63));
    scene.at("net_dev_queue", kOther, kA, piece(72, false, 64));
    scene.at("net_dev_queue", kOther, {7, 4, "v2"}, piece(72, false, 63));
    scene.end();
    ASSERT_EQ(scene.trails.size(), 1u);
    const auto& trail = scene.trails[0];
    ASSERT_EQ(trail.branches.size(), 2u);
    EXPECT_EQ(trail.steps[2].changes, 1u);
    EXPECT_EQ(trail.steps[3].changes, 0u);
    EXPECT_EQ(trail.steps[4].changes, 1u);
  }
  {
    // Cut into pieces by the router.
    Scene scene;
    const auto whole = udp(5, ByteVector(128, 0));
    scene.at("net_dev_queue", kSkb, kA, whole);
    scene.at("netif_receive_skb", kSkb, kB, whole);
    scene.at("net_dev_queue", kOther, {7, 4, "v2"}, piece(0, true, 63));
    scene.end();
    ASSERT_EQ(scene.trails.size(), 1u);
    EXPECT_EQ(scene.trails[0].steps[2].changes, 2u);  // the TTL, and the length
  }
}

TEST(Freed, ATrailWaitsForItsFreesWhereThatIsAskedFor) {
  trail::Limits limits;
  limits.free_ns = kSecond;
  Scene scene(limits);
  cross(scene, kSkb, udp(1));
  scene.at("sk_data_ready", kSkb, kB, udp(1));
  scene.pass(kSecond / 2);
  EXPECT_TRUE(scene.trails.empty());
  scene.at("consume_skb", kSkb, kNowhere, udp(1));
  scene.pass(30 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(steps_of(scene.trails[0]).back(), "consume_skb");
  EXPECT_TRUE(scene.trails[0].is_over());
}

TEST(Freed, AFreeThatDoesNotComeIsWaitedForSoLong) {
  trail::Limits limits;
  limits.free_ns = kSecond;
  Scene scene(limits);
  cross(scene, kSkb, udp(1));
  scene.at("sk_data_ready", kSkb, kB, udp(1));
  scene.pass(kSecond);
  EXPECT_TRUE(scene.trails.empty());
  scene.pass(kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_FALSE(scene.trails[0].is_over());
  EXPECT_EQ(scene.trails[0].fate, Fate::delivered);
}

TEST(Kept, EachStepHasTheTextOfItsEvent) {
  class Keeper : public Scene {
   public:
    using Scene::Scene;
    void keep(std::string& texts, const event::Event& event) override {
      texts += event.names->probe(event.core->probe);
    }
  };
  trail::Limits limits;
  limits.keeps_texts = true;
  Keeper scene(limits);
  // The first is the free of a copy, which is known to be one only when the packet comes.
  scene.at("consume_skb", kOther, kA, udp(1));
  cross(scene, kSkb, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  const auto& trail = scene.trails[0];
  ASSERT_EQ(trail.steps.size(), 6u);
  for (size_t i = 0; i < trail.steps.size(); i++)
    EXPECT_EQ(trail.text(i), trail.names->probe(trail.steps[i].probe)) << i;
  EXPECT_EQ(trail.text(6), "");
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

TEST(Fate, WhatATcpConnectionAcceptedIsConsumedOrDeliveredThoughItsEndHasNoEvent) {
  const auto tcp = [](uint32_t seq, const ByteVector& payload) {
    return PacketBuilder()
        .ethernet()
        .ipv4("10.0.0.1", "10.0.0.2", {.id = 7})
        .tcp(4000, 80, {.seq = seq})
        .payload(payload);
  };
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kB, tcp(1, {}).bytes());
  scene.at("tcp_probe", kSkb, kB, tcp(1, {}).bytes());
  scene.at("netif_receive_skb", kOther, kB, tcp(2, {1, 2, 3}).bytes());
  scene.at("tcp_probe", kOther, kB, tcp(2, {1, 2, 3}).bytes());
  scene.at("netif_receive_skb", kThird, kB, tcp(3, {1}).bytes());
  scene.at("tcp_probe", kThird, kB, tcp(3, {1}).bytes());
  scene.dropped(kThird, kB, tcp(3, {1}).bytes(), 9);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 3u);
  EXPECT_EQ(scene.trails[0].fate, Fate::consumed);
  EXPECT_EQ(scene.trails[1].fate, Fate::delivered);
  EXPECT_EQ(scene.trails[2].fate, Fate::dropped);
}

TEST(Fate, FunctionsThatMeanNothingMayComeInBetween) {
  Scene scene;
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.at("udp_unicast_rcv_skb", kSkb, kB, udp(1));
  scene.at("consume_skb", kSkb, {7, 0, ""}, udp(1));
  scene.at("net_dev_start_xmit", kOther, kA, udp(2));
  scene.at("validate_xmit_xfrm", kOther, kA, udp(2));
  scene.sent(kOther, kA);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[0].fate, Fate::delivered);
  EXPECT_EQ(scene.trails[1].fate, Fate::sent);
}

TEST(Fate, WhatATaskReadsThatWasHandedToADriverWentToAProgramAndWhatThatWritesIsAnotherPacket) {
  const Device tun{1, 4, "tun0"}, other{7, 4, "tun0"};
  Scene scene;
  scene.at("net_dev_queue", kSkb, tun, udp(1));
  scene.at("net_dev_start_xmit", kSkb, tun, udp(1));
  scene.sent(kSkb, tun);
  scene.add(scene.record("skb_copy_datagram_iovec", kSkb, tun, udp(1)).task("vpn", 7, 7, REC_CONTEXT_PROCESS));
  scene.add(scene.record("consume_skb", kSkb, tun, udp(1)).task("vpn", 7, 7, REC_CONTEXT_PROCESS));
  scene.at("netif_receive_skb", kOther, other, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[0].fate, Fate::to_program);
  EXPECT_EQ(scene.trails[0].tasks[scene.trails[0].decisive().reader].comm(), "vpn");
  EXPECT_EQ(scene.trails[1].fate, Fate::not_known);
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

constexpr int kGroMerged = 0, kGroMergedFree = 1, kGroHeld = 2, kGroNormal = 3;

void gro(Scene& scene, uint64_t skb, const Device& device, const ByteVector& packet, uint32_t result) {
  scene.at("napi_gro_receive_entry", skb, device, packet);
  scene.add(scene.record("napi_gro_receive_exit", 0, kNowhere).flag(REC_FLAG_SKB_NOT_OWNED).result(result));
}

TEST(Fate, WhatGroMergesIsMergedIntoTheOneOfItsFlowThatIsHeldAtTheDevice) {
  Scene scene;
  gro(scene, kThird, kB, udp(9), kGroHeld);  // at another device
  gro(scene, kSkb, kA, udp(1), kGroHeld);
  gro(scene, kOther, kA, udp(2), kGroMergedFree);
  // Its memory is another packet's now, which is not cut off anything.
  gro(scene, kOther, kA, udp(3, {}, "10.0.0.1", 4001), kGroMerged);
  scene.at("netif_receive_skb", kSkb, kA, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 4u);
  const auto& merged = scene.trails[2].decisive();
  EXPECT_EQ(scene.trails[2].fate, Fate::merged);
  EXPECT_EQ(merged.into_trail, scene.trails[1].id);
  EXPECT_EQ(merged.into_ns, scene.trails[1].first_ns());
  EXPECT_EQ(merged.cut, trail::Cut::none);
  EXPECT_NE(scene.trails[1].fate, Fate::merged);
  // Nothing of that flow is held.
  EXPECT_EQ(scene.trails[3].fate, Fate::merged);
  EXPECT_EQ(scene.trails[3].decisive().into_trail, 0u);
}

TEST(Fate, WhatIsHeldIsForgottenWhenAnotherOfTheFlowGoesOnOrEventsAreLost) {
  for (const bool is_lost : {false, true}) {
    Scene scene;
    gro(scene, kSkb, kA, udp(1), kGroHeld);
    if (is_lost)
      scene.following.gap({.before_ns = scene.now + 1}, scene.names);
    else
      gro(scene, kThird, kA, udp(2), kGroNormal);
    gro(scene, kOther, kA, udp(3), kGroMerged);
    scene.end();
    EXPECT_EQ(scene.trails.back().fate, Fate::merged);
    EXPECT_EQ(scene.trails.back().decisive().into_trail, 0u);
  }
}

// As bpf/merges.h tells it: `part` with this id became part of the one with that.
RecordBuilder became_part(Scene& scene, const char* probe, uint64_t part, uint64_t id, uint64_t whole) {
  return scene.record(probe, part, kNowhere)
      .flag(REC_FLAG_SKB_NOT_OWNED)
      .follow({.id = id, .trail = id, .parent = whole, .kind = REC_LINEAGE_MERGED, .flags = REC_FOLLOW_EXACT});
}

void followed_at(Scene& scene, const char* probe, uint64_t skb, uint64_t id, const ByteVector& packet) {
  scene.add(scene.record(probe, skb, kB, packet).follow({.id = id, .trail = id, .flags = REC_FOLLOW_EXACT}));
}

TEST(Fate, WhatTheKernelSideSawMergedIsPartOfTheOther) {
  Scene scene;
  followed_at(scene, "netif_receive_skb", kSkb, 100, udp(1));
  followed_at(scene, "netif_receive_skb", kOther, 200, udp(2));
  scene.add(became_part(scene, "skb_gro_receive", kOther, 200, 100));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[1].fate, Fate::merged);
  EXPECT_EQ(scene.trails[1].decisive().into_trail, scene.trails[0].id);
}

TEST(Fate, WhatTcpCoalescesIsInTheQueueOfItsSocket) {
  const auto tcp = [](uint32_t seq) {
    return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.id = 7}).tcp(4000, 80, {.seq = seq}).bytes();
  };
  Scene scene;
  followed_at(scene, "netif_receive_skb", kSkb, 100, tcp(1));
  followed_at(scene, "netif_receive_skb", kOther, 200, tcp(2));
  scene.add(became_part(scene, "skb_try_coalesce", kOther, 200, 100));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[1].fate, Fate::delivered);
  EXPECT_EQ(scene.trails[1].decisive().into_trail, scene.trails[0].id);
}

TEST(Late, TheFreeOfAPacketWhoseTrailWasHandedOnIsNoCopyOfTheNextThatLooksLikeIt) {
  for (const bool is_followed : {false, true}) {
    Scene scene;
    const auto at = [&](const char* probe, uint64_t skb, uint64_t id) {
      auto record = scene.record(probe, skb, kB, udp(1));
      if (is_followed) record.follow({.id = id, .trail = id, .flags = REC_FOLLOW_EXACT});
      scene.add(record);
    };
    at("netif_receive_skb", kSkb, 100);
    at("sock_def_readable", kSkb, 100);
    scene.pass(30 * kMs);
    ASSERT_EQ(scene.trails.size(), 1u);
    at("consume_skb", kSkb, 100);
    at("netif_receive_skb", kOther, 200);
    scene.end();
    ASSERT_EQ(scene.trails.size(), 2u);
    EXPECT_EQ(scene.trails[1].branches.size(), 1u) << is_followed;
  }
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
  scene.following.gap(gap, scene.names);
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

TEST(Ends, WhoHadToAskForTheNextHopIsTheSenderThoughTheAnswersSoftirqSendsThePacket) {
  Scene scene;
  scene.add(scene.record("consume_skb", kOther, kA, udp(1))
                .task("ping", 100, 100, REC_CONTEXT_PROCESS)
                .drop(FakeNames::kAsksNeighbour, std::nullopt));
  cross(scene, kSkb, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  ASSERT_NE(scene.trails[0].sender, trail::Step::kNone);
  EXPECT_EQ(scene.trails[0].tasks[scene.trails[0].sender].comm(), "ping");
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

namespace {

rec_follow exact(uint8_t flags = 0) {
  rec_follow section{};
  section.id = section.trail = 7;
  section.flags = static_cast<uint8_t>(flags | REC_FOLLOW_EXACT);
  return section;
}

}  // namespace

TEST(Trails, TheEndOfAnSkbWhoseTrailWasHandedOnIsLate) {
  Scene scene;
  scene.add(scene.record("netif_receive_skb", kSkb, kB, udp(1)).follow(exact(REC_FOLLOW_BIRTH)));
  scene.add(scene.record("__udp_enqueue_schedule_skb", kSkb, kB, udp(1)).follow(exact()));
  scene.pass(30 * kMs);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::delivered);
  scene.add(scene.record("skb_release_data", kSkb, {}, udp(1)).follow(exact(REC_FOLLOW_FREEING)));
  scene.add(scene.record("consume_skb", kSkb, {}, udp(1)).follow(exact(REC_FOLLOW_END)));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.following.counts().late, 2u);
}

TEST(Trails, WhatTakesPartInAFreeComesBehindTheEndAndBelongsToIt) {
  Scene scene;
  scene.add(scene.record("netif_receive_skb", kSkb, kB, udp(1)).follow(exact(REC_FOLLOW_BIRTH)));
  scene.add(scene.record("consume_skb", kSkb, kB, udp(1)).follow(exact(REC_FOLLOW_END)));
  scene.add(scene.record("skb_release_data", kSkb, kB, udp(1)).follow(exact(REC_FOLLOW_FREEING)));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.size(), 3u);
  EXPECT_EQ(scene.trails[0].branches.size(), 1u);
}

// nft_do_chain(), which frees what it drops and returns NF_STOLEN with EPERM.
RecordBuilder freed_by_rules(Scene& scene) {
  rec_table table{};
  std::strcpy(table.table, "firewall");
  std::strcpy(table.chain, "incoming");
  return scene.record("nft_do_chain", kSkb, kB, udp(1)).table(table).returned(2 | 1 << 16);
}

TEST(Trails, WhatRulesFreeThemselvesIsDroppedByThem) {
  Scene scene;
  scene.names.returns = &ProbeNames::verdict();
  scene.add(scene.record("netif_receive_skb", kSkb, kB, udp(1)).follow(exact(REC_FOLLOW_BIRTH)));
  scene.add(scene.record("kfree_skb", kSkb, kB, udp(1)).drop(0, 2).follow(exact(REC_FOLLOW_END)));
  scene.add(freed_by_rules(scene).follow(exact()));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  const auto& trail = scene.trails[0];
  EXPECT_EQ(trail.steps.size(), 3u);
  ASSERT_NE(trail.branches[0].dropped_by, trail::Step::kNone);
  EXPECT_EQ(trail.decisions[trail.branches[0].dropped_by].text, "nftables firewall incoming: DROP");
}

rec_rule rule_of(uint64_t handle, uint32_t number, int32_t verdict) {
  rec_rule rule{};
  rule.kind = REC_RULE_RULE;
  rule.handle = handle;
  rule.number = number;
  rule.verdict = verdict;
  rule.has_verdict = handle != 0;
  return rule;
}

rec_table table_of(const char* name, const char* chain) {
  rec_table table{};
  std::strcpy(table.table, name);
  std::strcpy(table.chain, chain);
  return table;
}

std::string dropped_by(const Scene& scene) {
  const auto& trail = scene.trails.at(0);
  const uint16_t by = trail.branches.at(0).dropped_by;
  return by == trail::Step::kNone ? "" : std::string(trail.decisions[by].rules());
}

// Before Linux 6.7 its table returns before the packet is freed.
TEST(Trails, ARuleThatWasTracedIsWhoDroppedAPacket) {
  for (const bool returns_before : {false, true}) {
    Scene scene;
    scene.names.returns = &ProbeNames::verdict();
    scene.at("netif_receive_skb", kSkb, kB, udp(1));
    const auto traced = [&](uint64_t handle, int32_t verdict) {
      scene.add(scene.record("nft_trace_notify", kSkb, kB, udp(1))
                    .table(table_of("firewall", "mine"))
                    .rule(rule_of(handle, 0, verdict)));
    };
    traced(4, -1);
    traced(5, 0);
    if (returns_before)
      scene.add(scene.record("nft_do_chain", kSkb, kB, udp(1)).table(table_of("firewall", "incoming")).returned(0));
    scene.dropped(kSkb, kB, udp(1), 2);
    scene.end();
    EXPECT_EQ(dropped_by(scene), "nftables firewall mine rule 5") << returns_before;
    EXPECT_EQ(scene.trails[0].decisions[scene.trails[0].steps[2].decision].rule, 5u);
  }
}

TEST(Trails, OfIptablesTheLastRuleThatMatchedIsToldWithTheTable) {
  Scene scene;
  scene.names.returns = &ProbeNames::verdict();
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.add(scene.record("nf_log_trace", kSkb, kB, udp(1)).table(table_of("filter", "mine")).rule(rule_of(0, 2, 0)));
  scene.at("nf_send_unreach", kSkb, kB, udp(1));
  scene.add(scene.record("ipt_do_table", kSkb, kB, udp(1)).table(table_of("filter", "")).returned(0));
  scene.dropped(kSkb, kB, udp(1), 2);
  scene.end();
  EXPECT_EQ(dropped_by(scene), "iptables filter (last: mine rule 2)");
}

TEST(Trails, ARuleOfAnotherTableHasNoPartInADrop) {
  Scene scene;
  scene.names.returns = &ProbeNames::verdict();
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.add(scene.record("nf_log_trace", kSkb, kB, udp(1)).table(table_of("mangle", "mine")).rule(rule_of(0, 2, 0)));
  scene.add(scene.record("ipt_do_table", kSkb, kB, udp(1)).table(table_of("mangle", "")).returned(1));
  scene.add(scene.record("ipt_do_table", kSkb, kB, udp(1)).table(table_of("filter", "")).returned(0));
  scene.dropped(kSkb, kB, udp(1), 2);
  scene.end();
  EXPECT_EQ(dropped_by(scene), "iptables filter");
}

// Where the end of an skb may be missed, it is not known whose the address is.
TEST(Trails, AReturnBehindTheFreeIsNoPacketOfItsOwn) {
  Scene scene;
  scene.names.returns = &ProbeNames::verdict();
  scene.at("netif_receive_skb", kSkb, kB, udp(1));
  scene.dropped(kSkb, kB, udp(1), 2);
  scene.add(freed_by_rules(scene));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].branches[0].dropped_by, trail::Step::kNone);
}

// What it called was seen before: the packet began to be followed at its entry.
TEST(Trails, AReturnThatBeganThePacketCutsItNot) {
  Scene scene;
  scene.names.returns = &ProbeNames::verdict();
  scene.add(scene.record("ip_forward", kSkb, kB, udp(1)).follow(exact()));
  scene.add(scene.record("ipt_do_table", kSkb, kB, udp(1)).hook({}).returned(1).follow(exact(REC_FOLLOW_BIRTH)));
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
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

// Another host, which was booted an hour later: its CLOCK_MONOTONIC is an hour behind.
class LaterBooted : public ProbeNames {
 public:
  static constexpr uint64_t kLater = 3600 * kSecond;
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override {
    return ProbeNames::time_of_day_ns(monotonic_ns) + kLater;
  }
};

// A neighbor that was asked so often.
rec_neigh neighbor(uint64_t address, uint32_t times) {
  rec_neigh neigh{};
  neigh.neighbour = address;
  neigh.known = 1;
  neigh.family = AF_INET;
  neigh.state = NUD_INCOMPLETE;
  neigh.probes = times;
  neigh.address[0] = 10;
  neigh.address[3] = 9;
  return neigh;
}

TEST(Neighbors, WhatWaitedForOneThatFailedSaysHowOftenItWasAsked) {
  Scene scene;
  const auto waits = [&](std::string_view probe, uint64_t skb, uint16_t id, const rec_neigh& neigh) {
    scene.add(scene.record(probe, skb, kA, udp(id)).neigh(neigh));
  };
  waits("neigh_event_send_done", kSkb, 1, neighbor(1, 1));
  waits("neigh_event_send_done", kOther, 2, neighbor(1, 1));
  waits("neigh_event_send_done", kThird, 3, neighbor(2, 1));
  waits("neigh_timer_handler", kSkb, 1, neighbor(1, 2));  // the other one waits for it, too
  for (const auto& [skb, id] : {std::pair(kSkb, 1), std::pair(kOther, 2), std::pair(kThird, 3)})
    scene.add(scene.record("kfree_skb", skb, kA, udp(static_cast<uint16_t>(id))).drop(FakeNames::kNoNeighbour, 9));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 3u);
  const auto last = [&](size_t trail) {
    const auto& step = scene.trails[trail].steps.back();
    return step.decision == Step::kNone ? "" : scene.trails[trail].decisions[step.decision].text;
  };
  EXPECT_EQ(last(0), "neighbor 10.0.0.9 asked 2 times: FAILED");
  EXPECT_EQ(last(1), "neighbor 10.0.0.9 asked 2 times: FAILED");
  EXPECT_EQ(last(2), "neighbor 10.0.0.9 asked once: FAILED");
}

TEST(Neighbors, OnesAnswerIsNotAFailureOfWhatIsDroppedLater) {
  Scene scene;
  scene.add(scene.record("neigh_event_send_done", kSkb, kA, udp(1)).neigh(neighbor(1, 1)));
  scene.dropped(kSkb, kB, udp(1), 2);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].steps.back().decision, Step::kNone);
}

struct TwoHosts {
  TwoHosts() { scene.now += LaterBooted::kLater; }
  void at_other(std::string_view probe, uint64_t skb, const Device& device, const ByteVector& packet) {
    auto record = scene.record(probe, skb, device, packet);
    const auto bytes = record.probe(other.number_of(probe)).time(scene.now - LaterBooted::kLater).bytes();
    scene.following.event(*event::Event::decode(bytes, other));
  }
  Scene scene;
  LaterBooted other;
};

TEST(Hosts, TheClockOfOneDoesNotAgeTheTrailsOfAnother) {
  TwoHosts hosts;
  Scene& scene = hosts.scene;
  hosts.at_other("net_dev_queue", kSkb, kA, udp(1));
  scene.at("net_dev_queue", kSkb, kA, udp(2));
  hosts.at_other("net_dev_start_xmit", kSkb, kA, udp(1));
  scene.at("net_dev_start_xmit", kSkb, kA, udp(2));
  EXPECT_TRUE(scene.trails.empty());
  hosts.at_other("consume_skb", kSkb, kA, udp(1));
  scene.at("consume_skb", kSkb, kA, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  for (const auto& trail : scene.trails) {
    EXPECT_EQ(trail.steps.size(), 3u);
    EXPECT_TRUE(trail.end == trail::End::fate);
  }
}

// In the order of the time of day the one that was booted later has trails that end as well.
TEST(Hosts, EachOnesTrailsAreHandedOnAsTimePassesAnywhere) {
  TwoHosts hosts;
  Scene& scene = hosts.scene;
  scene.at("net_dev_queue", kOther, kA, udp(2));
  hosts.at_other("net_dev_queue", kSkb, kA, udp(1));
  hosts.at_other("consume_skb", kSkb, kA, udp(1));
  scene.now += kSecond;
  scene.at("net_dev_start_xmit", kOther, kA, udp(2));
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].names, &hosts.other);
}

TEST(Hosts, WhatOneLostIsMissingFromItsTrailsAlone) {
  TwoHosts hosts;
  Scene& scene = hosts.scene;
  scene.at("net_dev_queue", kSkb, kA, udp(2));
  hosts.at_other("net_dev_queue", kSkb, kA, udp(1));
  event::Gap gap{};
  gap.after_ns = scene.now;
  gap.before_ns = scene.now + 500;
  gap.lost[REC_LOSS_RING] = 3;
  scene.following.gap(gap, scene.names);
  hosts.at_other("consume_skb", kSkb, kA, udp(1));
  scene.at("consume_skb", kSkb, kA, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  for (const auto& trail : scene.trails) EXPECT_EQ(trail.holes.size(), trail.names == &scene.names ? 1u : 0u);
}

// One's recording goes on in another section, in the middle of what the other one tells.
TEST(Hosts, WhereTheNamesOfOneEndTheTrailsOfTheOtherGoOn) {
  TwoHosts hosts;
  Scene& scene = hosts.scene;
  scene.at("net_dev_queue", kSkb, kA, udp(2));
  hosts.at_other("net_dev_queue", kSkb, kA, udp(1));
  scene.following.names_end(hosts.other);
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].names, &hosts.other);
  scene.at("consume_skb", kSkb, kA, udp(2));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[1].steps.size(), 2u);
}

// A rule of the output drops it before it comes to a device.
TEST(Trails, ADropThatIsAllThatWasSeenIsATrail) {
  Scene scene;
  scene.dropped(kSkb, kA, udp(1), 2);
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.trails[0].fate, Fate::dropped);
  EXPECT_NE(scene.trails[0].packet.find("10.0.0.1.4000"), std::string::npos);
}

// The kernel side cannot tell them apart by address and content, and their ends have no events.
TEST(Trails, APacketAtTheAddressOfADeliveredOneWithTheSameContentIsNotLate) {
  Scene scene;
  const rec_follow same{.id = 7, .trail = 7};
  for (int i = 0; i < 2; i++) {
    scene.add(scene.record("netif_receive_skb", kSkb, kB, udp6({1})).follow(same));
    scene.add(scene.record("sk_data_ready", kSkb, kB, udp6({1})).follow(same));
    scene.pass(kSecond);
  }
  scene.end();
  ASSERT_EQ(scene.trails.size(), 2u);
  EXPECT_EQ(scene.trails[1].fate, Fate::delivered);
  EXPECT_EQ(scene.following.counts().late, 0u);
}

TEST(Trails, ADropThatComesBehindItsTrailIsNone) {
  Scene scene;
  cross(scene, kSkb, udp(1));
  scene.at("sk_data_ready", kSkb, kB, udp(1));
  scene.pass(kSecond);
  scene.dropped(kSkb, kB, udp(1), 2);
  scene.dropped(kOther, kB, udp(1), 2);
  scene.end();
  EXPECT_EQ(scene.trails.size(), 1u);
  EXPECT_EQ(scene.following.counts().late, 2u);
}

TEST(Trails, APacketThatWaitsForItsNeighbourWhenAllEndsIsATrail) {
  const auto ask = [](Scene& scene) {
    scene.add(scene.record("consume_skb", kOther, kA, udp(1)).drop(FakeNames::kAsksNeighbour, std::nullopt));
  };
  Scene waiting;
  ask(waiting);
  waiting.end();
  ASSERT_EQ(waiting.trails.size(), 1u);
  EXPECT_EQ(waiting.trails[0].fate, Fate::not_known);
  EXPECT_TRUE(trail::values_of(waiting.trails[0]).whole->awaits_neighbour);
  Scene sent;
  ask(sent);
  cross(sent, kSkb, udp(1));
  sent.end();
  ASSERT_EQ(sent.trails.size(), 1u);
  EXPECT_FALSE(trail::values_of(sent.trails[0]).whole->awaits_neighbour);
}

}  // namespace
}  // namespace skbtrail::test
