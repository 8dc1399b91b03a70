// Layout `route`: the way of a packet in one line, and of a flow.
#include <gtest/gtest.h>

#include <sstream>

#include "fake_names.h"
#include "output/layout.h"
#include "text/printable.h"
#include "trail/scene.h"

namespace skbtrail::output {
namespace {

using test::kA;
using test::kB;
using test::kNowhere;
using test::kOther;
using test::kSkb;
using test::kThird;
using test::udp;

class Route : public testing::Test {
 protected:
  void begin(bool merges = false, size_t width = 0, bool ascii = true) {
    LayoutChoice choice;
    choice.time = TimeStyle::mono;
    choice.ascii = ascii;
    choice.trails.merges = merges;
    layout = make_route_layout(choice);
    layout->set_width(width);
  }
  void add(const test::RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    layout->event(out, *event::Event::decode(bytes, scene.names));
  }
  void at(std::string_view probe, uint64_t skb, const test::Device& device, const test::ByteVector& packet) {
    add(scene.record(probe, skb, device, packet));
  }
  // A program sends from one namespace to the other.
  void cross(uint64_t skb, const test::ByteVector& packet) {
    add(scene.record("net_dev_queue", skb, kA, packet).task("nc", 42, 42, REC_CONTEXT_PROCESS));
    at("netif_receive_skb", skb, kB, packet);
  }
  void drop(uint64_t skb, const test::Device& device, const test::ByteVector& packet) {
    add(scene.record("kfree_skb", skb, device, packet).drop(test::FakeNames::kIcmpRcv, 2));
  }
  // Without the line of the head.
  std::string end(bool with_head = false) {
    layout->end(out);
    std::string text = fmt::to_string(out);
    return with_head ? text : text.substr(text.find('\n') + 1);
  }

