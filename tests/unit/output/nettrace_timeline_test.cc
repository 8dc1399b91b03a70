// Layout `nettrace --timeline`: the blocks of the article that showed the original.
#include <gtest/gtest.h>

#include "output/layout.h"
#include "trail/scene.h"

namespace skbtrail::output {
namespace {

using test::ByteVector;
using test::PacketBuilder;
using test::RecordBuilder;

constexpr uint64_t kOriginal = 0xffff8887b6260200, kClone = 0xffff88858f242900;
constexpr uint64_t kSecond = 1'000'000'000;

ByteVector echo(const char* src, const char* dst, unsigned type = 8, unsigned seq = 1) {
  return PacketBuilder().ethernet().ipv4(src, dst).icmp(type, 0, 17146u << 16 | seq).bytes();
}

std::string_view tracer_of(std::string_view probe) {
  if (probe == "skb_clone" || probe == "consume_skb") return "life";
  if (probe == "nf_hook_slow") return "netfilter";
  return probe == "packet_rcv" ? "pkt-in" : probe == "icmp_rcv" ? "icmp-in" : "link-in";
}

// Events at microseconds of the kernel's clock through the layout.
class Timeline {
 public:
  explicit Timeline(bool detail = true, std::optional<uint64_t> count = {})
      : layout_(make_nettrace_timeline({.detail = detail, .trails = {.count = count}, .tracer_of = tracer_of})) {}

  RecordBuilder record(std::string_view probe, uint64_t time_us, uint64_t skb, const ByteVector& packet) {
    RecordBuilder builder;
    builder.probe(names_.number_of(probe)).time(time_us * 1000).skb_address(skb);
    return builder.packet(packet).device("eth1", 2).task("nettrace", 897081, 897081, REC_CONTEXT_SOFTIRQ);
  }
  void add(const RecordBuilder& builder) {
    const auto bytes = builder.bytes();
    layout_->event(out_, *event::Event::decode(bytes, names_));
  }
  void at(std::string_view probe, uint64_t time_us, uint64_t skb, const ByteVector& packet) {
    add(record(probe, time_us, skb, packet));
  }
  void pass(uint64_t until_ns) { layout_->advance(out_, until_ns); }
  Layout& layout() { return *layout_; }
  std::string text() {
    const auto text = fmt::to_string(out_);
    out_.clear();
    return text;
  }
  std::string end() {
    layout_->end(out_);
    return text();
  }

  event::Gap gap(uint64_t after_us, uint64_t before_us) {
    event::Gap gap{};
    gap.lost[REC_LOSS_RING] = 5;
    gap.after_ns = after_us * 1000;
    gap.before_ns = before_us * 1000;
    layout_->gap(out_, gap, names_);
    return gap;
  }

