// Layout `tracepkt`: the lines of the article that showed the original.
#include <gtest/gtest.h>
#include <netinet/in.h>

// After netinet/in.h, of which it declares a part again otherwise.
#include <linux/netfilter.h>

#include <cstring>

#include "event/result_format.h"
#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using test::FakeNames;
using test::PacketBuilder;
using test::RecordBuilder;

const FakeNames kNames;

std::string line(const RecordBuilder& record) {
  return test::shown(*make_tracepkt_layout({}), record, kNames);
}

RecordBuilder echo(const char* device, unsigned type, const char* src, const char* dst) {
  return RecordBuilder()
      .device(device, 2, 4026531957)
      .packet(PacketBuilder().ethernet().ipv4(src, dst).icmp(type, 0, 17146u << 16 | 1).bytes());
}

TEST(Tracepkt, AnEchoIsTheLineOfTheArticle) {
  EXPECT_EQ(line(echo("docker0", 8, "172.17.0.1", "172.17.0.2")),
            "[  4026531957]          docker0 request #17146.001 172.17.0.1 -> 172.17.0.2\n");
  EXPECT_EQ(line(echo("vetha373ab6", 0, "172.17.0.2", "172.17.0.1")),
            "[  4026531957]      vetha373ab6   reply #17146.001 172.17.0.2 -> 172.17.0.1\n");
}

