// Options, names and messages that contradict themselves or are not there in whole.
#include <gtest/gtest.h>

#include "dissecting.h"
#include "packet/texts.h"
#include "upper_samples.h"

namespace skbtrail::test {
namespace {

using packet::Packet;
using packet::Problem;

ByteVector dns_frame(const ByteVector& message) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 53).payload(message).bytes();
}

ByteVector tls_frame(const ByteVector& bytes) {
  return PacketBuilder()
      .ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .tcp(4000, 443, {.ack = 1, .flags = 0x18})
      .payload(bytes)
      .bytes();
}

using Append = void (*)(fmt::memory_buffer&, const packet::Bytes&, const Packet&);
std::string text(Append append, const packet::Bytes& from) {
  fmt::memory_buffer out;
  append(out, from, packet::dissect(from));
  return fmt::to_string(out);
}

TEST(TcpOptions, ThatLeaveTheHeaderAreSaidBehindTheGoodOnes) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2")
                               .tcp(1, 2, {.options = {2, 4, 5, 180, 8, 20, 0, 0}})
                               .bytes();
  EXPECT_EQ(summary(frame),
            "IP 10.0.0.1.1 > 10.0.0.2.2: Flags [S], seq 1, win 64240, options [mss 1460], length 0 "
            "[bad tcp option 8, length 20]");
  EXPECT_EQ(fault_text(from_link(frame)), "tcp option 8 cannot have length 20");
}

TEST(TcpOptions, OfNoLengthEndTheWalk) {
  const ByteVector frame =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2, {.options = {9, 0, 1, 1}}).bytes();
  EXPECT_TRUE(summary(frame).ends_with("[bad tcp option 9, length 0]")) << summary(frame);
}

TEST(IpOptions, ThatLeaveTheHeaderAreSaid) {
  const ByteVector frame =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 9, 4, 0}}).udp(1, 2).bytes();
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 0 [bad ip option 7, length 9]");
}

TEST(IpOptions, AreNamed) {
  const ByteVector v4 = PacketBuilder()
                            .ethernet()
                            .ipv4("10.0.0.1", "10.0.0.2", {.options = {1, 7, 3, 4, 130, 4, 0, 0, 90, 2}})
                            .udp(1, 2)
                            .bytes();
  EXPECT_EQ(text(packet::append_ip_options, from_link(v4)), "NOP,RR,security,unknown-90,EOL");
  const ByteVector v6 =
      PacketBuilder().ethernet().ipv6("::1", "::2", {.next_header = 0}).payload({59, 0, 5, 2, 0, 0, 1, 0}).bytes();
  EXPECT_EQ(text(packet::append_ip_options, from_link(v6)), "RA");
}

TEST(IpOptions, AreNotWhatIsInAnAuthenticationHeader) {
  const ByteVector ah = {17, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 7, 3, 4, 0,
                         0,  0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 8, 0, 0};
  const ByteVector frame =
      PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.protocol = 51}).payload(ah).bytes();
  EXPECT_EQ(text(packet::append_ip_options, from_link(frame)), "");
  const ByteVector both = PacketBuilder()
                              .ethernet()
                              .ipv4("10.0.0.1", "10.0.0.2", {.options = {148, 4, 0, 0}, .protocol = 51})
                              .payload(ah)
                              .bytes();
  EXPECT_EQ(text(packet::append_ip_options, from_link(both)), "RA");
}

TEST(LargePacket, AJumboPayloadOptionTellsTheLength) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv6("::1", "::2", {.next_header = 0, .payload_len = 0})
                               .payload({17, 0, 0xc2, 4, 0, 1, 0x86, 0xa8, 0, 1, 0, 2, 0, 0, 0, 0})
                               .bytes();
  packet::Bytes from = from_link(frame);
  from.wire_len = 0;
  EXPECT_EQ(packet::dissect(from).payload_len, 100008u - 8 - 8);
  from.wire_len = 14 + 40 + 100008;
  EXPECT_EQ(summary(from), "IP6 ::1 > ::2: HBH 1 > 2: UDP, length 99992");
}

TEST(DnsName, AtAPointerThatDoesNotLeadBackIsBad) {
  const ByteVector loop = joined({dns_header(1, 0x0100), dns_question({0xc0, 12}, 1)});
  EXPECT_EQ(summary(dns_frame(loop)), "IP 10.0.0.1.4000 > 10.0.0.2.53: 1+ [bad name]");
  const ByteVector forward = joined({dns_header(1, 0x0100), dns_question({0xc0, 14}, 1), {0}});
  EXPECT_EQ(first_fault(from_link(dns_frame(forward))).problem, Problem::bad_name);
}

TEST(DnsName, LongerThanAnyIsBad) {
  ByteVector name;
  for (int i = 0; i < 4; ++i) put(name, with_length(1, ByteVector(63, 'a')));
  put8(name, 0);
  const ByteVector frame = dns_frame(joined({dns_header(1, 0), dns_question(name, 1)}));
  EXPECT_EQ(fault_text(from_link(frame)), "dns name is none");
}

TEST(DnsName, IsShortenedInTheLineAndWholeInItsField) {
  ByteVector name;
  for (int i = 0; i < 3; ++i) put(name, with_length(1, ByteVector(63, 'a')));
  put8(name, 0);
  const ByteVector frame = dns_frame(joined({dns_header(1, 0), dns_question(name, 1)}));
  EXPECT_NE(summary(frame).find("... ("), std::string::npos) << summary(frame);
  EXPECT_EQ(told("dns_name", from_link(frame)).size(), 3u * 64);
}

