// Layout `nettrace`: the lines of the article that showed the original.
#include <gtest/gtest.h>

#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using test::PacketBuilder;
using test::RecordBuilder;

class FunctionNames : public test::FakeNames {
 public:
  std::string_view probe(uint16_t number) const override {
    constexpr std::string_view kNames[] = {"napi_gro_receive", "__netif_receive_skb_core", "ip_send_skb", "skb_clone"};
    return kNames[number];
  }
};
const FunctionNames kNames;

std::string_view tracer_of(std::string_view probe) {
  return probe == "ip_send_skb" ? "ip-out" : probe == "skb_clone" ? "life" : "link-in";
}

std::string line(const RecordBuilder& record, bool detail = false) {
  return test::shown(*make_nettrace_layout({.detail = detail, .tracer_of = tracer_of}), record, kNames);
}

RecordBuilder echo(unsigned type, const char* src, const char* dst, uint64_t time_us, uint16_t probe) {
  return RecordBuilder()
      .time(time_us * 1000 + 999)
      .probe(probe)
      .skb_address(0xffff8887b6260800)
      .packet(PacketBuilder().ethernet().ipv4(src, dst).icmp(type, 0, 17146u << 16 | 1).bytes());
}

TEST(Nettrace, AnEchoIsTheLineOfTheArticle) {
  EXPECT_EQ(line(echo(8, "10.35.13.63", "9.135.224.89", 453516'922978, 0)),
            "453516.922978: [napi_gro_receive        ]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n");
  EXPECT_EQ(line(echo(8, "10.35.13.63", "9.135.224.89", 453516'923012, 1)),
            "453516.923012: [__netif_receive_skb_core]: ICMP: 10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n");
  EXPECT_EQ(line(echo(0, "9.135.224.89", "10.35.13.63", 461052'000174, 2)),
            "461052.000174: [ip_send_skb             ]: ICMP: 9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1\n");
}

TEST(Nettrace, DetailsAreThoseOfTheArticle) {
  EXPECT_EQ(line(echo(8, "10.35.13.63", "9.135.224.89", 454861'534996, 0)
                     .device("eth1", 2)
                     .task("swapper/3", 0, 0, REC_CONTEXT_SOFTIRQ),
                 true),
            "454861.534996: [ffff8887b6260800][2:eth1][pid:0,swapper/3][link-in     ][napi_gro_receive        ]: ICMP: "
            "10.35.13.63 -> 9.135.224.89, ping request   , seq: 1\n");
}

TEST(Nettrace, WithoutADeviceItsPlaceIsEmpty) {
  EXPECT_EQ(
      line(echo(0, "9.135.224.89", "10.35.13.63", 461052'796174, 2).task("ping", 7, 7, REC_CONTEXT_PROCESS), true),
      "461052.796174: [ffff8887b6260800][    ][pid:7,ping][ip-out      ][ip_send_skb             ]: ICMP: "
      "9.135.224.89 -> 10.35.13.63, ping reply     , seq: 1\n");
}

TEST(Nettrace, AReturnHasItsValueBelowTheLine) {
  EXPECT_EQ(line(echo(8, "10.0.0.1", "10.0.0.2", 1'000001, 3).returned(0)),
            "1.000001: [skb_clone               ]: ICMP: 10.0.0.1 -> 10.0.0.2, ping request   , seq: 1\n"
            "                return value:0\n");
  EXPECT_NE(line(echo(8, "10.0.0.1", "10.0.0.2", 1'000001, 3).returned(-22)).find("return value:ffffffffffffffea\n"),
            std::string::npos);
}

std::string packet_of(const std::string& shown) {
  return shown.substr(shown.find("]: ") + 3);
}

TEST(Nettrace, OtherProtocolsReadAsInTheOriginal) {
  const auto of = [](PacketBuilder& builder) { return packet_of(line(RecordBuilder().packet(builder.bytes()))); };
  EXPECT_EQ(of(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80, {.seq = 7})),
            "TCP: 10.0.0.1:4000 -> 10.0.0.2:80, seq: 7, S\n");
  EXPECT_EQ(of(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53)),
            "UDP: 10.0.0.1:4000 -> 10.0.0.2:53\n");
  EXPECT_EQ(of(PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").udp(4000, 53)),
            "UDP: [fd00::1]:4000 -> [fd00::2]:53\n");
  EXPECT_EQ(packet_of(line(echo(3, "10.0.0.1", "10.0.0.2", 1, 0))), "ICMP: 10.0.0.1 -> 10.0.0.2, type: 3, code: 0\n");
  EXPECT_EQ(of(PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").icmp6(128, 0, 5u << 16 | 1)),
            "ICMP6: fd00::1 -> fd00::2, ping request   , seq: 1\n");
}

TEST(Nettrace, WithoutAPacketTheLineSaysSo) {
  EXPECT_EQ(line(RecordBuilder().time(1'000'000'000)), "1.000000: [napi_gro_receive        ]: no packet\n");
}

TEST(Nettrace, NamesCannotSteerTheTerminal) {
  const auto record = RecordBuilder().device("a\033b", 2).task("c\033d", 1, 1, REC_CONTEXT_PROCESS);
  EXPECT_NE(line(record, true).find("[2:a?b][pid:1,c?d]"), std::string::npos);
}

TEST(Nettrace, ALossIsToldWhereItHappened) {
  event::Gap gap{};
  gap.lost[REC_LOSS_RING] = 5;
  EXPECT_EQ(test::shown(*make_nettrace_layout({}), gap, kNames), "*** lost on CPU 0: 5 (ring full) ***\n");
}

}  // namespace
}  // namespace skbtrail::output