TEST(Tracepkt, AnIcmpv6EchoReadsTheSame) {
  const auto echo6 = [](unsigned type) {
    return RecordBuilder()
        .device("eth0", 2, 7)
        .packet(PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").icmp6(type, 0, 5u << 16 | 1234).bytes());
  };
  EXPECT_EQ(line(echo6(128)), "[           7]             eth0 request #00005.1234 fd00::1 -> fd00::2\n");
  EXPECT_EQ(line(echo6(129)), "[           7]             eth0   reply #00005.1234 fd00::1 -> fd00::2\n");
}

TEST(Tracepkt, WhatIsNoEchoHasNoLine) {
  EXPECT_EQ(line(echo("eth0", 3, "172.17.0.2", "172.17.0.1")), "");
  EXPECT_EQ(line(RecordBuilder().device("eth0", 2, 7).packet(test::tcp_syn())), "");
  EXPECT_EQ(line(RecordBuilder()), "");
}

// What one layout adds for records that come one after the other, and at the end.
std::string lines(std::initializer_list<RecordBuilder> records, const LayoutChoice& choice = {},
                  const event::Names& names = kNames) {
  const auto layout = make_tracepkt_layout(choice);
  std::string all;
  for (const auto& record : records) all += test::shown(*layout, record, names);
  fmt::memory_buffer end;
  layout->end(end);
  return all + "(end)\n" + fmt::to_string(end);
}

enum At : uint16_t { sent = 2, received = 3 };  // net_dev_queue, and any other

RecordBuilder arp(At probe, uint16_t operation, const char* sender, const char* target) {
  return RecordBuilder()
      .probe(probe)
      .device("veth0", 2, 7)
      .packet(
          PacketBuilder().ethernet().arp({.operation = operation, .sender_ip = sender, .target_ip = target}).bytes());
}

TEST(Tracepkt, QuestionsForAnAddressAreShownWhereTheEchoIsDropped) {
  const auto dropped = echo("veth0", 8, "10.77.0.1", "10.77.0.9").probe(0).drop(FakeNames::kIcmpRcv, 2);
  EXPECT_EQ(lines({arp(sent, 1, "10.77.0.1", "10.77.0.9"), arp(received, 1, "10.77.0.1", "10.77.0.9"), dropped}),
            "[           7]            veth0     arp            who has 10.77.0.9, tell 10.77.0.1\n"
            "[           7]            veth0     arp            who has 10.77.0.9, tell 10.77.0.1\n"
            "[  4026531957]            veth0 dropped #17146.001 10.77.0.1 -> 10.77.0.9, NO_SOCKET at icmp_rcv+0x0\n"
            "(end)\n");
}

TEST(Tracepkt, QuestionsThatWereNotAnsweredAreShownAtTheEnd) {
  EXPECT_EQ(lines({arp(sent, 1, "10.77.0.1", "10.77.0.9")}),
            "(end)\n[           7]            veth0     arp            who has 10.77.0.9, tell 10.77.0.1\n");
}

TEST(Tracepkt, QuestionsOfOthersAndBeforeAnEchoAreNot) {
  EXPECT_EQ(lines({arp(received, 1, "10.77.0.3", "10.77.0.4"), arp(sent, 1, "10.77.0.1", "10.77.0.2"),
                   echo("veth0", 8, "10.77.0.1", "10.77.0.2")}),
            "[  4026531957]            veth0 request #17146.001 10.77.0.1 -> 10.77.0.2\n(end)\n");
}

TEST(Tracepkt, AnAnswerSaysTheAddress) {
  const std::string shown = lines({arp(sent, 1, "10.77.0.1", "10.77.0.9"), arp(received, 2, "10.77.0.9", "10.77.0.1")});
  EXPECT_NE(shown.find("arp            10.77.0.9 is at "), std::string::npos) << shown;
}

// Of --more: numbers from 4 on are functions that decide.
class MoreNames : public FakeNames {
 public:
  std::string_view probe(uint16_t number) const override {
    constexpr std::string_view kProbes[] = {"kfree_skb",  "netif_rx",     "net_dev_queue",    "netif_rx",
                                            "ip_forward", "ip_output",    "ip_local_deliver", "icmp_rcv",
                                            "ip6_input",  "ipt_do_table", "ipt_do_table"};
    return kProbes[number];
  }
  const event::ResultFormat* result(uint16_t) const override { return &verdict_; }

 private:
  event::ResultFormat verdict_{"unsigned int", 4, false, false, {}, event::ResultMeaning::verdict};
};

RecordBuilder asked_in(const RecordBuilder& record, uint8_t hook, uint32_t verdict) {
  rec_hook at{};
  at.known = 1;
  at.family = NFPROTO_IPV4;
  at.hook = hook;
  rec_table table{};
  std::memcpy(table.table, "filter", sizeof("filter"));
  return RecordBuilder(record).probe(9).hook(at).table(table).returned(verdict);
}

TEST(Tracepkt, MoreIsWhatWasDecidedSinceTheLineBefore) {
  const auto request = echo("veth0", 8, "10.77.0.1", "10.78.0.9"), reply = echo("veth1", 0, "10.78.0.9", "10.77.0.1");
  const MoreNames names;
  const auto at = [](const RecordBuilder& record, uint16_t probe) { return RecordBuilder(record).probe(probe); };
  EXPECT_EQ(lines({asked_in(request, NF_INET_LOCAL_OUT, NF_ACCEPT), at(request, 5), at(request, 2), at(request, 3),
                   at(request, 4), asked_in(request, NF_INET_FORWARD, NF_ACCEPT), at(request, 5), at(request, 2),
                   at(request, 6), at(request, 7), at(reply, 2)},
                  {.detail = true}, names),
            "[  4026531957]            veth0 request #17146.001 10.77.0.1 -> 10.78.0.9             iptables filter "
            "OUTPUT: ACCEPT, out\n"
            "[  4026531957]            veth0 request #17146.001 10.77.0.1 -> 10.78.0.9\n"
            "[  4026531957]            veth0 request #17146.001 10.77.0.1 -> 10.78.0.9             forward, iptables "
            "filter FORWARD: ACCEPT\n"
            "[  4026531957]            veth0 arrived #17146.001 10.77.0.1 -> 10.78.0.9             local\n"
            "[  4026531957]            veth1   reply #17146.001 10.78.0.9 -> 10.77.0.1\n"
            "(end)\n");
}

TEST(Tracepkt, MoreHasWhatWasDecidedOfADroppedEcho) {
  const auto request = echo("veth0", 8, "10.77.0.1", "10.78.0.9");
  const auto dropped = RecordBuilder(request).probe(0).drop(FakeNames::kIcmpRcv, 2);
  EXPECT_EQ(lines({RecordBuilder(request).probe(4), asked_in(request, NF_INET_FORWARD, NF_DROP), dropped},
                  {.detail = true}, MoreNames()),
            "[  4026531957]            veth0 dropped #17146.001 10.77.0.1 -> 10.78.0.9             forward, iptables "
            "filter FORWARD: DROP, NO_SOCKET at icmp_rcv+0x0\n(end)\n");
}

TEST(Tracepkt, MoreHasAnsweredQuestionsToo) {
  const std::string shown = lines({arp(sent, 1, "10.77.0.1", "10.77.0.9"), arp(received, 2, "10.77.0.9", "10.77.0.1"),
                                   echo("veth0", 8, "10.77.0.1", "10.77.0.9").probe(2)},
                                  {.detail = true});
  EXPECT_NE(shown.find("who has 10.77.0.9, tell 10.77.0.1\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("10.77.0.9 is at "), std::string::npos) << shown;
  EXPECT_LT(shown.find(" is at "), shown.find(" request ")) << shown;
}

TEST(Tracepkt, WhatIsNotKnownIsAMinus) {
  const auto packet = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1u << 16 | 1).bytes();
  EXPECT_EQ(line(RecordBuilder().packet(packet)),
            "[           -]                - request #00001.001 10.0.0.1 -> 10.0.0.2\n");
}

TEST(Tracepkt, ADevicesNameCannotSteerTheTerminal) {
  EXPECT_NE(line(echo("a\033b", 8, "10.0.0.1", "10.0.0.2")).find(" a?b request"), std::string::npos);
}

TEST(Tracepkt, TheHeaderStandsAboveItsColumns) {
  const std::string head = test::header(*make_tracepkt_layout({}));
  const std::string echoed = line(echo("docker0", 8, "172.17.0.1", "172.17.0.2"));
  EXPECT_EQ(head.find(" TYPE") + 5, echoed.find(" #"));
  EXPECT_EQ(head.find("#ID.SEQ"), echoed.find('#'));
  EXPECT_EQ(head.find("ADDRESSES"), echoed.find("172.17.0.1 ->"));
}

TEST(Tracepkt, ALossIsToldWhereItHappened) {
  event::Gap gap{};
  gap.lost[REC_LOSS_RING] = 5;
  EXPECT_EQ(test::shown(*make_tracepkt_layout({}), gap, kNames), "*** lost on CPU 0: 5 (ring full) ***\n");
}

}  // namespace
}  // namespace skbtrail::output