  test::Scene scene;
  std::unique_ptr<Layout> layout;
  fmt::memory_buffer out;
};

TEST_F(Route, NamespacesAreBoxesDevicesStationsAndTheDropStandsWhereItFell) {
  begin();
  cross(kSkb, udp(1));
  drop(kSkb, kB, udp(1));
  EXPECT_EQ(end(true),
            "1.000001000  IP 10.0.0.1.4000 > 10.0.0.2.9000: UDP, length 4   2.00 us\n"
            "  host [ nc -> v0 ] = 7 [ v1 -> X ]   DROPPED: NO_SOCKET in icmp_rcv, at v1\n");
}

TEST_F(Route, TheSameInUnicode) {
  begin(false, 0, false);
  cross(kSkb, udp(1));
  drop(kSkb, kB, udp(1));
  EXPECT_EQ(end(), "  host [ nc \u2192 v0 ] \u2550 7 [ v1 \u2192 \u2717 ]   DROPPED: NO_SOCKET in icmp_rcv, at v1\n");
}

TEST_F(Route, WhoReadItIsTheLastStation) {
  begin();
  cross(kSkb, udp(1));
  add(scene.record("skb_copy_datagram_iovec", kSkb, kB, udp(1)).task("nginx", 7, 7, REC_CONTEXT_PROCESS));
  EXPECT_EQ(end(), "  host [ nc -> v0 ] = 7 [ v1 -> nginx ]   DELIVERED\n");
}

// Who sent by the socket, and who read from it, are known from packets before.
TEST_F(Route, WhoHasTheSocketStandsForWhoWasNotSeen) {
  constexpr uint64_t kSocket = 0xffff888000abc000;
  begin();
  const auto deliver = [&](uint64_t skb, uint16_t id, bool is_read) {
    cross(skb, udp(id));
    auto ready = scene.record("sk_data_ready", skb, kB, udp(id));
    add(ready.sk(kSocket));
    if (!is_read) return;
    auto read = scene.record("skb_copy_datagram_iovec", skb, kB, udp(id));
    add(read.sk(kSocket).task("nginx", 7, 7, REC_CONTEXT_PROCESS));
  };
  deliver(kSkb, 1, true);
  scene.now += 50'000'000;
  deliver(kOther, 2, false);
  const std::string text = end(true);
  EXPECT_NE(text.find("7 [ v1 -> nginx ]   DELIVERED"), std::string::npos) << text;
  EXPECT_NE(text.find("7 [ v1 -> a socket of nginx ]   DELIVERED"), std::string::npos) << text;
}

// An error that is first seen when its reader takes it out of its socket's queue.
TEST_F(Route, WhoReadsItIsNotItsSender) {
  begin();
  add(scene.record("skb_copy_datagram_iovec", kSkb, kB, udp(1)).task("ping", 7, 7, REC_CONTEXT_PROCESS));
  EXPECT_EQ(end(), "  7 [ v1 -> ping ]   DELIVERED\n");
}

TEST_F(Route, WhoSendsWhatIsDroppedBeforeAnyDeviceIsItsSender) {
  begin();
  auto drop = scene.record("kfree_skb", kSkb, {1, 0, ""}, udp(1)).drop(test::FakeNames::kIcmpRcv, 2);
  add(drop.task("nc", 42, 42, REC_CONTEXT_PROCESS));
  const std::string text = end();
  EXPECT_NE(text.find("host [ nc -> X ]"), std::string::npos) << text;
}

// It goes by the device, and so it seems to come in by it.
TEST_F(Route, TheCopyOfABroadcastForThisHostIsOfItsSender) {
  begin();
  constexpr uint8_t kLoopback = 5;
  auto copy = scene.record("netif_rx", kSkb, kA, udp(1)).pkt_type(kLoopback);
  add(copy.task("nc", 42, 42, REC_CONTEXT_PROCESS));
  add(scene.record("net_dev_queue", kOther, kA, udp(1)).task("nc", 42, 42, REC_CONTEXT_PROCESS));
  at("netif_receive_skb", kSkb, kA, udp(1));
  at("netif_receive_skb", kOther, kB, udp(1));
  at("sk_data_ready", kOther, kB, udp(1));
  const std::string text = end();
  EXPECT_EQ(text.substr(0, text.find('\n')), "  host [ nc -> v0 ] = 7 [ v1 -> a socket ]   DELIVERED") << text;
}

test::ByteVector piece(uint16_t offset, bool more) {
  test::PacketBuilder builder;
  builder.ethernet().ipv4(
      "10.0.0.1", "10.0.0.2",
      {.id = 5, .dont_fragment = false, .more_fragments = more, .fragment_offset = offset, .protocol = uint8_t{17}});
  if (offset == 0) builder.udp(4000, 9000, {.length = uint16_t{136}});
  return builder.payload(test::ByteVector(64, 0)).bytes();
}
test::ByteVector whole() {
  return udp(5, test::ByteVector(128, 0));
}
constexpr test::Device kOut{7, 4, "v2"}, kFar{9, 5, "v3"};

// The datagram as it is read is another skb than the fragments that came.
TEST_F(Route, WhatIsReadOfFragmentsCameAsTheyDid) {
  begin();
  for (const auto& [skb, offset] : {std::pair(kSkb, 0), std::pair(kOther, 72)}) {
    at("net_dev_queue", skb, kA, piece(static_cast<uint16_t>(offset), offset == 0));
    at("netif_receive_skb", skb, kB, piece(static_cast<uint16_t>(offset), offset == 0));
    at("net_dev_queue", skb, kOut, piece(static_cast<uint16_t>(offset), offset == 0));
    at("netif_receive_skb", skb, kFar, piece(static_cast<uint16_t>(offset), offset == 0));
  }
  add(scene.record("skb_copy_datagram_iovec", kThird, {9, 0, ""}, whole()).task("ping", 7, 7, REC_CONTEXT_PROCESS));
  const std::string text = end();
  EXPECT_EQ(text.substr(0, text.find('\n')), "  host [ v0 ] = 7 [ v1 -> v2 ] = 9 [ v3 -> ping ]   DELIVERED") << text;
}

TEST_F(Route, AFragmentThatARouterMadeBeginsWhereTheDatagramDid) {
  begin();
  add(scene.record("net_dev_queue", kSkb, kA, whole()).task("nc", 42, 42, REC_CONTEXT_PROCESS));
  at("netif_receive_skb", kSkb, kB, whole());
  at("net_dev_queue", kOther, kOut, piece(0, true));
  at("netif_receive_skb", kOther, kFar, piece(0, true));
  at("net_dev_queue", kThird, kOut, piece(72, false));
  at("netif_receive_skb", kThird, kFar, piece(72, false));
  at("sk_data_ready", kThird, kFar, whole());
  const std::string text = end();
  EXPECT_EQ(text.substr(0, text.find('\n')), "  host [ nc -> v0 ] = 7 [ v1 -> v2 ] = 9 [ v3 -> a socket ]   DELIVERED")
      << text;
}

TEST_F(Route, WhatCameFromOutsideAndLeftHasAnOpenLink) {
  begin();
  at("netif_receive_skb", kSkb, kA, udp(1));
  at("net_dev_queue", kSkb, test::Device{1, 9, "eth1"}, udp(1));
  at("net_dev_start_xmit", kSkb, test::Device{1, 9, "eth1"}, udp(1));
  add(scene.record("net_dev_xmit", kSkb, test::Device{1, 9, "eth1"}).flag(REC_FLAG_SKB_NOT_OWNED).result(0));
  EXPECT_EQ(end(), "  = host [ v0 -> eth1 ] =   FORWARDED out of eth1\n");
}

TEST_F(Route, WhoseEndWasNotSeenHasAQuestionMark) {
  begin();
  cross(kSkb, udp(1));
  EXPECT_EQ(end(), "  host [ nc -> v0 ] = 7 [ v1 -> ? ]   UNFINISHED after netif_receive_skb\n");
}

TEST_F(Route, ACopyThatWentElsewhereHasALineOfItsOwn) {
  begin();
  cross(kSkb, udp(1));
  at("netif_receive_skb", kOther, test::Device{9, 4, "p2"}, udp(1));
  drop(kOther, test::Device{9, 4, "p2"}, udp(1));
  add(scene.record("skb_copy_datagram_iovec", kSkb, kB, udp(1)).task("nginx", 7, 7, REC_CONTEXT_PROCESS));
  EXPECT_EQ(end(),
            "  host [ nc -> v0 ] = 7 [ v1 -> nginx ]   DELIVERED\n"
            "    `- copy: 9 [ p2 -> X ]   DROPPED: NO_SOCKET in icmp_rcv, at p2\n");
}

TEST_F(Route, NoLineIsWiderThanTheTerminal) {
  for (const size_t width : {30, 50, 80})
    for (const bool merges : {false, true}) {
      begin(merges, width, false);
      out.clear();
      for (uint16_t id = 1; id <= 3; id++) {
        const auto skb = kSkb + id * 0x1000u;
        for (uint32_t i = 0; i < 12; i++)
          at("netif_receive_skb", skb, test::Device{1 + i / 3, i + 2, i % 2 ? "bridge0" : "veth0123456789"}, udp(id));
        drop(skb, kB, udp(id));
      }
      std::istringstream lines(end(true));
      for (std::string line; std::getline(lines, line);) EXPECT_LE(text::columns_of(line), width) << line;
    }
}

TEST_F(Route, MergedAFlowIsDrawnOnceForEachWayWithItsRepliesBeneath) {
  begin(true);
  for (uint16_t id = 1; id <= 3; id++) {
    cross(kSkb + id * 0x1000u, udp(id));
    drop(kSkb + id * 0x1000u, kB, udp(id));
  }
  const auto back = test::PacketBuilder()
                        .ethernet()
                        .ipv4("10.0.0.2", "10.0.0.1", {.id = 9})
                        .udp(9000, 4000)
                        .payload(test::ByteVector{9, 9})
                        .bytes();
  at("net_dev_queue", kOther, kB, back);
  at("netif_receive_skb", kOther, kA, back);
  add(scene.record("skb_copy_datagram_iovec", kOther, kA, back).task("nc", 42, 42, REC_CONTEXT_PROCESS));
  EXPECT_EQ(end(true),
            "udp 10.0.0.1:4000 > 10.0.0.2:9000   3 packets, 1 reply\n"
            "  -> 3x  host [ nc -> v0 ] = 7 [ v1 -> X ]   DROPPED: NO_SOCKET in icmp_rcv, at v1   p50 2.00 us\n"
            "  <- 1x  7 [ v1 ] = host [ v0 -> nc ]   DELIVERED   2.00 us\n");
}

TEST_F(Route, AReplyThroughNatIsOfTheFlow) {
  begin(true);
  at("net_dev_queue", kSkb, kA, udp(1));
  at("netif_receive_skb", kSkb, kB, udp(1, {}, "203.0.113.9", 2051));
  at("consume_skb", kSkb, kB, udp(1, {}, "203.0.113.9", 2051));
  const auto reply = [&](const char* dst, uint16_t dport) {
    return test::PacketBuilder()
        .ethernet()
        .ipv4("10.0.0.2", dst, {.id = 7})
        .udp(9000, dport)
        .payload(test::ByteVector{5})
        .bytes();
  };
  at("net_dev_queue", kOther, kB, reply("203.0.113.9", 2051));
  at("netif_receive_skb", kOther, kA, reply("10.0.0.1", 4000));
  at("consume_skb", kOther, kA, reply("10.0.0.1", 4000));
  EXPECT_EQ(end(true),
            "udp 10.0.0.1:4000 > 10.0.0.2:9000   1 packet, 1 reply\n"
            "  -> 1x  host [ v0 ] = 7 [ v1 ]   CONSUMED by the kernel   2.00 us\n"
            "  <- 1x  7 [ v1 ] = host [ v0 ]   CONSUMED by the kernel   2.00 us\n");
}

TEST_F(Route, FlowsBeyondTheLimitAreCounted) {
  begin(true);
  for (uint16_t i = 0; i < 1030; i++) {
    const auto id = static_cast<uint16_t>(i + 1);
    const auto sport = static_cast<uint16_t>(2000 + i);
    at("net_dev_queue", kSkb, kA, udp(id, {}, "10.0.0.1", sport));
    at("consume_skb", kSkb, kA, udp(id, {}, "10.0.0.1", sport));
  }
  const auto text = end(true);
  EXPECT_NE(text.find("\n6 packets of further flows, beyond 1024\n"), std::string::npos);
}

}  // namespace
}  // namespace skbtrail::output
