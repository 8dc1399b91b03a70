// The expressions that libpcap tests its own filters with (testprogs/TESTrun), on frames of their link types: of a
// capture, each says here what this libpcap says of the same bytes, not optimised. What this libpcap refuses is left
// to us: switch tags are taken out, and the frame is judged as the one without.
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "fake_names.h"
#include "filter/captured.h"
#include "filter/expression.h"
#include "packet/packet_builder.h"
#include "recording/foreign.h"
#include "tests/filter/libpcap_judge.h"

namespace skbtrail::test {
namespace {

using filter::Tribool;

enum : uint16_t {
  kEthernet = 1,
  kSlip = 8,
  kCiscoHdlc = 104,
  kWireless = 105,
  kRadiotap = 127,
  kArcnet = 129,
  kMtp2 = 140,
  kMsTp = 165,
  kPpi = 192,
  kBroadcomTag = 281,
  kDsa = 284
};

Tribool evaluate(uint16_t link_type, const std::string& expression, const ByteVector& frame) {
  static const FakeNames names;
  const recording::ForeignPacket packet{link_type, std::as_bytes(std::span(frame)), frame.size(), 1, 0, false};
  rec_core core{};
  recording::PacketParts parts;
  const bool understood = recording::make_record(packet, core, parts);
  std::vector<std::byte> record(sizeof(core));
  if (!understood) core.wire_len = static_cast<uint32_t>(frame.size());
  std::memcpy(record.data(), &core, sizeof(core));
  for (const auto& part : parts) record.insert(record.end(), part.begin(), part.end());
  filter::PacketFilter filter;
  filter.expression = expression;
  try {
    filter.packet = filter::compile(expression);
  } catch (const std::invalid_argument&) {
    // not for Ethernet
  }
  const filter::CapturedFrame captured{link_type, packet.bytes, static_cast<uint32_t>(frame.size())};
  return filter::CapturedConditions(filter, {}, "").evaluate(*event::Event::decode(record, names), false, &captured);
}

// Frames ---------------------------------------------------------------------------------------------------------

ByteVector joined(ByteVector front, const ByteVector& rest) {
  put(front, rest);
  return front;
}

ByteVector ether(uint16_t type, const ByteVector& payload) {
  return PacketBuilder().ethernet("00:10:18:de:38:1e", "d6:c5:28:21:3e:af", type).payload(payload).bytes();
}

// An 802.3 frame: a length, and what LLC carries.
ByteVector llc(const ByteVector& payload, const std::string& to = "01:80:c2:00:00:00") {
  const auto length = static_cast<uint16_t>(payload.size());
  return PacketBuilder().ethernet("00:10:18:de:38:1e", to, length).payload(payload).payload(60).bytes();
}

ByteVector udp(const std::string& from, const std::string& to, unsigned sport, unsigned dport,
               ByteVector payload = {}) {
  return PacketBuilder().ipv4(from, to).udp(sport, dport).payload(std::move(payload)).bytes();
}

ByteVector tcp(unsigned sport, unsigned dport, uint16_t flags) {
  return PacketBuilder().ipv4("10.80.131.1", "146.190.240.163").tcp(sport, dport, {.flags = flags}).bytes();
}

ByteVector ping(unsigned type) {
  return PacketBuilder().ipv4("192.168.1.1", "192.168.30.1").icmp(type, 0, 0x10001).payload(20).bytes();
}

ByteVector ping6(unsigned type) {
  return PacketBuilder().ipv6("10::1", "10::2").icmp6(type, 0, 0x10001).payload(20).bytes();
}

ByteVector arp(uint16_t operation, const std::string& sender, const std::string& target) {
  return PacketBuilder().arp({.operation = operation, .sender_ip = sender, .target_ip = target}).bytes();
}

// `protocol`: of what follows the IP header.
ByteVector ip_with(uint8_t protocol, const ByteVector& payload) {
  return PacketBuilder().ipv4("10.0.0.1", "10.0.0.2", {.protocol = protocol}).payload(payload).bytes();
}

ByteVector ip6_with(const std::string& from, const std::string& to, uint8_t next, const ByteVector& payload) {
  return PacketBuilder().ipv6(from, to, {.next_header = next}).payload(payload).bytes();
}

// An authentication header or a compressed payload.
ByteVector ah(uint8_t next, const ByteVector& rest) {
  return joined({next, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, rest);
}

ByteVector geneve(uint8_t vni, const ByteVector& inner) {
  return ether(0x0800,
               udp("10.0.0.1", "10.0.0.2", 5000, 6081, joined({0, 0, 0x65, 0x58, 0, 0, vni, 0}, ether(0x0800, inner))));
}

ByteVector vxlan(uint8_t vni, const ByteVector& inner) {
  return ether(0x0800,
               udp("10.0.0.1", "10.0.0.2", 5000, 4789, joined({8, 0, 0, 0, 0, 0, vni, 0}, ether(0x0800, inner))));
}

// To and from 1.1 (area << 10 | node, low byte first), with a short header, and with a padded long one.
std::vector<ByteVector> decnet() {
  ByteVector longer(40, 0);
  longer[2] = 0x81, longer[3] = 0x06;
  longer[3 + 7] = longer[3 + 15] = 1, longer[4 + 7] = longer[4 + 15] = 4;
  return {ether(0x6003, {16, 0, 0x02, 1, 4, 1, 4, 0, 0, 0, 0, 0}), ether(0x6003, longer),
          ether(0x6003, {16, 0, 0x02, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0})};
}

std::vector<ByteVector> ethernet_frames() {
  std::vector<ByteVector> frames = decnet();
  const ByteVector session = joined({0, 0, 0x21}, udp("10.0.0.1", "10.0.0.2", 1, 2));
  frames.push_back(ether(0x9000, ByteVector(46, 0)));
  frames.push_back(ether(0x8863, {0x11, 9, 0, 0, 0, 4, 1, 1, 0, 0}));
  for (const uint8_t id : ByteVector{0x3a, 0x3b}) frames.push_back(ether(0x8864, joined({0x11, 0, 0, id, 0}, session)));
  const ByteVector reports[] = {{0x31, 44, 191, 1, 0, 100, 0xba, 0x5e}, {0x21, 42, 192, 1, 0, 1, 0x53, 0x03}};
  for (const auto& report : reports) {
    frames.push_back(ether(0x0800, ip_with(112, report)));
    frames.push_back(ether(0x86dd, ip6_with("fe80::d6ca:6dff:fe66:cf60", "ff02::12", 112, report)));
  }
  for (const uint16_t type : std::vector<uint16_t>{0x0806, 0x8035}) {
    frames.push_back(ether(type, arp(1, "192.1.2.254", "192.1.2.23")));
    frames.push_back(ether(type, arp(2, "192.1.2.23", "192.1.2.254")));
    frames.push_back(ether(type, arp(3, "0.0.0.0", "0.0.0.0")));
    frames.push_back(ether(type, arp(4, "10.1.1.10", "10.1.1.100")));
  }
  frames.push_back(ether(0x0800, udp("192.1.2.254", "192.1.2.23", 4500, 4500)));
  frames.push_back(ether(0x0800, udp("192.1.2.23", "192.1.2.254", 4500, 4500)));
  frames.push_back(ether(0x0800, udp("0.0.0.0", "192.168.1.4", 68, 67)));
  for (const uint8_t pdu : ByteVector{0x0f, 0x18, 0x19})
    frames.push_back(llc({0xfe, 0xfe, 3, 0x83, 27, 1, 0, pdu, 1, 0}));
  frames.push_back(llc({0xfe, 0xfe, 3, 0x82, 27, 1, 0, 4, 0, 0}));
  for (const uint8_t vni : ByteVector{10, 11}) frames.push_back(geneve(vni, tcp(22, 4000, 0x10)));
  for (const uint8_t vni : ByteVector{100, 102}) frames.push_back(vxlan(vni, ping(8)));
  const ByteVector inner = udp("10.1.0.1", "10.1.0.2", 1, 2), inner6 = ping6(128);
  for (const uint8_t next : ByteVector{1, 4, 17, 108}) {
    frames.push_back(ether(0x0800, ip_with(51, ah(next, inner))));
    frames.push_back(ether(0x0800, ip_with(next, inner)));
  }
  for (const uint8_t next : ByteVector{6, 17, 41, 108}) {
    frames.push_back(ether(0x86dd, ip6_with("10::2", "10::1", 51, ah(next, inner6))));
    frames.push_back(ether(
        0x86dd, ip6_with("10::2", "10::1", 60, joined({0, 0, 1, 4, 0, 0, 0, 0, next, 0, 1, 4, 0, 0, 0, 0}, inner6))));
  }
  frames.push_back(ether(0x86dd, ping6(128)));
  frames.push_back(ether(0x86dd, ping6(129)));
  // Numbered information, receive ready, receive not ready, unnumbered information, SABME, UA, disconnect.
  const ByteVector controls[] = {{0, 0}, {1, 1}, {5, 1}, {3}, {0x7f}, {0x73}, {0x53}};
  for (const auto& control : controls) frames.push_back(llc(joined({0x42, 0x42}, control)));
  return frames;
}

constexpr const char* kEthernetExpressions = R"(
    pppoed; pppoes; pppoes 0x3b; decnet; decnet src 1.1; decnet dst 1.1; decnet src not 1.1;
    decnet dst not 1.1; decnet src 63.1023; decnet dst 63.1023; decnet src not 63.1023; decnet dst not 63.1023;
    vrrp[0] & 0x0f == 0x01; (vrrp[0] & 0xf0) >> 4 == 3; vrrp[2] == 191; carp[6:2] > 0xb000; arp;
    arp host 192.1.2.254; arp src 192.1.2.254; arp src 192.1.2.23; arp dst 192.1.2.254; arp dst 192.1.2.23;
    rarp; rarp host 0.0.0.0; rarp host 10.1.1.100; rarp host 10.1.1.10; rarp src 10.1.1.10;
    rarp dst 10.1.1.100; ip; ip host 192.1.2.23; ip src 192.1.2.254; ip src 0.0.0.0; ip dst 192.1.2.254;
    ip dst 192.168.1.4; ip6; ip6 src fe80::d6ca:6dff:fe66:cf60; ip6 src 10::1; ip6 dst ff02::12; ip6 dst 10::1;
    iso proto \isis; iso proto \esis; csnp; vxlan; vxlan 100; vxlan 101; vxlan and icmp[icmptype] == icmp-echo;
    geneve; geneve 10; geneve 11; geneve and tcp src port 22; ip protochain 17; ip6 protochain 17;
    ip6 protochain 51; ip6 protochain 41; ip6 protochain 108; ip6 protochain 6; ip protochain 51;
    ip protochain 4; ip protochain 108; ip protochain 1; llc; llc i; llc s; llc rr; llc rnr; llc u; llc ui;
    llc sabme; llc ua; ip6[6] == 58; icmp6[icmp6type] == icmp6-echoreply)";

// Signalling: a label of destination and origin (14 bits each) and a link (4), low byte first.
ByteVector signal(uint32_t to, uint32_t from, uint32_t link) {
  const uint32_t label = to | from << 14 | link << 28;
  ByteVector frame{0x80, 0x80, 12, 0x85};
  for (const unsigned shift : {0u, 8u, 16u, 24u}) put8(frame, label >> shift);
  return joined(frame, {0, 0});
}

ByteVector arcnet(uint8_t from, uint8_t to, uint8_t type, const ByteVector& payload) {
  return joined({from, to, 0, 0, type, 0, 0, 1}, payload);
}

std::vector<ByteVector> arcnet_frames() {
  constexpr uint8_t kArp = 213, kIp = 212, kBacnet = 0xcd;
  std::vector<ByteVector> frames{arcnet(0xc0, 0x50, kBacnet, {1, 2, 3, 4}), arcnet(0x50, 0xc0, kBacnet, {1, 2, 3, 4}),
                                 arcnet(0x50, 0xbe, kBacnet, {1, 2, 3, 4})};
  frames.push_back(arcnet(0xbe, 0, kArp, arp(1, "10.80.131.254", "10.80.131.1")));
  frames.push_back(arcnet(0xbe, 0x50, kArp, arp(2, "10.80.131.1", "10.80.131.254")));
  for (const unsigned type : {0u, 8u}) frames.push_back(arcnet(0xbe, 0x50, kIp, ping(type)));
  for (const uint16_t flags : std::vector<uint16_t>{0x02, 0x10})
    frames.push_back(arcnet(0xbe, 0x50, kIp, tcp(1027, 80, flags)));
  frames.push_back(arcnet(0xbe, 0x50, kIp, udp("10.80.131.1", "10.80.3.254", 1024, 53)));
  return frames;
}

// Management, control and data frames of each kind that is asked for, to and from the distribution system.
std::vector<ByteVector> wireless_frames(const ByteVector& front = {}) {
  std::vector<ByteVector> frames;
  for (const uint8_t kind : ByteVector{0x00, 0x10, 0x40, 0x50, 0x80, 0xa0, 0xb0, 0xc0, 0xc4, 0xd4, 0x08, 0x48, 0x88})
    for (const uint8_t way : ByteVector{0, 1, 2})
      frames.push_back(joined(joined(front, {kind, way}), ByteVector(40, 0)));
  return frames;
}

constexpr const char* kWirelessExpressions = R"(
    wlan subtype beacon; wlan subtype probe-req; wlan subtype probe-resp; wlan subtype deauth; wlan type ctl;
    wlan subtype ack; wlan type data; wlan subtype data; wlan subtype null; wlan dir tods; wlan type mgt;
    wlan subtype auth; wlan subtype assoc-req; wlan subtype assoc-resp; wlan subtype disassoc;
    wlan subtype cts; wlan subtype qos-data; wlan dir fromds; wlan dir nods)";

std::vector<ByteVector> radiotap_frames() {
  auto frames = wireless_frames({0, 0, 8, 0, 0, 0, 0, 0});
  ByteVector longer{0, 0, 0x5d, 0, 0, 0, 0, 0};
  longer.resize(0x5d);
  frames.push_back(joined(longer, {0x80, 0}));
  return frames;
}

std::vector<ByteVector> hdlc_frames() {
  std::vector<ByteVector> frames{joined({0x0f, 0, 8, 0}, ping(8))};
  for (const uint8_t protocol : ByteVector{0x82, 0x83})
    for (const uint8_t pdu : ByteVector{0x0f, 0x18, 0x19})
      frames.push_back({0x0f, 0, 0xfe, 0xfe, 3, protocol, 27, pdu, pdu, pdu, 1, 0});
  return frames;
}

ByteVector slip(uint8_t way) {
  return joined(joined({way}, ByteVector(15, 0)), ping(8));
}

struct Row {
  const char* name;
  uint16_t link_type;
  std::vector<ByteVector> frames;
  std::vector<std::string> expressions;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream text(list);
  for (std::string word; std::getline(text >> std::ws, word, ';');) words.push_back(word);
  return words;
}

std::vector<Row> rows() {
  return {
      {"ethernet", kEthernet, ethernet_frames(), split(kEthernetExpressions)},
      {"mtp2",
       kMtp2,
       {signal(1, 2, 9), signal(2, 1, 9), signal(5, 0, 8), signal(1, 5, 9)},
       split("dpc == 1; dpc < 2; dpc == 2; dpc > 2; dpc <= 2; dpc != 0; opc == 2; opc >= 2; opc > 2; opc <= 2; "
             "opc != 0; sls == 9; sls != 9")},
      {"arcnet", kArcnet, arcnet_frames(),
       split("link host $c0; link src host $c0; link dst host $c0; link host not $c0; broadcast; arp; link[4] == 213; "
             "arp[6:2] == 0x0001; arp src host 10.80.131.1; ip; ip[9] == 6; tcp dst port 80; "
             "tcp[tcpflags] & tcp-syn == tcp-syn; icmp[icmptype] == icmp-echo; udp[2:2] == 53")},
      {"bacnet",
       kMsTp,
       {{0x55, 0xff, 7, 0x7e, 0, 0}, {0x55, 0xff, 0xff, 0, 0, 0}},
       split("link host $0; link src host $7e; link dst host $7; link src and dst host $1; link broadcast")},
      {"wireless", kWireless, wireless_frames(), split(kWirelessExpressions)},
      {"radiotap", kRadiotap, radiotap_frames(), split(kWirelessExpressions + std::string("; radio[2] == 0x5d"))},
      {"ppi", kPpi, wireless_frames({0, 0, 8, 0, 105, 0, 0, 0}), split("wlan subtype ack; wlan dir nods")},
      {"slip", kSlip, {slip(0), slip(1), slip(2)}, split("inbound; outbound")},
      {"hdlc", kCiscoHdlc, hdlc_frames(), split("iso proto \\isis; iso proto \\esis; csnp")},
  };
}

TEST(LinkTypes, AnExpressionOfLibpcapsOwnTestsSaysOfACaptureWhatLibpcapSays) {
  size_t expressions = 0, refused = 0, decided = 0;
  for (const auto& row : rows()) {
    for (const auto& expression : row.expressions) {
      SCOPED_TRACE(std::string(row.name) + ": " + expression);
      expressions++;
      const auto measure = LibpcapJudge::compile(expression, int{row.link_type});
      if (!measure) {
        refused++;
        continue;
      }
      size_t matched = 0;
      for (const auto& frame : row.frames) {
        const bool expected = measure->judge(frame, static_cast<uint32_t>(frame.size())) != 0;
        EXPECT_EQ(evaluate(row.link_type, expression, frame), expected ? Tribool::yes : Tribool::no)
            << "frame " << &frame - row.frames.data();
        matched += expected;
      }
      decided += matched > 0 && matched < row.frames.size();
    }
  }
  std::printf("%zu expressions, %zu of them refused by this libpcap, %zu tell frames apart\n", expressions, refused,
              decided);
  EXPECT_GE(expressions, 140u);
  EXPECT_GE(expressions - refused, 120u);
  // libpcap 1.10.3 takes `dpc != 0` and addresses of ARCnet otherwise than they are meant.
  EXPECT_GE(decided + 7, expressions - refused) << "frames for the others are missing";
}

// Switch tags, 4 bytes after the addresses. This libpcap does not look beyond them.
ByteVector tagged(const ByteVector& frame, const ByteVector& tag) {
  ByteVector with = frame;
  with.insert(with.begin() + 12, tag.begin(), tag.end());
  return with;
}

std::vector<ByteVector> frames_of_a_switch() {
  const ByteVector bridge{0x42, 0x42, 3, 0, 0, 0, 0, 0};
  std::vector<ByteVector> frames{
      PacketBuilder().ethernet("02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff").arp({.sender_ip = "192.168.30.1"}).bytes(),
      ether(0x0800, ping(8)), ether(0x0800, ping(0)), ether(0x0800, udp("10.0.0.1", "10.0.0.2", 1, 2)), llc(bridge)};
  for (const uint8_t vlan : ByteVector{5, 8})
    frames.push_back(PacketBuilder()
                         .ethernet("00:10:18:de:38:1e", "01:80:c2:00:00:00", 0x8100)
                         .payload(joined({0, vlan, 0, 8}, bridge))
                         .bytes());
  return frames;
}

TEST(LinkTypes, BehindATagOfASwitchAnExpressionSaysWhatItSaysWithoutTheTag) {
  const auto expressions =
      split(R"(broadcast; link src host 00:10:18:de:38:1e; arp; ip src host 192.168.1.1; ip[6] & 0x40 == 0x40; llc; stp;
    vlan; vlan 8; vlan 8 and llc; vlan 8 and stp; vlan 5; link dst host 01:80:c2:00:00:00; multicast;
    link dst d6:c5:28:21:3e:af; arp src 192.168.30.1; ip; icmp; icmp[icmptype] == icmp-echo)");
  const ByteVector broadcom_to_switch{0x20, 0, 0, 1}, dsa_to_cpu{0, 8, 0, 0};
  for (const auto& expression : expressions) {
    SCOPED_TRACE(expression);
    const auto measure = LibpcapJudge::compile(expression, LinkType::ethernet);
    ASSERT_TRUE(measure);
    size_t matched = 0;
    for (const auto& frame : frames_of_a_switch()) {
      const bool expected = measure->judge(frame, static_cast<uint32_t>(frame.size())) != 0;
      matched += expected;
      for (const auto& [link_type, tag] : {std::pair(kBroadcomTag, broadcom_to_switch), std::pair(kDsa, dsa_to_cpu)}) {
        if (LibpcapJudge::compile(expression, int{link_type})) continue;  // then that is what holds
        EXPECT_EQ(evaluate(link_type, expression, tagged(frame, tag)), expected ? Tribool::yes : Tribool::no)
            << link_type;
      }
    }
    EXPECT_GT(matched, 0u);
  }
}

// By the opcode of a Broadcom tag (upper three bits), and by the mode of a DSA tag (upper two; 3: forwarded).
TEST(LinkTypes, WhichWayAFrameGoesIsInTheTagOfASwitch) {
  const auto frame = ether(0x0800, ping(8));
  const auto way = [&](uint16_t link_type, uint8_t byte) {
    return std::pair(evaluate(link_type, "inbound", tagged(frame, {byte, 0, 0, 0})),
                     evaluate(link_type, "outbound", tagged(frame, {byte, 0, 0, 0})));
  };
  const auto in = std::pair(Tribool::yes, Tribool::no), out = std::pair(Tribool::no, Tribool::yes);
  const auto open = std::pair(Tribool::unknown, Tribool::unknown);
  EXPECT_EQ(way(kBroadcomTag, 0x00), in);
  EXPECT_EQ(way(kBroadcomTag, 0x20), out);
  EXPECT_EQ(way(kDsa, 0x00), in);
  EXPECT_EQ(way(kDsa, 0x40), out);
  EXPECT_EQ(way(kDsa, 0xc0), open);
}

}  // namespace
}  // namespace skbtrail::test
