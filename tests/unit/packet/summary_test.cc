// What holds for every sample packet.
#include <gtest/gtest.h>

#include <set>

#include "dissecting.h"
#include "samples.h"

namespace skbtrail::test {
namespace {

using packet::Packet;
using packet::Problem;

// As if the bytes began elsewhere.
void move_positions(Packet& packet, int by) {
  const auto move = [by](uint32_t& offset) { offset = static_cast<uint32_t>(static_cast<int>(offset) + by); };
  if (packet.inner) move(packet.inner->offset);
  if (auto* lldp = std::get_if<packet::Lldp>(&packet.carried)) {
    move(lldp->chassis.begin);
    move(lldp->port.begin);
    if (lldp->name) move(lldp->name->begin);
  }
}

class EverySample : public testing::TestWithParam<Sample> {};
INSTANTIATE_TEST_SUITE_P(Packet, EverySample, testing::ValuesIn(samples()),
                         [](const auto& sample) { return sample.param.name; });

TEST_P(EverySample, YieldsItsLine) {
  const Sample& sample = GetParam();
  EXPECT_EQ(summary(sample.bytes), sample.vlans + sample.line + sample.beyond_tcpdump);
  EXPECT_EQ(first_fault(from_link(sample.bytes)), packet::Fault{});
}

// What is recognized by its bytes alone is no fault while they are not there.
bool is_not_recognized_yet(const Packet& packet, const Packet& complete) {
  const std::set<std::string_view> by_bytes = {"dhcp", "dhcp6", "http", "ntp", "quic", "snmp", "syslog", "tls"};
  return !packet.message && complete.message && by_bytes.contains(complete.message.protocol()->name);
}

// Each prefix is copied to a block of its own size, so that the sanitizers see a byte read too far.
TEST_P(EverySample, CutAnywhereSaysSoOrIsComplete) {
  const ByteVector& whole = GetParam().bytes;
  const Packet complete = packet::dissect(from_link(whole));
  bool cut = true;
  for (size_t len = 0; len <= whole.size(); ++len) {
    const ByteVector prefix(whole.begin(), whole.begin() + static_cast<long>(len));
    packet::Bytes from = from_link(prefix);
    from.wire_len = static_cast<uint32_t>(whole.size());
    if (const packet::Fault fault = first_fault(from)) {
      EXPECT_TRUE(cut) << "complete with " << len - 1 << " bytes, but not with " << len;
      EXPECT_EQ(fault.problem, Problem::cut) << len;
      EXPECT_NE(fault.layer, packet::Layer::none) << len;
      const std::string marker = fmt::format("[|{}]", packet::layer_name(fault.layer));
      EXPECT_TRUE(summary(from).ends_with(marker)) << len << ": " << summary(from);
    } else if (is_not_recognized_yet(packet::dissect(from), complete)) {
      EXPECT_TRUE(cut) << len;
    } else {
      EXPECT_EQ(packet::dissect(from), complete) << len;
      EXPECT_EQ(summary(from), summary(whole)) << len;
      cut = false;
    }
  }
  EXPECT_FALSE(cut);
}

TEST_P(EverySample, CutAnywhereTellsNothingThatTheWholePacketDenies) {
  const ByteVector& whole = GetParam().bytes;
  const Packet complete = packet::dissect(from_link(whole));
  for (size_t len = 0; len <= whole.size(); ++len) {
    packet::Bytes from = from_link(whole);
    from.bytes = from.bytes.first(len);
    const Packet packet = packet::dissect(from);
    EXPECT_TRUE(!packet.ethernet || packet.ethernet == complete.ethernet) << len;
    EXPECT_TRUE(!packet.ethertype || packet.ethertype == complete.ethertype) << len;
    EXPECT_TRUE(!packet.ip || (packet.ip->src == complete.ip->src && packet.ip->dst == complete.ip->dst)) << len;
    EXPECT_TRUE(!packet.ports || packet.ports == complete.ports) << len;
    EXPECT_TRUE(!packet.tcp || packet.tcp == complete.tcp) << len;
    EXPECT_TRUE(!packet.udp || packet.udp == complete.udp) << len;
    EXPECT_TRUE(!packet.icmp || packet.icmp->rest == complete.icmp->rest) << len;
  }
}

TEST_P(EverySample, EndingAnywhereOnTheWireIsNotCalledCut) {
  const ByteVector& whole = GetParam().bytes;
  for (size_t len = 1; len <= whole.size(); ++len) {
    const ByteVector frame(whole.begin(), whole.begin() + static_cast<long>(len));
    EXPECT_NE(first_fault(from_link(frame)).problem, Problem::cut) << len << ": " << summary(frame);
  }
}

TEST_P(EverySample, OfUnknownLengthYieldsTheSameHeaders) {
  packet::Bytes from = from_link(GetParam().bytes);
  const Packet known = packet::dissect(from);
  from.wire_len = 0;
  const Packet unknown = packet::dissect(from);
  EXPECT_EQ(unknown.ip, known.ip);
  EXPECT_EQ(unknown.tcp, known.tcp);
  EXPECT_EQ(unknown.udp, known.udp);
  EXPECT_EQ(unknown.icmp, known.icmp);
  EXPECT_EQ(unknown.arp, known.arp);
  EXPECT_EQ(unknown.fault, known.fault);
}

TEST_P(EverySample, HasTheSamePacketWithItsOuterVlanTagInTheBytesAsAccelerated) {
  const Sample& sample = GetParam();
  ByteVector tagged = sample.bytes;
  const ByteVector tag = {0x81, 0x00, 0xa0, 0x2a};
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  packet::Bytes from = from_link(sample.bytes);
  from.accelerated = packet::VlanTag{0x8100, 0xa02a};
  Packet in_bytes = packet::dissect(from_link(tagged));
  move_positions(in_bytes, -4);
  EXPECT_EQ(packet::dissect(from), in_bytes);
  EXPECT_EQ(summary(from), summary(tagged));
  EXPECT_TRUE(summary(from).starts_with("vlan 42, p 5, "));
}

TEST_P(EverySample, FromTheNetworkHeaderIsTheSameButForTheLinkPart) {
  const ByteVector& frame = GetParam().bytes;
  const ByteVector behind(frame.begin() + 14, frame.end());
  const uint16_t ethertype = static_cast<uint16_t>(frame[12] << 8 | frame[13]);
  if (ethertype <= packet::kMaxEtherLength) GTEST_SKIP() << "skb->protocol is no length";
  Packet expected = packet::dissect(from_link(frame));
  expected.ethernet.reset();
  expected.frame_len = static_cast<uint32_t>(behind.size());
  move_positions(expected, -14);
  EXPECT_EQ(packet::dissect(from_network(behind, ethertype)), expected);
}

}  // namespace
}  // namespace skbtrail::test
