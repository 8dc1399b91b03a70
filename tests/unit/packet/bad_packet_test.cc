// Packets that contradict themselves, and those that only look as if they did.
#include <gtest/gtest.h>

#include <random>

#include "dissecting.h"
#include "samples.h"

namespace skbtrail::test {
namespace {

using packet::Layer;
using packet::Packet;
using packet::Problem;

constexpr size_t kIp = 14;   // where the IP header begins in a frame
constexpr size_t kTcp = 34;  // and an upper header in IPv4

ByteVector tcp_frame(size_t payload = 0) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 5001).payload(payload).bytes();
}

ByteVector udp_frame(const UdpFields& fields) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 5001, fields).payload(12).bytes();
}

TEST(BadPacket, NoBytesAreNoPacket) {
  const Packet packet = packet::dissect({});
  EXPECT_EQ(packet.fault.problem, Problem::no_bytes);
  EXPECT_EQ(summary(packet), "[no packet bytes]");
  EXPECT_EQ(fault_text(packet), "no packet bytes");
}

TEST(BadPacket, AnIpVersionThatIsNotTheEthernetTypesIsSaid) {
  ByteVector frame = tcp_frame();
  frame[kIp] = 0x65;
  EXPECT_EQ(summary(frame), "IP [bad version 6]");
  frame[12] = 0x86, frame[13] = 0xdd, frame[kIp] = 0x45;
  EXPECT_EQ(summary(frame), "IP6 [bad version 4]");
  EXPECT_EQ(fault_text(packet::dissect(from_link(frame))), "ip6 header of version 4, not 6");
}

TEST(BadPacket, AnIpHeaderTooShortForItselfKeepsItsAddresses) {
  ByteVector frame = tcp_frame();
  frame[kIp] = 0x44;
  EXPECT_EQ(summary(frame), "IP 10.0.0.1 > 10.0.0.2: [bad hdr length 16 - too short, < 20]");
  EXPECT_EQ(fault_text(packet::dissect(from_link(frame))), "ip header length 16 is less than 20");
}

TEST(BadPacket, ABadIpOptionHidesNoPorts) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 39, 4, 0}})
                               .udp(4000, 5001)
                               .payload(12)
                               .bytes();
  const Packet packet = packet::dissect(from_link(frame));
  ASSERT_TRUE(packet.ports);
  EXPECT_EQ(packet.ports->dst, 5001);
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 12 [bad ip option 7, length 39]");
  EXPECT_EQ(fault_text(packet), "ip option 7 cannot have length 39");
}

TEST(BadPacket, ABadIpOptionHidesNoInnerPacket) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 39, 4, 0}})
                               .ipv4("192.0.2.1", "192.0.2.2")
                               .udp(4000, 5001)
                               .bytes();
  const Packet packet = packet::dissect(from_link(frame));
  ASSERT_TRUE(packet.inner);
  EXPECT_EQ(packet.fault.problem, Problem::bad_option);
  EXPECT_EQ(summary(frame),
            "IP 10.0.0.1 > 10.0.0.2: [bad ip option 7, length 39] IP 192.0.2.1.4000 > 192.0.2.2.5001: UDP, length 0");
}

TEST(BadPacket, ABadOptionOfAnExtensionHeaderHidesNoPorts) {
  ByteVector frame = PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").hop_by_hop().udp(4000, 5001).bytes();
  frame[kIp + 40 + 3] = 200;  // the length of its only option
  const Packet packet = packet::dissect(from_link(frame));
  ASSERT_TRUE(packet.ports);
  EXPECT_EQ(packet.ports->dst, 5001);
  EXPECT_EQ(packet.fault.problem, Problem::bad_option);
  EXPECT_EQ(packet.fault.layer, Layer::hop_by_hop);
}

TEST(BadPacket, WhatIsWrongBehindABadOptionIsTold) {
  ByteVector frame =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 39, 4, 0}}).tcp(4000, 5001).bytes();
  frame[kIp + 24 + 12] = 0x40;
  EXPECT_EQ(packet::dissect(from_link(frame)).fault.problem, Problem::bad_header_length);
}

TEST(BadPacket, ATotalLengthShorterThanTheIpHeaderIsSaid) {
  ByteVector frame = tcp_frame();
  set16(frame, kIp + 2, 19);
  EXPECT_EQ(summary(frame), "IP 10.0.0.1 > 10.0.0.2: [bad length 19 < 20]");
}

