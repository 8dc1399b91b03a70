// What is not what its port says, what contradicts itself, and what of it is not there.
#include <gtest/gtest.h>

#include "dissecting.h"
#include "service_samples.h"

namespace skbtrail::test {
namespace {

using packet::Packet;

ByteVector datagram(unsigned src, unsigned dst, const ByteVector& message) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(src, dst).payload(message).bytes();
}
ByteVector segment(unsigned port, std::string_view text) {
  return PacketBuilder()
      .ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .tcp(4000, port, {.ack = 1, .flags = 0x18})
      .payload(text_bytes(text))
      .bytes();
}

// After the addresses.
std::string said(const packet::Bytes& from) {
  const std::string line = summary(from);
  return line.substr(line.find(": ") + 2);
}
std::string said(const ByteVector& frame) {
  return said(from_link(frame));
}
std::string http_said(const ByteVector& frame) {
  const std::string line = summary(frame);
  const size_t at = line.find(": HTTP: ");
  return at == std::string::npos ? "" : line.substr(at + 8);
}
packet::Bytes cut(const ByteVector& frame, size_t payload) {
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(14 + 20 + 8 + payload);
  return from;
}
TEST(Service, IsNotClaimedForOtherBytesOnItsPort) {
  const ByteVector zeros(300, 0), ones(300, 0xff), letters(300, 'a');
  for (unsigned port : {67u, 68u, 123u, 161u, 162u, 443u, 514u, 546u, 547u}) {
    for (const ByteVector& bytes : {zeros, ones, letters, ByteVector{}}) {
      EXPECT_EQ(said(datagram(4000, port, bytes)), fmt::format("UDP, length {}", bytes.size())) << port;
      EXPECT_EQ(said(datagram(port, 4000, bytes)), fmt::format("UDP, length {}", bytes.size())) << port;
    }
  }
}

TEST(Service, IsNotClaimedOnAnotherPort) {
  for (const ByteVector& message :
       {ntp(3), dhcp({.options = {53, 1, 1, 255}}), snmp(1, snmp_pdu(0xa0)), text_bytes("<27>a")}) {
    EXPECT_EQ(said(datagram(4000, 5000, message)), fmt::format("UDP, length {}", message.size()));
  }
}

TEST(Ntp, OfAnImpossibleStratumOrLengthIsNone) {
  EXPECT_EQ(said(datagram(123, 123, ntp(3, 17))), "UDP, length 48");
  EXPECT_EQ(said(datagram(123, 123, ntp(3, 1, 60))), "UDP, length 48");
  ByteVector message = ntp(3);
  message.pop_back();
  EXPECT_EQ(said(datagram(123, 123, message)), "UDP, length 47");
}

// With the bytes that are copied by default, 160, the options are not there.
TEST(Dhcp, CutBeforeItsOptionsIsNotGivenAType) {
  const ByteVector frame = datagram(67, 68, dhcp({.op = 2, .your = "10.0.0.5", .options = {53, 1, 2, 255}}));
  EXPECT_EQ(said(cut(frame, 118)), "BOOTP/DHCP, Reply, length 244, xid 0x12345678, your 10.0.0.5 [|dhcp]");
  EXPECT_EQ(said(cut(frame, 16)), "BOOTP/DHCP, Reply, length 244, xid 0x12345678 [|dhcp]");
  EXPECT_EQ(fault_text(cut(frame, 118)), "copy ends inside the dhcp header");
}

TEST(Dhcp, OptionsThatLeaveTheMessageAreSaid) {
  EXPECT_EQ(said(datagram(68, 67, dhcp({.options = {53, 1, 3, 50, 9, 1}}))),
            "DHCP Request from 02:00:00:00:00:0a, length 246, xid 0x12345678 [short dhcp]");
}

TEST(Dhcp, ATypeWithoutANameIsANumber) {
  EXPECT_TRUE(said(datagram(68, 67, dhcp({.options = {53, 1, 77, 255}}))).starts_with("DHCP type 77 from "));
}

TEST(Dhcp, OptionsMayGoOnInTheNames) {
  const auto overloaded = [](unsigned where, const ByteVector& server, const ByteVector& file) {
    ByteVector message = dhcp({.op = 2, .options = {52, 1, static_cast<uint8_t>(where), 255}});
    std::copy(server.begin(), server.end(), message.begin() + 44);
    std::copy(file.begin(), file.end(), message.begin() + 108);
    return said(datagram(67, 68, message));
  };
  const ByteVector offer = {53, 1, 2, 255}, ack = {53, 1, 5, 255};
  EXPECT_TRUE(overloaded(1, {}, offer).starts_with("DHCP Offer for "));
  EXPECT_TRUE(overloaded(2, offer, {}).starts_with("DHCP Offer for "));
  EXPECT_TRUE(overloaded(3, ack, offer).starts_with("DHCP Offer for "));
  EXPECT_TRUE(overloaded(1, offer, {}).starts_with("BOOTP/DHCP, Reply"));
  EXPECT_TRUE(overloaded(4, offer, offer).starts_with("BOOTP/DHCP, Reply"));
  EXPECT_TRUE(overloaded(2, {12, 63}, {}).ends_with(" [short dhcp]")) << overloaded(2, {12, 63}, {});
}

TEST(Dhcp, AnOptionOfAnImpossibleLengthIsSaid) {
  for (const ByteVector& option : {ByteVector{53, 0}, {53, 2, 1, 1}, {50, 3, 1, 1, 1}, {52, 2, 1, 1}}) {
    EXPECT_EQ(fault_text(from_link(datagram(68, 67, dhcp({.options = option})))),
              fmt::format("dhcp option {} cannot have length {}", option[0], option[1]));
  }
}

TEST(Dhcp6, LaterTypesOfMessagesAreNamed) {
  const ByteVector option = dhcp6_option(1, {0, 3, 0, 1});
  EXPECT_EQ(said(datagram(546, 547, joined({{14, 0, 0, 9}, option}))), "dhcp6 leasequery, length 12, xid 0x000009");
  EXPECT_EQ(said(datagram(546, 547, joined({{20, 0x80, 0, 0}, option}))), "dhcp6 dhcpv4-query, length 12");
  for (const uint8_t type : ByteVector{0, 16, 22, 24, 38, 255}) {
    EXPECT_EQ(said(datagram(546, 547, joined({{type, 0, 0, 9}, option}))), "UDP, length 12") << int{type};
  }
}

TEST(Dhcp6, AnOptionThatIsTooShortForWhatItHoldsIsSaid) {
  const auto fault_of = [](const ByteVector& option) {
    return fault_text(from_link(datagram(547, 546, joined({{7, 0, 0, 9}, option}))));
  };
  EXPECT_EQ(fault_of(dhcp6_option(3, ByteVector(11, 1))), "dhcp6 option 3 cannot have length 11");
  EXPECT_EQ(fault_of(dhcp6_option(4, joined({ByteVector(4, 1), dhcp6_option(5, ByteVector(15, 1))}))),
            "dhcp6 option 4 cannot have length 23");
  EXPECT_EQ(fault_of(dhcp6_option(25, joined({ByteVector(12, 1), {0, 26, 0, 99}}))),
            "dhcp6 option 25 cannot have length 16");
  EXPECT_EQ(fault_of(dhcp6_option(13, {0})), "dhcp6 option 13 cannot have length 1");
}

TEST(Ntp, APrivateAnswerWithoutDataIsShort) {
  EXPECT_EQ(said(datagram(123, 4000, {0x97, 0, 3, 42, 0x40, 0, 0, 0})), "NTPv2, Reserved, length 8");
  EXPECT_EQ(said(datagram(123, 4000, {0x97, 0, 3, 42, 0x40, 0, 0})), "UDP, length 7");
}

TEST(Snmp, ALengthMayHaveMoreBytesThanItNeeds) {
  const ByteVector inside = joined({ber_number(1), ber(4, text_bytes("s3cret")), snmp_pdu(0xa0)});
  const auto size = static_cast<uint8_t>(inside.size());
  for (const ByteVector& head : {ByteVector{0x30, 0x81, size}, {0x30, 0x82, 0, size}, {0x30, 0x84, 0, 0, 0, size}}) {
    EXPECT_TRUE(said(datagram(4000, 161, joined({head, inside}))).starts_with("SNMPv2c GetRequest, ")) << head.size();
  }
  for (const ByteVector& head : {ByteVector{0x30, 0x80}, {0x30, 0xff}, {0x30, 0x85, 1, 0, 0, 0, size}}) {
    EXPECT_TRUE(said(datagram(4000, 161, joined({head, inside}))).starts_with("UDP, ")) << head.size();
  }
}

TEST(Snmp, WhatIsLongerThanWhatHoldsItIsSaid) {
  ByteVector message = snmp(1, snmp_pdu(0xa0));
  message[1] += 9;
  EXPECT_EQ(said(datagram(4000, 161, message)),
            "SNMPv2c GetRequest, community not shown, 1.3.6.1.2.1.1.1.0, length 40 [short snmp]");
}

TEST(Snmp, ANameOfNumbersThatNoneHasIsSaid) {
  for (const ByteVector& oid : {ByteVector{0x2b, 0x90, 0x80, 0x80, 0x80, 0}, {0x2b, 6, 0x81}}) {
    const ByteVector frame = datagram(4000, 161, snmp(1, snmp_pdu(0xa0, 0, oid)));
    EXPECT_EQ(told("snmp_oid", from_link(frame)), "");
    EXPECT_EQ(fault_text(from_link(frame)), "snmp encoding is none");
  }
  const ByteVector largest = {0x2b, 0x8f, 0xff, 0xff, 0xff, 0x7f};
  EXPECT_EQ(told("snmp_oid", from_link(datagram(4000, 161, snmp(1, snmp_pdu(0xa0, 0, largest))))), "1.3.4294967295");
}

TEST(Snmp, TheCommunityIsNowherePrinted) {
  for (unsigned version : {0u, 1u}) {
    const ByteVector frame = datagram(4000, 161, snmp(version, snmp_pdu(0xa3)));
    for (size_t payload = 0; payload <= frame.size() - 42; ++payload) {
      EXPECT_EQ(said(cut(frame, payload)).find("s3"), std::string::npos) << payload;
    }
  }
}

TEST(Snmp, AnotherTagInItsPlaceIsSaid) {
  const ByteVector pdu = ber(0xa0, joined({ber_number(1), ber(4, {0}), ber_number(0)}));
  EXPECT_EQ(said(datagram(4000, 161, snmp(1, pdu))),
            "SNMPv2c GetRequest, community not shown, length 24 [bad encoding]");
  EXPECT_EQ(fault_text(from_link(datagram(4000, 161, snmp(1, pdu)))), "snmp encoding is none");
}

TEST(Syslog, OfAnImpossiblePriorityIsNone) {
  for (const char* bytes : {"<192>a", "<>a", "<1234>a", "<1", "27>a", "<2a>b"}) {
    EXPECT_TRUE(said(datagram(4000, 514, text_bytes(bytes))).starts_with("UDP, ")) << bytes;
  }
}

TEST(Quic, OnAnyPortMustAgreeWithTheLengthInIt) {
  const ByteVector id = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(said(datagram(4000, 9000, quic_initial(id, 1, 31))), "UDP, length 50");
  EXPECT_EQ(said(datagram(4000, 9000, quic_initial(id, 1, 3))), "UDP, length 50");
  EXPECT_EQ(said(datagram(4000, 9000, quic_initial(id, 2))), "UDP, length 50");
  EXPECT_EQ(said(datagram(4000, 443, quic_initial(id, 2))), "UDP, length 50");
}

TEST(Quic, AShortHeaderIsNotGuessed) {
  EXPECT_EQ(said(datagram(4000, 443, joined({{0x48}, ByteVector(60, 7)}))), "UDP, length 61");
}

TEST(Quic, CutInsideOfAnIdShowsWhatIsWhole) {
  const ByteVector frame = datagram(4000, 443, quic_initial({1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(said(cut(frame, 9)), "quic, initial, v1, length 50 [|quic]");
  EXPECT_EQ(said(cut(frame, 14)), "quic, initial, v1, dcid 0102030405060708, length 50 [|quic]");
}

TEST(Quic, OnItsPortShowsThatItsIdsAreNotThere) {
  ByteVector packet = quic_initial({1, 2, 3, 4, 5, 6, 7, 8});
  packet.resize(16);
  EXPECT_EQ(said(datagram(4000, 443, packet)), "quic, initial, v1, dcid 0102030405060708, length 16 [short quic]");
  EXPECT_EQ(said(datagram(4000, 8443, packet)), "UDP, length 16");
  packet = quic_initial({1, 2, 3, 4, 5, 6, 7, 8});
  packet[14] = 21;
  EXPECT_EQ(fault_text(from_link(datagram(4000, 443, packet))), "quic length 21 is more than 20");
}

TEST(Http, IsNotClaimedForOtherTextOnOtherPorts) {
  for (const char* line : {"GET key\r\n", "GET /x\r\n", "GET / HTTP/2.0\r\n", "OPTIONS rtsp://h/ RTSP/1.0\r\n\r\n",
                           "GETHTTP/1.1\r\n", "hello / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n",
                           "SIP/2.0 200 OK\r\n\r\n", "GET / HTTP/1.1", "GET  HTTP/1.1\r\n"}) {
    EXPECT_EQ(http_said(segment(6379, line)), "") << line;
  }
  for (const char* line : {"HTTP/1.1 99 A\r\n", "HTTP/1.1 099 A\r\n", "HTTP/1.1 2000 A\r\n", "HTTP/2.0 200 A\r\n",
                           "GET key\r\n", "GET", "HTTP/1.1", "PRI * HTTP/2.0\r\n\r\n", "PRI * "}) {
    EXPECT_EQ(http_said(segment(80, line)), "") << line;
  }
}

TEST(Http, AMethodIsAnyWordOfCapitals) {
  for (const std::string method : {"PROPFIND", "M-SEARCH", "BREW", "UPDATEREDIRECTREF"}) {
    const ByteVector frame = segment(6379, method + " /a HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(http_said(frame), method + " /a HTTP/1.1, host h");
    EXPECT_EQ(told("http_method", from_link(frame)), method);
  }
  EXPECT_EQ(http_said(segment(6379, std::string(25, 'A') + " / HTTP/1.1\r\n\r\n")), "");
}

TEST(Http, AnEmptyLineMayStandBeforeARequest) {
  EXPECT_EQ(http_said(segment(6379, "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n")), "GET /a HTTP/1.1, host h");
  EXPECT_EQ(http_said(segment(80, "\r\n\r\nGET /a HTTP/1.1\r\n\r\n")), "");
  EXPECT_EQ(http_said(segment(80, "\r\nHTTP/1.1 200 OK\r\n\r\n")), "");
}

TEST(Http, SpacesAroundAHostDoNotBelongToIt) {
  const ByteVector frame = segment(80, "GET / HTTP/1.1\r\nHost: \t a b \t \r\n\r\n");
  EXPECT_EQ(told("http_host", from_link(frame)), "a b");
}

TEST(Http, AStatusIsThreeDigits) {
  EXPECT_EQ(http_said(segment(80, "HTTP/1.1 999 Request denied\r\n\r\n")), "HTTP/1.1 999 Request denied");
}

TEST(Http, ALongRequestIsKnownByItsPort) {
  const ByteVector frame = segment(80, "GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  packet::Bytes from = from_link(frame);
  from.bytes = from.bytes.first(14 + 20 + 20 + 30);
  EXPECT_TRUE(summary(from).ends_with(": HTTP: GET /" + std::string(25, 'a') + " [|http]")) << summary(from);
  EXPECT_EQ(told("http_path", from), "");
  EXPECT_EQ(told("http_path", from_link(frame)), "/" + std::string(200, 'a'));
  EXPECT_EQ(told("http_host", from_link(frame)), "h");
}

TEST(Http, WhatGoesOnInTheNextSegmentIsNoFault) {
  for (const char* begin :
       {"GET /abc", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\nHost: h", "GET / HTTP/1.1\r\nA: b\r\n"}) {
    EXPECT_FALSE(first_fault(from_link(segment(80, begin)))) << begin;
  }
  EXPECT_EQ(http_said(segment(80, "GET / HTTP/1.1\r\nHost: h")), "GET / HTTP/1.1");
}

TEST(Http, BytesOfOthersAreEscaped) {
  const ByteVector frame = segment(80, "GET /\x1b[2J\\ HTTP/1.1\r\nHost: \x07\r\n\r\n");
  EXPECT_EQ(http_said(frame), "GET /\\027[2J\\092 HTTP/1.1, host \\007");
  EXPECT_EQ(told("http_path", from_link(frame)), "/\\027[2J\\092");
}

TEST(FirstFragment, OfAServiceIsNotCalledShort) {
  ByteVector message = snmp(1, snmp_pdu(0xa0));
  message.resize(24);
  const ByteVector frame = PacketBuilder()
                               .ethernet()
                               .ipv4("10.0.0.1", "10.0.0.2", {.dont_fragment = false, .more_fragments = true})
                               .udp(4000, 161, {.length = 2000})
                               .payload(message)
                               .bytes();
  EXPECT_EQ(said(frame), "SNMPv2c GetRequest, community not shown, length 24");
}

}  // namespace
}  // namespace skbtrail::test
