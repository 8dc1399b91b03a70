// Layout `tracepkt`: the lines of the article that showed the original.
#include <gtest/gtest.h>

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
std::string lines(std::initializer_list<RecordBuilder> records) {
  const auto layout = make_tracepkt_layout({});
  std::string all;
  for (const auto& record : records) all += test::shown(*layout, record, kNames);
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