TEST(BadPacket, BytesThatTheIpHeaderPromisesAndThePacketLacksAreCounted) {
  ByteVector frame = tcp_frame(20);
  set16(frame, kIp + 2, 100);
  const Packet packet = packet::dissect(from_link(frame));
  EXPECT_EQ(packet.ip->missing_len, 40u);
  EXPECT_EQ(summary(packet),
            "IP truncated-ip - 40 bytes missing! 10.0.0.1.4000 > 10.0.0.2.5001: "
            "Flags [S], seq 1:61, win 64240, length 60");
}

TEST(BadPacket, ACutCopyLacksNothing) {
  const ByteVector frame = tcp_frame(200);
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(60);
  EXPECT_EQ(summary(packet::dissect(from)), summary(frame));
}

TEST(BadPacket, PortsAreKnownWhereTheCopyEndsBehindThem) {
  const ByteVector frame = tcp_frame();
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(kTcp + 4);
  const Packet packet = packet::dissect(from);
  EXPECT_EQ(packet.ports, (packet::Ports{4000, 5001}));
  EXPECT_FALSE(packet.tcp);
  EXPECT_EQ(summary(packet), "IP 10.0.0.1.4000 > 10.0.0.2.5001: [|tcp]");
  EXPECT_EQ(fault_text(packet), "copy ends inside the tcp header");
}

TEST(BadPacket, ATcpHeaderLengthOutOfBoundsIsSaid) {
  ByteVector frame = tcp_frame(4);
  frame[kTcp + 12] = 0x40;
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [S] [bad hdr length 16 - too short, < 20]");
  frame[kTcp + 12] = 0xf0;
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [S] [bad hdr length 60 - too long, > 24]");
}

TEST(BadPacket, APacketThatEndsInsideItsTcpHeaderIsShortNotCut) {
  ByteVector frame = tcp_frame();
  set16(frame, kIp + 2, 32);
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.4000 > 10.0.0.2.5001: [short tcp]");
  EXPECT_EQ(fault_text(packet::dissect(from_link(frame))), "packet ends inside the tcp header");
}

TEST(BadPacket, AUdpLengthOutOfBoundsIsSaid) {
  EXPECT_EQ(summary(udp_frame({.length = 7})), "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP [bad length 7 < 8]");
  EXPECT_EQ(summary(udp_frame({.length = 100})), "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP [bad length 100 > 20]");
}

TEST(BadPacket, AnIcmpErrorThatQuotesNoIpPacketSaysSo) {
  const ByteVector frame = PacketBuilder().ethernet().ipv4("10.0.0.2", "10.0.0.1").icmp(3, 3, 0).payload(4).bytes();
  EXPECT_EQ(summary(frame), "IP 10.0.0.2 > 10.0.0.1: ICMP ? port ? unreachable, length 12 [bad quoted version 7]");
  EXPECT_EQ(fault_text(packet::dissect(from_link(frame))), "quoted header of version 7, not 4");
}

TEST(BadPacket, AnIcmpErrorWithoutAQuoteIsShort) {
  const ByteVector frame = PacketBuilder().ethernet().ipv6("::1", "::2").icmp6(1, 0, 0).bytes();
  EXPECT_EQ(summary(frame),
            "IP6 ::1 > ::2: ICMP6, destination unreachable, unreachable route ?, length 8 [short icmp6]");
}

TEST(BadPacket, AnIcmpErrorCutInsideItsQuoteKeepsTheAddress) {
  const ByteVector quoted = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 9).bytes();
  const ByteVector frame =
      PacketBuilder().ethernet().ipv4("10.0.0.2", "10.0.0.1").icmp(3, 3, 0).payload(quoted).bytes();
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(kTcp + 8 + 20);
  EXPECT_EQ(summary(packet::dissect(from)),
            "IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 udp port ? unreachable, length 36 "
            "(for 10.0.0.1 > 10.0.0.2: udp, ip length 28) [|icmp]");
}

TEST(BadPacket, MoreVlanTagsThanAnyoneStacksEndTheWalk) {
  PacketBuilder builder;
  builder.ethernet();
  for (unsigned id = 1; id <= 5; ++id) builder.vlan(id);
  const Packet packet = packet::dissect(from_link(builder.ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes()));
  EXPECT_EQ(packet.vlan_count, 4);
  EXPECT_EQ(packet.fault.problem, Problem::too_deep);
  EXPECT_EQ(summary(packet), "vlan 1, p 0, vlan 2, p 0, vlan 3, p 0, vlan 4, p 0, [more than 4 vlan headers]");
}