TEST(DnsName, CutInsideSaysSo) {
  const ByteVector frame = dns_frame(joined({dns_header(1, 0), dns_question(dns_name("example.org"), 1)}));
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(14 + 20 + 8 + 12 + 5);
  EXPECT_EQ(summary(from), "IP 10.0.0.1.4000 > 10.0.0.2.53: 1 [|dns]");
}

TEST(ClientHello, CutBeforeItsNameSaysSo) {
  const ByteVector frame = tls_frame(client_hello("example.org"));
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(14 + 20 + 20 + 60);
  EXPECT_TRUE(summary(from).ends_with(": TLS 1.2 client hello [|tls]")) << summary(from);
  EXPECT_EQ(fault_text(from), "copy ends inside the tls header");
  EXPECT_EQ(told("tls_sni", from), "");
}

TEST(ClientHello, ThatGoesOnInTheNextSegmentIsNoFault) {
  ByteVector hello = client_hello("example.org");
  hello.resize(60);
  const ByteVector frame = tls_frame(hello);
  EXPECT_FALSE(first_fault(from_link(frame)));
}

TEST(ClientHello, NamesAreEscaped) {
  const ByteVector frame = tls_frame(client_hello("a\nb"));
  EXPECT_EQ(told("tls_sni", from_link(frame)), "a\\010b");
  EXPECT_EQ(told("tls_alpn", from_link(frame)), "h2,http/1.1");
}

TEST(Sctp, AChunkOfNoLengthEndsTheWalk) {
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2", {.protocol = 132})
                               .payload({0, 1, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 11, 0, 0, 4, 0, 0, 0, 3})
                               .bytes();
  EXPECT_EQ(summary(frame), "IP 10.0.0.1.1 > 10.0.0.2.2: sctp (1) [COOKIE ACK] [bad length 3 < 4]");
  EXPECT_EQ(text(packet::append_sctp_chunks, from_link(frame)), "COOKIE ACK");
}

TEST(FirstFragment, IsNotCalledShortBecauseItsMessageGoesOn) {
  const ByteVector sctp = {0, 1, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 7, 0, 1, 0, 2, 0, 0, 0, 46};
  const ByteVector frame =
      PacketBuilder()
          .ethernet()
          .ipv4("10.0.0.1", "10.0.0.2", {.dont_fragment = false, .more_fragments = true, .protocol = 132})
          .payload(sctp)
          .bytes();
  EXPECT_FALSE(first_fault(from_link(frame))) << summary(frame);
  const ByteVector dns = PacketBuilder()
                             .ethernet()
                             .ipv4("10.0.0.1", "10.0.0.2", {.dont_fragment = false, .more_fragments = true})
                             .udp(53, 4000, {.length = 2000})
                             .payload(joined({dns_header(1, 0x8180, {.answers = 9}), dns_question(dns_name("a.b"), 1)}))
                             .bytes();
  EXPECT_FALSE(first_fault(from_link(dns))) << summary(dns);
}

TEST(NeighborDiscovery, AnOptionOfNoLengthIsSaid) {
  const ByteVector frame =
      PacketBuilder().ethernet().ipv6("fe80::1", "ff02::1").icmp6(133, 0, 0).payload({1, 0, 0, 0, 0, 0, 0, 0}).bytes();
  EXPECT_EQ(summary(frame),
            "IP6 fe80::1 > ff02::1: ICMP6, router solicitation, length 16 [bad icmp6 option 1, length 0]");
}

TEST(IcmpError, QuotesAnEchoByItsNumbers) {
  const ByteVector echo = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 7u << 16 | 3).payload(56).bytes();
  const ByteVector frame = PacketBuilder().ethernet().ipv4("10.0.0.2", "10.0.0.1").icmp(11, 0, 0).payload(echo).bytes();
  EXPECT_EQ(summary(frame),
            "IP 10.0.0.2 > 10.0.0.1: ICMP time exceeded in-transit, length 92 "
            "(for 10.0.0.1 > 10.0.0.2: icmp, id 7, seq 3, ip length 84)");
}

TEST(Upper, ExtensionHeadersBehindAnAuthenticationHeaderAreWalked) {
  const auto frame = PacketBuilder()
                         .ethernet()
                         .ipv6("fd00::1", "fd00::2")
                         .hop_by_hop()
                         .authentication()
                         .destination_options()
                         .udp(4000, 53)
                         .bytes();
  const auto packet = packet::dissect(from_link(frame));
  ASSERT_TRUE(packet.ports);
  EXPECT_EQ(packet.ports->dst, 53);
  EXPECT_FALSE(packet.fault);
}

TEST(Upper, AJumboOptionIsFoundBehindOptionsThatAreUnknown) {
  auto bytes = PacketBuilder()
                   .ipv6("fd00::1", "fd00::2", {.payload_len = uint16_t{0}})
                   .extension(0, {59, 1, 0x1e, 4, 1, 2, 3, 4, 0xc2, 4, 0, 1, 0x11, 0x70, 0, 0})
                   .udp(4000, 53)
                   .bytes();
  const auto packet = packet::dissect({bytes, packet::Start::network, 0x86dd, 70040});
  EXPECT_EQ(packet.ip->total_len, 40u + 0x11170u);
  EXPECT_FALSE(packet.fault);
}

}  // namespace
}  // namespace skbtrail::test
