// The builder stands on its own: its packets are judged by the rules of the RFCs, not by our dissector.
#include "packet_builder.h"

#include <gtest/gtest.h>

namespace skbtrail::test {
namespace {

// The upper header and payload of an IP packet of the given header length, with the pseudo header: sums up to
// 0.
uint16_t upper_checksum(const ByteVector& ip, size_t header_len, size_t addresses_at, size_t addresses_len,
                        unsigned protocol) {
  ByteVector summed(ip.begin() + static_cast<long>(addresses_at),
                    ip.begin() + static_cast<long>(addresses_at + addresses_len));
  put32(summed, static_cast<uint32_t>(ip.size() - header_len));
  put32(summed, protocol);
  summed.insert(summed.end(), ip.begin() + static_cast<long>(header_len), ip.end());
  return internet_checksum(summed);
}

TEST(PacketBuilder, TheChecksumIsThatOfTheExampleInRfc1071) {
  EXPECT_EQ(internet_checksum({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), static_cast<uint16_t>(~0xddf2));
}

TEST(PacketBuilder, Ipv4LengthProtocolAndChecksumsAreRight) {
  const ByteVector ip = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80).payload(7).bytes();
  EXPECT_EQ(ip.size(), 47u);
  EXPECT_EQ(ip[2] << 8 | ip[3], 47);
  EXPECT_EQ(ip[9], 6);
  EXPECT_EQ(internet_checksum(ByteVector(ip.begin(), ip.begin() + 20)), 0);
  EXPECT_EQ(upper_checksum(ip, 20, 12, 8, 6), 0);
}

TEST(PacketBuilder, Ipv6ChecksumsCountOnlyWhatIsBehindTheExtensionHeaders) {
  const ByteVector ip =
      PacketBuilder().ipv6("2001:db8::1", "2001:db8::2").hop_by_hop().udp(4000, 53).payload(5).bytes();
  EXPECT_EQ(ip[4] << 8 | ip[5], 21);
  EXPECT_EQ(ip[6], 0);
  EXPECT_EQ(ip[40], 17);
  EXPECT_EQ(upper_checksum(ip, 48, 8, 32, 17), 0);
}

TEST(PacketBuilder, IcmpChecksumsAreRight) {
  const ByteVector v4 = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).payload(9).bytes();
  const ByteVector v6 = PacketBuilder().ipv6("fe80::1", "fe80::2").icmp6(128, 0, 1).payload(9).bytes();
  EXPECT_EQ(internet_checksum(ByteVector(v4.begin() + 20, v4.end())), 0);
  EXPECT_EQ(upper_checksum(v6, 40, 8, 32, 58), 0);
}

TEST(PacketBuilder, LinkHeadersAnnounceWhatFollows) {
  const ByteVector frame = PacketBuilder().ethernet().vlan(5, 3, 0x88a8).vlan(6).ipv6("::1", "::2").bytes();
  EXPECT_EQ(frame[12] << 8 | frame[13], 0x88a8);
  EXPECT_EQ(frame[14] << 8 | frame[15], 5 | 3 << 13);
  EXPECT_EQ(frame[16] << 8 | frame[17], 0x8100);
  EXPECT_EQ(frame[20] << 8 | frame[21], 0x86dd);
}

TEST(PacketBuilder, AnIpHeaderInAnIpHeaderIsATunnel) {
  const ByteVector ip =
      PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").ipv4("192.0.2.1", "192.0.2.2").udp(1, 2).payload(4).bytes();
  EXPECT_EQ(ip[9], 4);
  const ByteVector inner(ip.begin() + 20, ip.end());
  EXPECT_EQ(upper_checksum(inner, 20, 12, 8, 17), 0);
}

TEST(PacketBuilder, AnAddressThatIsNoneIsRefused) {
  EXPECT_THROW(PacketBuilder().ipv4("10.0.0", "10.0.0.2"), std::invalid_argument);
}

}  // namespace
}  // namespace skbtrail::test
