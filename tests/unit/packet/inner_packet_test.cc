// Packets in packets that are too many, or contradict themselves.
#include <gtest/gtest.h>

#include "dissecting.h"

namespace skbtrail::test {
namespace {

using packet::Layer;
using packet::Packet;
using packet::Problem;

// `count` IPv4 packets in one another, and an empty UDP datagram in the last.
ByteVector nested(unsigned count) {
  ByteVector bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes();
  while (--count > 0) bytes = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 4}).payload(bytes).bytes();
  return PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x0800).payload(bytes).bytes();
}

ByteVector gre(const ByteVector& behind_ip) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 47}).payload(behind_ip).bytes();
}

std::string tunnels(const ByteVector& frame) {
  fmt::memory_buffer out;
  packet::append_tunnels(out, from_link(frame), packet::dissect(from_link(frame)));
  return fmt::to_string(out);
}

TEST(InnerPacket, AsManyAsAllowedAreWalked) {
  EXPECT_EQ(summary(nested(4)),
            "IP 10.0.0.1 > 10.0.0.2: IP 10.0.0.1 > 10.0.0.2: IP 10.0.0.1 > 10.0.0.2: "
            "IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 0");
  EXPECT_EQ(tunnels(nested(4)), "ipip,ipip,ipip");
}

TEST(InnerPacket, MoreInOneAnotherThanAllowedEndTheWalkAndAreSaid) {
  EXPECT_TRUE(summary(nested(5)).ends_with("[more than 4 packets in one another]")) << summary(nested(5));
  EXPECT_EQ(first_fault(from_link(nested(5))), (packet::Fault{Problem::too_deep, Layer::inner, 5, 4}));
  EXPECT_EQ(fault_text(from_link(nested(5))), "inner packet: more than 4 packets in one another");
}

TEST(InnerPacket, AFaultInItIsSaidToBeThere) {
  ByteVector frame = nested(2);
  frame[14 + 20] = 0x44;
  EXPECT_EQ(summary(frame), "IP 10.0.0.1 > 10.0.0.2: IP 10.0.0.1 > 10.0.0.2: [bad hdr length 16 - too short, < 20]");
  EXPECT_EQ(fault_text(from_link(frame)), "inner packet: ip header length 16 is less than 20");
}

TEST(InnerPacket, ATunnelWithNothingInItIsShort) {
  EXPECT_EQ(summary(gre({0, 0, 8, 0})), "IP 10.0.0.1 > 10.0.0.2: GREv0, length 4: gre-proto-0x800 [short network]");
}

TEST(InnerPacket, TheFieldsOfTheOuterPacketAreItsOwn) {
  const Packet outer = packet::dissect(from_link(gre({0, 0, 8, 0, 0x45})));
  EXPECT_EQ(to_string(outer.ip->src), "10.0.0.1");
  EXPECT_FALSE(outer.fault);
  EXPECT_EQ(outer.payload_len, 1u);
}

TEST(InnerPacket, AGreVersionThatNobodyHasIsSaid) {
  EXPECT_EQ(summary(gre({0, 5, 8, 0})), "IP 10.0.0.1 > 10.0.0.2: [bad version 5]");
  EXPECT_EQ(fault_text(from_link(gre({0, 5, 8, 0}))), "gre header of version 5, not 0");
}

TEST(InnerPacket, ALabelStackWithoutABottomEndsTheWalk) {
  PacketBuilder builder;
  builder.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x8847).payload(ByteVector(28, 0));
  EXPECT_TRUE(summary(builder.bytes()).ends_with("[more than 6 mpls headers]")) << summary(builder.bytes());
}

TEST(InnerPacket, APppoeLengthBeyondTheFrameIsSaid) {
  PacketBuilder builder;
  builder.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x8864).payload({0x11, 0, 0, 17, 0, 9, 0, 0x21});
  EXPECT_EQ(fault_text(from_link(builder.bytes())), "pppoe length 9 is more than 2");
}

TEST(InnerPacket, AnAhLengthThatIsTooShortIsSaid) {
  PacketBuilder builder;
  builder.ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 51}).payload({6, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2});
  EXPECT_EQ(fault_text(from_link(builder.bytes())), "ah header length 8 is less than 12");
}

TEST(InnerPacket, AnLlcLengthBeyondTheFrameIsSaid) {
  PacketBuilder builder;
  builder.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x0030).payload(ByteVector(46, 0));
  EXPECT_EQ(fault_text(from_link(builder.bytes())), "llc length 48 is more than 46");
}

TEST(InnerPacket, AnLldpListThatBeginsWithoutAChassisIsSaid) {
  PacketBuilder builder;
  builder.ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x88cc).payload({4, 2, 7, 'a'});
  EXPECT_EQ(fault_text(from_link(builder.bytes())), "lldp element of type 2, not 1");
}

TEST(InnerPacket, LlcIsReadWhereTheSkbSaysSoInsteadOfALength) {
  const ByteVector bytes = {0x42, 0x42, 3, 0, 0, 0, 0x80};
  EXPECT_EQ(summary(from_network(bytes, 4)), "STP 802.1d, Topology Change, length 4");
}

}  // namespace
}  // namespace skbtrail::test
