// Conditions on recorded events: as live, but where an answer needs what was not kept it is open.
#include "filter/captured.h"

#include <gtest/gtest.h>

#include "filter/expression.h"
#include "sample_records.h"

namespace skbtrail::filter {
namespace {

using test::PacketBuilder;
using test::RecordBuilder;

Truth judge(const std::string& expression, const RecordBuilder& record) {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  PacketFilter filter;
  filter.packet = compile(expression);
  return CapturedConditions(filter, {}, "").judge(*event::Event::decode(bytes, names));
}

Truth judge(const Conditions& conditions, const RecordBuilder& record, const std::string& netns = "") {
  static const test::FakeNames names;
  const auto bytes = record.bytes();
  return CapturedConditions({}, conditions, netns).judge(*event::Event::decode(bytes, names));
}

RecordBuilder syn() {
  return RecordBuilder().packet(test::tcp_syn());
}

TEST(Captured, ExpressionsAreJudgedOnWholePackets) {
  EXPECT_EQ(judge("tcp port 80", syn()), Truth::yes);
  EXPECT_EQ(judge("tcp port 81", syn()), Truth::no);
  EXPECT_EQ(judge("ether[2000] = 1", syn()), Truth::no);  // the packet is not that long
}

TEST(Captured, AByteThatWasNotKeptLeavesTheAnswerOpen) {
  EXPECT_EQ(judge("tcp port 80", syn().snap(30)), Truth::unknown);
  EXPECT_EQ(judge("not tcp port 80", syn().snap(30)), Truth::unknown);
  EXPECT_EQ(judge("udp", syn().snap(30)), Truth::no);
  EXPECT_EQ(judge("tcp", syn().snap(30)), Truth::yes);
}

TEST(Captured, APacketWithoutALinkHeaderIsJudgedBehindAMadeOne) {
  const auto ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(9).bytes();
  for (const uint16_t protocol : {uint16_t{0x0800}, uint16_t{0}}) {
    const auto record = RecordBuilder().network_packet(ip, protocol);
    EXPECT_EQ(judge("udp port 53 and ether proto 0x0800", record), Truth::yes);
    EXPECT_EQ(judge("vlan 100", RecordBuilder(record).vlan(100)), Truth::yes);
    EXPECT_EQ(judge("vlan 100 and udp port 53", RecordBuilder(record).vlan(100)), Truth::yes);
  }
}

TEST(Captured, ATagThatIsInTheSkbAloneCounts) {
  EXPECT_EQ(judge("vlan 100 and tcp port 80", syn().vlan(100)), Truth::yes);
  EXPECT_EQ(judge("vlan 101", syn().vlan(100)), Truth::no);
}

TEST(Captured, InboundAndOutboundAskThePacketsType) {
  constexpr uint8_t kOutgoing = 4;
  EXPECT_EQ(judge("outbound", syn().pkt_type(kOutgoing)), Truth::yes);
  EXPECT_EQ(judge("inbound", syn().pkt_type(kOutgoing)), Truth::no);
  EXPECT_EQ(judge("inbound", syn()), Truth::yes);
}

TEST(Captured, WhatHasNoBytesMatchesNoExpression) {
  EXPECT_EQ(judge("tcp", RecordBuilder()), Truth::no);
  EXPECT_EQ(judge("not tcp", RecordBuilder()), Truth::no);
}

TEST(Captured, NamespacesAreAskedByNumberAndByTheirRecordedName) {
  const auto record = syn().device("veth0", 2, 1);
  EXPECT_EQ(judge(Conditions{}, record, "1"), Truth::yes);
  EXPECT_EQ(judge(Conditions{}, record, "host"), Truth::yes);
  EXPECT_EQ(judge(Conditions{}, record, "blue"), Truth::no);
  EXPECT_EQ(judge(Conditions{}, syn(), "host"), Truth::unknown);
}

TEST(Captured, TasksCountWhileTheyDoItThemselves) {
  Conditions ping;
  ping.set_comm("pi*");
  EXPECT_EQ(judge(ping, syn().task("ping", 1, 1, REC_CONTEXT_PROCESS)), Truth::yes);
  EXPECT_EQ(judge(ping, syn().task("ping", 1, 1, REC_CONTEXT_SOFTIRQ)), Truth::no);
  EXPECT_EQ(judge(ping, syn()), Truth::unknown);
}

// The owner may be another process than the one on the CPU, and the process of a thread may have another name.
TEST(Captured, WhoOwnsASocketIsNotRecorded) {
  Conditions ping;
  ping.set_pid("7");
  ping.set_comm("pi*");
  const auto judged = [&](uint32_t pid, uint32_t tid, const char* comm, uint8_t context) {
    return judge(ping, syn().sk(0xffff888101000000).task(comm, pid, tid, context));
  };
  EXPECT_EQ(judged(7, 7, "ping", REC_CONTEXT_PROCESS), Truth::yes);
  EXPECT_EQ(judged(7, 8, "worker", REC_CONTEXT_PROCESS), Truth::unknown);
  EXPECT_EQ(judged(9, 9, "ping", REC_CONTEXT_PROCESS), Truth::unknown);
  EXPECT_EQ(judged(7, 7, "ping", REC_CONTEXT_SOFTIRQ), Truth::unknown);
  EXPECT_EQ(judge(ping, syn().task("cat", 9, 9, REC_CONTEXT_PROCESS)), Truth::no);
}

TEST(Captured, OfWhatWasRecordedForTheSameOwnerAllIsAskedFor) {
  static const test::FakeNames names;
  Conditions ping;
  ping.set_pid("7");
  const auto bytes = syn().task("swapper/0", 0, 0, REC_CONTEXT_SOFTIRQ).bytes();
  const CapturedConditions conditions({}, ping, "");
  EXPECT_EQ(conditions.judge(*event::Event::decode(bytes, names)), Truth::no);
  EXPECT_EQ(conditions.judge(*event::Event::decode(bytes, names), true), Truth::yes);
}

TEST(Captured, LengthAndMarkHaveToBeKnown) {
  Conditions conditions;
  conditions.set_length("50-60");
  conditions.set_mark("0x20/0xf0");
  EXPECT_EQ(judge(conditions, syn().len(54).mark(0x2a)), Truth::yes);
  EXPECT_EQ(judge(conditions, syn().len(54).mark(0x3a)), Truth::no);
  EXPECT_EQ(judge(conditions, syn().len(54)), Truth::no);
}

}  // namespace
}  // namespace skbtrail::filter