TEST(BadPacket, MoreExtensionHeadersThanAnyoneChainsEndTheWalk) {
  PacketBuilder builder;
  builder.ethernet().ipv6("::1", "::2");
  for (int i = 0; i < 9; ++i) builder.destination_options();
  const Packet packet = packet::dissect(from_link(builder.udp(1, 2).bytes()));
  EXPECT_EQ(packet.fault.problem, Problem::too_deep);
  EXPECT_EQ(packet.fault.layer, Layer::dest_options);
  EXPECT_FALSE(packet.ports);
}

TEST(BadPacket, AnExtensionHeaderThatLeavesThePayloadIsShort) {
  ByteVector frame = PacketBuilder().ethernet().ipv6("::1", "::2").hop_by_hop().udp(1, 2).bytes();
  frame[kIp + 41] = 200;
  EXPECT_EQ(summary(frame), "IP6 ::1 > ::2: [short hbh]");
}

TEST(LargePacket, ATotalLengthOfZeroIsThePacketsOwn) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2", {.total_len = 0})
                               .tcp(4000, 5001, {.flags = 0x10})
                               .bytes();
  packet::Bytes from = from_link(frame);
  from.wire_len = 14 + 20 + 20 + 100000;
  EXPECT_EQ(summary(packet::dissect(from)),
            "IP 10.0.0.1.4000 > 10.0.0.2.5001: "
            "Flags [.], seq 1:100001, ack 0, win 64240, length 100000");
  from.wire_len = 0;
  EXPECT_EQ(summary(packet::dissect(from)), "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [.], ack 0, win 64240");
}

TEST(LargePacket, AnIpv6PayloadLengthOfZeroIsThePacketsOwnIfThatIsTooLargeForTheField) {
  const ByteVector frame =
      PacketBuilder().ethernet().ipv6("::1", "::2", {.payload_len = 0}).tcp(4000, 5001, {.flags = 0x10}).bytes();
  packet::Bytes from = from_link(frame);
  from.wire_len = 14 + 40 + 20 + 100000;
  EXPECT_EQ(packet::dissect(from).payload_len, 100000u);
  from.wire_len = 14 + 40 + 20;
  EXPECT_EQ(summary(packet::dissect(from)), "IP6 ::1 > ::2: [short tcp]");
}

TEST(NetworkStart, WithoutAnEthernetTypeTheVersionNibbleTells) {
  const ByteVector v4 = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).bytes();
  const ByteVector v6 = PacketBuilder().ipv6("::1", "::2").udp(1, 2).bytes();
  EXPECT_EQ(summary(packet::dissect(from_network(v4, 0))), "IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 0");
  EXPECT_EQ(summary(packet::dissect(from_network(v6, 0))), "IP6 ::1.1 > ::2.2: UDP, length 0");
  EXPECT_EQ(summary(packet::dissect(from_network({0x70, 0}, 0))), "[bad version 7]");
  EXPECT_EQ(summary(packet::dissect(from_network({}, 0))), "[|network]");
}

TEST(NetworkStart, AnAcceleratedTagIsNoPartOfTheLength) {
  const ByteVector bytes(40);
  packet::Bytes from = from_network(bytes, 0x88e5);
  from.accelerated = packet::VlanTag{0x8100, 10};
  EXPECT_EQ(summary(packet::dissect(from)), "vlan 10, p 0, ethertype 802.1AE MACsec (0x88e5), length 40");
}

TEST(Garbage, NeverCrashesAndAlwaysYieldsALine) {
  std::mt19937 random(7);
  constexpr uint16_t kTypes[] = {0, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88cc, 4};
  for (int i = 0; i < 200000; ++i) {
    ByteVector bytes(random() % 200);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    packet::Bytes from = from_network(bytes, kTypes[random() % std::size(kTypes)]);
    if (random() % 2 == 0) from.start = packet::Start::link;
    from.wire_len = random() % 3 == 0 ? 0 : static_cast<uint32_t>(random() % 300);
    const std::string line = summary(packet::dissect(from));
    ASSERT_FALSE(line.empty());
    ASSERT_LT(line.size(), 600u);
    ASSERT_EQ(line.find('\n'), std::string::npos);
  }
}

TEST(Garbage, SamplesWithAChangedByteNeverCrash) {
  std::mt19937 random(8);
  for (const Sample& sample : samples()) {
    for (size_t at = 12; at < std::min<size_t>(sample.bytes.size(), 100); ++at) {
      ByteVector bytes = sample.bytes;
      for (int value = 0; value < 256; value += 1 + static_cast<int>(random() % 5)) {
        bytes[at] = static_cast<uint8_t>(value);
        ASSERT_FALSE(summary(bytes).empty());
      }
    }
  }
}

}  // namespace
}  // namespace skbtrail::test