 private:
  test::ProbeNames names_;
  std::unique_ptr<Layout> layout_;
  fmt::memory_buffer out_;
};

TEST(NettraceTimeline, ABlockIsThatOfTheArticleWithTheCloneBelowItsOriginal) {
  Timeline timeline;
  const auto packet = echo("10.35.13.63", "9.135.224.89");
  timeline.add(timeline.record("napi_gro_receive", 456901'372837, kOriginal, packet)
                   .task("swapper/3", 0, 0, REC_CONTEXT_SOFTIRQ));
  timeline.at("__netif_receive_skb_core", 456901'372883, kOriginal, packet);
  timeline.at("skb_clone", 456901'372921, kOriginal, packet);
  timeline.add(timeline.record("skb_clone", 456901'372922, kOriginal, packet).returned(static_cast<int64_t>(kClone)));
  timeline.at("nf_hook_slow", 456901'372930, kClone, packet);
  timeline.at("icmp_rcv", 456901'373002, kClone, packet);
  timeline.at("consume_skb", 456901'373064, kClone, packet);
  timeline.at("packet_rcv", 456901'373068, kOriginal, packet);
  timeline.at("consume_skb", 456901'373072, kOriginal, packet);
  const std::string_view block =
      // clang-format off
      "<------------------- skb: ffff8887b6260200 ---------------------->\n"
      "456901.372837: [ffff8887b6260200][2:eth1][pid:0,swapper/3       ][link-in     ][napi_gro_receive        ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.372883: [ffff8887b6260200][2:eth1][pid:897081,nettrace   ][link-in     ][__netif_receive_skb_core]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.372921: [ffff8887b6260200][2:eth1][pid:897081,nettrace   ][life        ][skb_clone               ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "                return value:ffff88858f242900\n"
      "456901.372930: [ffff88858f242900][2:eth1][pid:897081,nettrace   ][netfilter   ][nf_hook_slow            ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.373002: [ffff88858f242900][2:eth1][pid:897081,nettrace   ][icmp-in     ][icmp_rcv                ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.373064: [ffff88858f242900][2:eth1][pid:897081,nettrace   ][life        ][consume_skb             ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.373068: [ffff8887b6260200][2:eth1][pid:897081,nettrace   ][pkt-in      ][packet_rcv              ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n"
      "456901.373072: [ffff8887b6260200][2:eth1][pid:897081,nettrace   ][life        ][consume_skb             ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n";
  // clang-format on
  EXPECT_EQ(timeline.end(), block);
}

TEST(NettraceTimeline, WithoutADeviceTheTaskIsAsMuchWider) {
  Timeline timeline;
  RecordBuilder record =
      timeline.record("ip_send_skb", 461052'796174, 0xffff88858f243a00, echo("9.135.224.89", "10.35.13.63", 0));
  timeline.add(record.device("", 0).task("swapper/2", 0, 0, REC_CONTEXT_SOFTIRQ));
  EXPECT_NE(
      timeline.end().find("461052.796174: [ffff88858f243a00][    ][pid:0,swapper/2         ][link-in     ]["
                          "ip_send_skb             ]: ICMP: 9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1\n"),
      std::string::npos);
}

TEST(NettraceTimeline, BehindNatTheSourcesOfABlockLineUp) {
  Timeline timeline(false);
  timeline.at("ip_output", 463697'332024, 0xffff88818f02f900, echo("192.168.122.8", "10.123.119.98", 8, 0));
  timeline.at("ip_finish_output", 463697'332037, 0xffff88818f02f900, echo("9.135.224.89", "10.123.119.98", 8, 0));
  timeline.at("consume_skb", 463697'332060, 0xffff88818f02f900, echo("9.135.224.89", "10.123.119.98", 8, 0));
  EXPECT_EQ(
      timeline.end(),
      "<------------------- skb: ffff88818f02f900 ---------------------->\n"
      "463697.332024: [ip_output               ]: ICMP: 192.168.122.8 -> 10.123.119.98, ping request   , seq: 0\n"
      "463697.332037: [ip_finish_output        ]: ICMP: 9.135.224.89  -> 10.123.119.98, ping request   , seq: 0\n"
      "463697.332060: [consume_skb             ]: ICMP: 9.135.224.89  -> 10.123.119.98, ping request   , seq: 0\n");
}

TEST(NettraceTimeline, BetweenBlocksIsAnEmptyLineAndEachPacketHasItsOwn) {
  Timeline timeline(false);
  const auto first = echo("10.0.0.1", "10.0.0.2", 8, 1), second = echo("10.0.0.1", "10.0.0.2", 8, 2);
  timeline.at("ip_rcv", 1, 0xa0, first);
  timeline.at("ip_rcv", 2, 0xb0, second);
  timeline.at("consume_skb", 3, 0xa0, first);
  timeline.at("consume_skb", 4, 0xb0, second);
  EXPECT_EQ(timeline.end(),
            "<------------------- skb: a0 ---------------------->\n"
            "0.000001: [ip_rcv                  ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   , seq: 1\n"
            "0.000003: [consume_skb             ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   , seq: 1\n"
            "\n"
            "<------------------- skb: b0 ---------------------->\n"
            "0.000002: [ip_rcv                  ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   , seq: 2\n"
            "0.000004: [consume_skb             ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   , seq: 2\n");
}

TEST(NettraceTimeline, ABlockWaitsForTheFreeOfWhatWasDelivered) {
  Timeline timeline(false);
  const auto packet = echo("10.0.0.1", "10.0.0.2");
  timeline.at("ip_rcv", 1'000'000, 0xa0, packet);
  timeline.at("sock_def_readable", 1'000'001, 0xa0, packet);
  timeline.pass(kSecond + kSecond / 2);
  EXPECT_EQ(timeline.text(), "");
  timeline.at("consume_skb", 1'500'000, 0xa0, packet);
  timeline.pass(2 * kSecond);
  const auto text = timeline.text();
  EXPECT_NE(text.find("1.500000: [consume_skb"), std::string::npos) << text;
  EXPECT_EQ(text.find("***"), std::string::npos) << text;
}

TEST(NettraceTimeline, AFreeThatIsNotSeenIsWaitedForOneSecondAndSaidToBeMissing) {
  Timeline timeline(false);
  timeline.at("sock_def_readable", 1'000'000, 0xa0, echo("10.0.0.1", "10.0.0.2"));
  timeline.pass(2 * kSecond);
  EXPECT_EQ(timeline.text(), "");
  timeline.pass(2 * kSecond + 1);
  EXPECT_NE(timeline.text().find("seq: 1\n*** its free was not seen ***\n"), std::string::npos);
}

TEST(NettraceTimeline, WhatIsUnderWayWhenTheRunEndsSaysSo) {
  Timeline timeline(false);
  timeline.at("ip_rcv", 1, 0xa0, echo("10.0.0.1", "10.0.0.2"));
  EXPECT_NE(timeline.end().find("seq: 1\n*** not freed yet when the run ended ***\n"), std::string::npos);
}

TEST(NettraceTimeline, AReturnWithoutItsCallHasItsLine) {
  Timeline timeline(false);
  timeline.at("ip_rcv", 1, 0xa0, echo("10.0.0.1", "10.0.0.2"));
  timeline.add(timeline.record("skb_clone", 2, 0xa0, echo("10.0.0.1", "10.0.0.2")).returned(0));
  EXPECT_NE(
      timeline.end().find("seq: 1\n0.000002: [skb_clone               ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   "
                          ", seq: 1\n                return value:0\n"),
      std::string::npos);
}

TEST(NettraceTimeline, CallsThatAreNestedHaveEachTheirOwnValue) {
  Timeline timeline(false);
  const auto packet = echo("10.0.0.1", "10.0.0.2");
  timeline.at("nf_hook_slow", 1, 0xa0, packet);
  timeline.at("nf_hook_slow", 2, 0xa0, packet);
  timeline.add(timeline.record("nf_hook_slow", 3, 0xa0, packet).returned(0x22));
  timeline.add(timeline.record("nf_hook_slow", 4, 0xa0, packet).returned(0x11));
  const auto text = timeline.end();
  EXPECT_LT(text.find("0.000001: "), text.find("return value:11\n")) << text;
  EXPECT_LT(text.find("return value:11\n"), text.find("0.000002: ")) << text;
  EXPECT_LT(text.find("0.000002: "), text.find("return value:22\n")) << text;
}

TEST(NettraceTimeline, ABlockSaysWhereEventsWereLost) {
  Timeline timeline(false);
  const auto packet = echo("10.0.0.1", "10.0.0.2");
  timeline.at("ip_rcv", 10, 0xa0, packet);
  timeline.gap(11, 19);
  timeline.at("consume_skb", 20, 0xa0, packet);
  const auto text = timeline.end();
  const size_t lost = text.rfind("*** up to 5 events were lost here ***\n");
  ASSERT_NE(lost, std::string::npos) << text;
  EXPECT_LT(text.find("ip_rcv"), lost);
  EXPECT_LT(lost, text.find("consume_skb"));
}

TEST(NettraceTimeline, ItCountsPackets) {
  Timeline timeline(false, 1);
  const auto packet = echo("10.0.0.1", "10.0.0.2");
  timeline.at("ip_rcv", 1, 0xa0, packet);
  EXPECT_FALSE(timeline.layout().is_full());
  timeline.at("consume_skb", 2, 0xa0, packet);
  timeline.pass(kSecond);
  EXPECT_TRUE(timeline.layout().is_full());
}

}  // namespace
}  // namespace skbtrail::output
