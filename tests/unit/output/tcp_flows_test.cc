// Sequence numbers relative to a connection's beginning.
#include "output/tcp_flows.h"

#include <gtest/gtest.h>

#include "output/shown_event.h"

namespace skbtrail::output {
namespace {

using test::PacketBuilder;
using test::RecordBuilder;

constexpr uint8_t kSyn = 2, kRst = 4, kPush = 8, kAck = 16;

class TcpFlowsTest : public testing::Test {
 protected:
  // "seq, ack" of a segment of this end (0, 1), as shown.
  std::string shown(int from, uint32_t seq, uint32_t ack, uint8_t flags) {
    packet::Packet packet;
    packet.ip.emplace();
    packet.ip->src = packet::ipv4_address(from ? 2 : 1);
    packet.ip->dst = packet::ipv4_address(from ? 1 : 2);
    packet.ports = packet::Ports{static_cast<uint16_t>(from ? 80 : 4000), static_cast<uint16_t>(from ? 4000 : 80)};
    packet.tcp.emplace();
    packet.tcp->seq = seq;
    packet.tcp->ack = ack;
    packet.tcp->flags = flags;
    flows.make_relative(packet);
    return fmt::format("{}, {}", packet.tcp->seq, packet.tcp->ack);
  }

  TcpFlows flows;
};

TEST_F(TcpFlowsTest, FromTheHandshakeOnTheFirstByteIsOne) {
  EXPECT_EQ(shown(0, 1000, 0, kSyn), "1000, 0");
  EXPECT_EQ(shown(1, 5000, 1001, kSyn | kAck), "5000, 1001");
  EXPECT_EQ(shown(0, 1001, 5001, kAck), "1, 1");
  EXPECT_EQ(shown(0, 1001, 5001, kPush | kAck), "1, 1");
  EXPECT_EQ(shown(1, 5001, 1006, kAck), "1, 6");
}

TEST_F(TcpFlowsTest, TheSynIsSeenAtLaterPlacesBehindItsAnswer) {
  shown(0, 1000, 0, kSyn);
  shown(1, 5000, 1001, kSyn | kAck);
  EXPECT_EQ(shown(0, 1000, 0, kSyn), "1000, 0");
  EXPECT_EQ(shown(0, 1001, 5001, kAck), "1, 1");
}

TEST_F(TcpFlowsTest, PortsThatAreUsedAgainBeginAnew) {
  shown(0, 1000, 0, kSyn);
  shown(1, 5000, 1001, kSyn | kAck);
  EXPECT_EQ(shown(0, 70000, 0, kSyn), "70000, 0");
  EXPECT_EQ(shown(1, 90000, 70001, kSyn | kAck), "90000, 70001");
  EXPECT_EQ(shown(0, 70001, 90001, kAck), "1, 1");
}

TEST_F(TcpFlowsTest, WithoutAHandshakeTheFirstSegmentIsAsOnTheWireAndWhatItAcknowledgesIsOne) {
  for (int place = 0; place < 3; place++) EXPECT_EQ(shown(0, 1000, 5000, kPush | kAck), "1000, 1");
  EXPECT_EQ(shown(0, 1005, 5000, kPush | kAck), "5, 1");
  EXPECT_EQ(shown(1, 5000, 1010, kAck), "1, 10");
  EXPECT_EQ(shown(1, 5007, 1010, kAck), "8, 10");
  EXPECT_EQ(shown(0, 990, 5000, kPush | kAck), "990, 1") << "before what was seen first";
}

TEST_F(TcpFlowsTest, NumbersWrapAround) {
  shown(0, 0xffffffff, 0, kSyn);
  EXPECT_EQ(shown(0, 5, 0, kRst), "6, 0");
}

TEST_F(TcpFlowsTest, AnotherConnectionHasItsOwn) {
  shown(0, 1000, 0, kSyn);
  packet::Packet other;
  other.ip.emplace();
  other.ports = packet::Ports{1, 2};
  other.tcp.emplace();
  other.tcp->seq = 1234;
  flows.make_relative(other);
  EXPECT_EQ(other.tcp->seq, 1234u);
  EXPECT_EQ(shown(0, 1001, 0, 0), "1, 0");
}

TEST(TcpFlowsInLines, SequenceAcknowledgementAndSackAreRelativeUnlessAsked) {
  const test::FakeNames names;
  const auto segment = [](uint32_t seq, uint32_t ack, uint8_t flags, const test::ByteVector& options) {
    return RecordBuilder().packet(PacketBuilder()
                                      .ethernet()
                                      .ipv4("10.0.0.1", "10.0.0.2")
                                      .tcp(4000, 80, {.seq = seq, .ack = ack, .flags = flags, .options = options})
                                      .bytes());
  };
  const test::ByteVector sack{5, 10, 0, 0, 0x13, 0x93, 0, 0, 0x13, 0x9d, 1, 1};  // 5011 to 5021
  for (const bool absolute : {false, true}) {
    const auto layout = make_line_layout({.fields = test::these_fields("packet"), .absolute_tcp = absolute});
    test::shown(*layout, segment(1000, 0, kSyn, {}), names);
    test::shown(*layout,
                RecordBuilder().packet(PacketBuilder()
                                           .ethernet()
                                           .ipv4("10.0.0.2", "10.0.0.1")
                                           .tcp(80, 4000, {.seq = 5000, .ack = 1001, .flags = kSyn | kAck})
                                           .bytes()),
                names);
    const std::string line = test::shown(*layout, segment(1001, 5001, kAck, sack), names);
    EXPECT_NE(line.find(absolute ? "ack 5001" : "ack 1,"), std::string::npos) << line;
    EXPECT_NE(line.find(absolute ? "{5011:5021}" : "{11:21}"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace skbtrail::output
