// Layout `skbtracer`: the table of the document that showed the original.
#include <gtest/gtest.h>
#include <netinet/in.h>

// After netinet/in.h, of which it declares a part again otherwise.
#include <linux/netfilter.h>

#include <cstdlib>

#include "event/result_format.h"
#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using test::ByteVector;
using test::PacketBuilder;
using test::RecordBuilder;

class FunctionNames : public test::FakeNames {
 public:
  std::string_view probe(uint16_t number) const override {
    constexpr std::string_view kNames[] = {"napi_gro_receive", "__dev_queue_xmit", "kfree_skb", "nf_hook_slow"};
    return kNames[number];
  }
  const event::ResultFormat* result(uint16_t) const override { return &verdict_; }
  uint64_t time_of_day_ns(uint64_t monotonic_ns) const override { return monotonic_ns; }

 private:
  event::ResultFormat verdict_{"int", 4, true, false, {{1, "NF_ACCEPT"}}, event::ResultMeaning::verdict};
};

// Times of day are UTC here.
struct Skbtracer : testing::Test {
  Skbtracer() {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  static constexpr uint64_t kTime = ((5 * 60 + 32) * 60 + 58) * uint64_t{1'000'000'000} + 123'456'000;
  const FunctionNames names{};

  static RecordBuilder record(uint16_t probe, const ByteVector& packet) {
    RecordBuilder builder;
    builder.probe(probe).time(kTime).skb_address(0xffff8ab8cf0a5800).cpu(3).device("enp0s3", 2, 4026531992);
    return builder.task("swapper/3", 0, 0, REC_CONTEXT_SOFTIRQ).packet(packet);
  }
  std::string line(const RecordBuilder& builder, const LayoutChoice& choice = {}) const {
    return test::shown(*make_skbtracer_layout(choice), builder, names);
  }
};

ByteVector segment(const char* src, uint16_t sport, const char* dst, uint16_t dport, uint8_t flags,
                   size_t payload = 0) {
  return PacketBuilder()
      .ethernet("02:00:00:00:00:01", "08:00:27:99:a7:c5")
      .ipv4(src, dst)
      .tcp(sport, dport, {.flags = flags})
      .payload(payload)
      .bytes();
}

TEST_F(Skbtracer, TheTableIsThatOfTheDocument) {
  EXPECT_EQ(test::header(*make_skbtracer_layout({})),
            "TIME       SKB                  NETWORK_NS   PID      CPU    INTERFACE          DEST_MAC           IP_LEN "
            "PKT_INFO                                               TRACE_INFO\n");
  EXPECT_EQ(line(record(0, segment("10.0.2.10", 443, "10.0.2.15", 56602, packet::kTcpPush))),
            "[05:32:58] [0xffff8ab8cf0a5800] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  40     "
            "T_PSH:10.0.2.10:443->10.0.2.15:56602                   pkt_type=HOST func=napi_gro_receive\n");
  EXPECT_EQ(line(record(0, segment("10.0.2.10", 443, "10.0.2.15", 56602, packet::kTcpPush | packet::kTcpAck, 960))),
            "[05:32:58] [0xffff8ab8cf0a5800] [4026531992] 0        3      enp0s3             08:00:27:99:a7:c5  1000   "
            "T_ACK,PSH:10.0.2.10:443->10.0.2.15:56602               pkt_type=HOST func=napi_gro_receive\n");
}

TEST_F(Skbtracer, WithoutALinkHeaderTheAddressIsZero) {
  RecordBuilder builder = record(1, {});
  builder.network_packet(PacketBuilder().ipv4("10.0.2.15", "10.0.2.10").tcp(56602, 443, {}).bytes(), 0x0800);
  EXPECT_NE(line(builder).find(" enp0s3             00:00:00:00:00:00  40     T_"), std::string::npos) << line(builder);
}

TEST_F(Skbtracer, ProtocolsHaveTheirLetters) {
  const auto info = [&](PacketBuilder& packet) {
    const std::string shown = line(record(0, packet.bytes()));
    return shown.substr(106, shown.find(' ', 106) - 106);
  };
  EXPECT_EQ(info(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53)),
            "U:10.0.0.1:4000->10.0.0.2:53");
  EXPECT_EQ(info(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1)),
            "I_request:10.0.0.1->10.0.0.2");
  EXPECT_EQ(info(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(0, 0, 1)), "I_reply:10.0.0.1->10.0.0.2");
  EXPECT_EQ(info(PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(3, 1, 0)), "I:10.0.0.1->10.0.0.2");
  EXPECT_EQ(info(PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").udp(4000, 53)),
            "U:[fd00::1]:4000->[fd00::2]:53");
}

TEST_F(Skbtracer, TheTimestampStandsBehindTheTimeOrInItsPlace) {
  const auto packet = segment("10.0.0.1", 1, "10.0.0.2", 2, packet::kTcpSyn);
  EXPECT_TRUE(line(record(0, packet), {.detail = true}).starts_with("[05:32:58] [19978.123456]       [0xffff"));
  EXPECT_TRUE(
      line(record(0, packet), {.time = TimeStyle::mono, .detail = true}).starts_with("[19978.123456]       [0x"));
  EXPECT_TRUE(line(record(0, packet), {.time = TimeStyle::mono}).starts_with("[0xffff"));
}

TEST_F(Skbtracer, ADropHasItsReasonAndAHookItsVerdict) {
  const auto packet = segment("10.0.0.1", 1, "10.0.0.2", 2, packet::kTcpSyn);
  EXPECT_TRUE(line(record(2, packet).drop(FunctionNames::kIcmpRcv, 2))
                  .ends_with(" pkt_type=HOST func=kfree_skb reason=NO_SOCKET\n"));
  rec_hook forward{};
  forward.family = NFPROTO_IPV4;
  forward.hook = NF_INET_FORWARD;
  forward.known = 1;
  EXPECT_TRUE(line(record(3, packet).hook(forward).returned(1))
                  .ends_with(" func=nf_hook_slow iptables=[pf=PF_INET table=- hook=FORWARD verdict=ACCEPT]\n"));
}

TEST_F(Skbtracer, NamesCannotSteerTheTerminal) {
  EXPECT_NE(line(record(0, segment("10.0.0.1", 1, "10.0.0.2", 2, 0)).device("a\033b", 2)).find(" a?b "),
            std::string::npos);
}

TEST_F(Skbtracer, AtTheEndStandsHowManyThereWere) {
  const auto layout = make_skbtracer_layout({});
  test::shown(*layout, record(0, segment("10.0.0.1", 1, "10.0.0.2", 2, 0)), names);
  event::Gap gap{};
  gap.lost[REC_LOSS_RING] = 5;
  EXPECT_EQ(test::shown(*layout, gap, names), "");
  fmt::memory_buffer out;
  layout->end(out);
  EXPECT_EQ(fmt::to_string(out),
            "Printed 1 events, exiting...\n\n1 event(s) received\n"
            "5 event(s) lost (e.g. small buffer, delays in processing)\n");
}

}  // namespace
}  // namespace skbtrail::output
