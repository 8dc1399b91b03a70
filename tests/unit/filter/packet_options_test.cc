// What the short options mean is told by packets: each expression is compiled, and libpcap's interpreter judges which
// of the packets below it shows.
#include "filter/packet_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "filter/expression.h"
#include "sentence.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/unit/packet/packet_builder.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using test::PacketBuilder;
using testing::HasSubstr;
using testing::IsEmpty;
using Names = std::set<std::string>;

constexpr uint16_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32, kEce = 64, kCwr = 128, kAe = 256;
constexpr unsigned kEchoReply = 0, kEcho = 8, kUnreachable = 3, kEcho6 = 128, kEchoReply6 = 129, kSolicitation = 135;

PacketBuilder link() {
  return PacketBuilder().ethernet();
}
PacketBuilder four(const test::Ipv4Fields& fields = {}) {
  return link().ipv4("10.0.0.1", "10.0.0.2", fields);
}
PacketBuilder six(const test::Ipv6Fields& fields = {}) {
  return link().ipv6("fd00::1", "fd00::2", fields);
}
// Ports 4000 and 80 and a rest, for protocols that the builder does not make.
ByteVector ports_and_rest() {
  ByteVector bytes{0x0f, 0xa0, 0, 80};
  bytes.resize(24);
  return bytes;
}
uint32_t echo(uint16_t id) {
  return uint32_t{id} << 16 | 1;
}

const std::vector<std::pair<std::string, ByteVector>>& packets() {
  static const std::vector<std::pair<std::string, ByteVector>> made{
      {"tcp", four().tcp(4000, 80).bytes()},
      {"tcp-back", link().ipv4("10.0.0.2", "10.0.0.1").tcp(80, 4000, {.flags = kSyn | kAck}).bytes()},
      {"tcp-options", four({.options = {7, 7, 4, 0, 0, 0, 0}}).tcp(4000, 80).bytes()},
      {"tcp-22", four().tcp(22, 4001, {.flags = kRst}).bytes()},
      {"tcp-later", four({.fragment_offset = 24, .protocol = uint8_t{6}}).payload(ports_and_rest()).bytes()},
      {"tcp6", six().tcp(4000, 80).bytes()},
      {"tcp6-back", link().ipv6("fd00::2", "fd00::1").tcp(80, 4000, {.flags = kSyn | kAck}).bytes()},
      {"tcp6-fragment", six().fragment(0, true, 7).tcp(4000, 80).bytes()},
      {"tcp6-hop", six().hop_by_hop().tcp(4000, 80).bytes()},
      {"udp", four().udp(4000, 80).bytes()},
      {"udp-53", four().udp(4000, 53).bytes()},
      {"udp6", six().udp(4000, 80).bytes()},
      {"sctp", four({.protocol = uint8_t{132}}).payload(ports_and_rest()).bytes()},
      {"dccp", four({.protocol = uint8_t{33}}).payload(ports_and_rest()).bytes()},
      {"dccp6", six({.next_header = uint8_t{33}}).payload(ports_and_rest()).bytes()},
      {"udplite", four({.options = {1, 1, 1, 1}, .protocol = uint8_t{136}}).payload(ports_and_rest()).bytes()},
      {"dccp-later", four({.fragment_offset = 24, .protocol = uint8_t{33}}).payload(ports_and_rest()).bytes()},
      {"gre", four({.protocol = uint8_t{47}}).payload(ports_and_rest()).bytes()},
      {"ospf6", six({.next_header = uint8_t{89}}).payload(ports_and_rest()).bytes()},
      {"igmp", four({.protocol = uint8_t{2}}).payload(8).bytes()},
      {"echo", four().icmp(kEcho, 0, echo(7)).bytes()},
      {"echo-reply", link().ipv4("10.0.0.2", "10.0.0.1").icmp(kEchoReply, 0, echo(7)).bytes()},
      {"echo-9", four().icmp(kEcho, 0, echo(9)).bytes()},
      {"unreachable", four().icmp(kUnreachable, 3, echo(7)).payload(28).bytes()},
      {"echo6", six().icmp6(kEcho6, 0, echo(7)).bytes()},
      {"echo6-reply", six().icmp6(kEchoReply6, 0, echo(0x1234)).bytes()},
      {"solicitation", six().icmp6(kSolicitation, 0, echo(7)).payload(16).bytes()},
      {"arp", link().arp().bytes()},
      {"lldp",
       PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", uint16_t{0x88cc}).payload(40).bytes()},
      {"vlan-tcp", link().vlan(10).ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80).bytes()},
      {"vlan-udp", link().vlan(10).ipv4("10.0.0.1", "10.0.0.2").udp(4000, 80).bytes()},
  };
  return made;
}

Names shown(const RawPacketOptions& words, std::string_view expression = {}) {
  const ClassicProgram program = compile(parse_packet_options(words).value(), std::string(expression));
  Names names;
  for (const auto& [name, bytes] : packets())
    if (test::libpcap_judges(program, bytes, static_cast<uint32_t>(bytes.size())) != 0) names.insert(name);
  return names;
}

std::string refusal(const RawPacketOptions& words) {
  return test::sentence<std::invalid_argument>([&] { parse_packet_options(words); });
}

Names operator+(Names one, const Names& other) {
  one.insert(other.begin(), other.end());
  return one;
}

const Names kTcpPackets{"tcp",  "tcp-back",  "tcp-options",   "tcp-22",   "tcp-later",
                        "tcp6", "tcp6-back", "tcp6-fragment", "tcp6-hop", "vlan-tcp"};
const Names kIcmpPackets{"echo", "echo-reply", "echo-9", "unreachable"};
const Names kTcp80{"tcp", "tcp-back", "tcp-options", "tcp6", "tcp6-back", "tcp6-fragment", "tcp6-hop", "vlan-tcp"};

TEST(PacketOptions, NothingWrittenIsNoCondition) {
  EXPECT_FALSE(parse_packet_options({}));
}

TEST(PacketOptions, ProtoIsOneOfBothIpVersions) {
  EXPECT_EQ(shown({.proto = "tcp"}), kTcpPackets);
  EXPECT_EQ(shown({.proto = "6"}), kTcpPackets);
  EXPECT_EQ(shown({.proto = "ospf"}), Names{"ospf6"});
  EXPECT_EQ(shown({.proto = "gre"}), Names{"gre"});
  EXPECT_EQ(shown({.proto = "89"}), Names{"ospf6"});
}

TEST(PacketOptions, IcmpAndIgmpAreIpv4s) {
  EXPECT_EQ(shown({.proto = "icmp"}), kIcmpPackets);
  EXPECT_EQ(shown({.proto = "icmp6"}), (Names{"echo6", "echo6-reply", "solicitation"}));
  EXPECT_EQ(shown({.proto = "igmp"}), Names{"igmp"});
}

TEST(PacketOptions, ProtoTakesWhatIsBelowIp) {
  EXPECT_EQ(shown({.proto = "arp"}), Names{"arp"});
  const Names ip6{"tcp6",  "tcp6-back", "tcp6-fragment", "tcp6-hop",    "udp6",
                  "dccp6", "ospf6",     "echo6",         "echo6-reply", "solicitation"};
  EXPECT_EQ(shown({.proto = "ip6"}), ip6);
  EXPECT_EQ(shown({.proto = "ip"}).count("tcp-later"), 1u);
  EXPECT_EQ(shown({.proto = "ip"}).count("arp"), 0u);
}

TEST(PacketOptions, AListOfProtocolsIsAnyOfThem) {
  EXPECT_EQ(shown({.proto = "arp, tcp"}), kTcpPackets + Names{"arp"});
}

TEST(PacketOptions, EveryProtocolNameCompiles) {
  for (const char* name :
       {"ip",  "ip4",  "ipv4",       "ip6",       "ipv6",      "arp",   "rarp",  "icmp",   "igmp",        "ipip",
        "tcp", "udp",  "dccp",       "sit",       "rsvp",      "gre",   "esp",   "ah",     "icmp6",       "icmpv6",
        "pim", "vrrp", "carp",       "sctp",      "ospf",      "eigrp", "l2tp",  "isis",   "ipcomp",      "udplite",
        "0",   "255",  "ipv6-route", "ipv6-frag", "ipv6-icmp", "hip",   "shim6", "hopopt", "ipv6-hopopts"})
    EXPECT_NO_THROW(compile(parse_packet_options({.proto = name}).value())) << name;
}

TEST(PacketOptions, APortAloneIsThatPortAndNothingElse) {
  EXPECT_EQ(shown({.port = "80"}), kTcp80 + (Names{"udp", "udp6", "sctp", "vlan-udp"}));
}

TEST(PacketOptions, PortsHaveSides) {
  EXPECT_EQ(shown({.sport = "80"}), (Names{"tcp-back", "tcp6-back"}));
  EXPECT_EQ(shown({.sport = "4000", .dport = "53"}), Names{"udp-53"});
  EXPECT_EQ(shown({.port = "4001", .sport = "22"}), Names{"tcp-22"});
}

TEST(PacketOptions, PortsAreListsRangesAndServices) {
  EXPECT_EQ(shown({.dport = "53,4001"}), (Names{"udp-53", "tcp-22"}));
  EXPECT_EQ(shown({.port = "20-60"}), (Names{"udp-53", "tcp-22"}));
  EXPECT_EQ(shown({.sport = "0x16"}), Names{"tcp-22"});
  EXPECT_EQ(shown({.dport = "domain,ssh"}), Names{"udp-53"});
  EXPECT_EQ(shown({.dport = "4001-4001,50-60"}), (Names{"udp-53", "tcp-22"}));
}

TEST(PacketOptions, APortConstrainsOnlyTheNamedProtocolsThatHavePorts) {
  EXPECT_EQ(shown({.proto = "icmp,tcp", .port = "80"}), kTcp80 + kIcmpPackets);
  EXPECT_EQ(shown({.proto = "1,6", .port = "80"}), kTcp80 + kIcmpPackets);
  EXPECT_EQ(shown({.proto = "udp,arp,gre", .dport = "53"}), (Names{"udp-53", "arp", "gre"}));
}

TEST(PacketOptions, UnderIpAPortConstrainsAll) {
  const Names over_ip6{"tcp6", "tcp6-back", "tcp6-fragment", "tcp6-hop", "udp6"};
  EXPECT_EQ(shown({.proto = "ip6", .port = "80"}), over_ip6);
  EXPECT_EQ(shown({.proto = "ip6,arp", .port = "80"}), over_ip6 + Names{"arp"});
}

TEST(PacketOptions, DccpAndUdpLiteHavePortsWhenTheyAreNamed) {
  EXPECT_EQ(shown({.proto = "dccp", .port = "80"}), (Names{"dccp", "dccp6"}));
  EXPECT_EQ(shown({.proto = "dccp", .sport = "4000", .dport = "80"}), (Names{"dccp", "dccp6"}));
  EXPECT_THAT(shown({.proto = "dccp", .sport = "80"}), IsEmpty());
  EXPECT_EQ(shown({.proto = "136", .dport = "70-90"}), Names{"udplite"});
  EXPECT_EQ(shown({.proto = "dccp,udplite", .sport = "1,4000"}), (Names{"dccp", "dccp6", "udplite"}));
}

TEST(PacketOptions, AnEchosIdentifierIsThatOfBothVersionsAndBothDirections) {
  EXPECT_EQ(shown({.icmp_id = "7"}), (Names{"echo", "echo-reply", "echo6"}));
  EXPECT_EQ(shown({.icmp_id = "8-9,0x1234"}), (Names{"echo-9", "echo6-reply"}));
  EXPECT_EQ(shown({.proto = "icmp", .icmp_id = "7"}), (Names{"echo", "echo-reply"}));
  EXPECT_EQ(shown({.proto = "58", .icmp_id = "7"}), Names{"echo6"});
  EXPECT_EQ(shown({.proto = "ip6", .icmp_id = "7"}), Names{"echo6"});
}

TEST(PacketOptions, AnEchosIdentifierLeavesOtherNamedProtocolsAlone) {
  EXPECT_EQ(shown({.proto = "icmp,arp", .icmp_id = "9"}), (Names{"echo-9", "arp"}));
  EXPECT_EQ(shown({.proto = "icmp,tcp", .port = "22", .icmp_id = "9"}), (Names{"echo-9", "tcp-22"}));
}

TEST(PacketOptions, TcpFlagsAreSetAndNotSet) {
  EXPECT_EQ(shown({.tcp_flags = "syn,ack"}), (Names{"tcp-back", "tcp6-back"}));
  EXPECT_EQ(shown({.tcp_flags = "syn,!ack"}),
            (Names{"tcp", "tcp-options", "tcp6", "tcp6-fragment", "tcp6-hop", "vlan-tcp"}));
  EXPECT_EQ(shown({.tcp_flags = "rst"}), Names{"tcp-22"});
  EXPECT_EQ(shown({.tcp_flags = "!syn"}), Names{"tcp-22"});
  EXPECT_EQ(shown({.proto = "udp,tcp", .dport = "53", .tcp_flags = "rst"}), Names{"udp-53"});
}

TEST(PacketOptions, EveryTcpFlagIsItsBit) {
  const std::pair<const char*, uint16_t> flags[]{{"fin", kFin}, {"syn", kSyn}, {"rst", kRst},
                                                 {"psh", kPsh}, {"ack", kAck}, {"urg", kUrg},
                                                 {"ece", kEce}, {"cwr", kCwr}, {"ae", kAe}};
  for (const auto& [name, wanted] : flags) {
    const ClassicProgram program = compile(parse_packet_options({.tcp_flags = name}).value());
    for (const auto& [other, bit] : flags)
      for (const ByteVector& bytes :
           {four().tcp(1, 2, {.flags = bit}).bytes(), six().tcp(1, 2, {.flags = bit}).bytes()})
        EXPECT_EQ(test::libpcap_judges(program, bytes, 54) != 0, bit == wanted) << name << " on " << other;
  }
}

TEST(PacketOptions, AddressesHaveSides) {
  EXPECT_EQ(shown({.proto = "tcp", .saddr = "10.0.0.2"}), Names{"tcp-back"});
  EXPECT_EQ(shown({.proto = "tcp", .daddr = "10.0.0.1"}), Names{"tcp-back"});
  EXPECT_EQ(shown({.addr = "10.0.0.2", .port = "22"}), Names{"tcp-22"});
  EXPECT_EQ(shown({.saddr = "fd00::2"}), Names{"tcp6-back"});
}

TEST(PacketOptions, AnIpv4AddressIsFoundInArp) {
  EXPECT_EQ(shown({.addr = "10.0.0.1"}).count("arp"), 1u);
  EXPECT_EQ(shown({.proto = "arp", .saddr = "10.0.0.1"}), Names{"arp"});
  EXPECT_THAT(shown({.proto = "arp", .daddr = "10.0.0.1"}), IsEmpty());
}

TEST(PacketOptions, AddressesArePrefixesAndLists) {
  EXPECT_EQ(shown({.saddr = "10.0.0.2/31", .port = "80"}), Names{"tcp-back"});
  EXPECT_EQ(shown({.saddr = "1.2.3.4, fd00::2/128, 10.0.0.2", .port = "80"}), (Names{"tcp-back", "tcp6-back"}));
  EXPECT_EQ(shown({.proto = "icmp6", .addr = "fd00::/64"}), (Names{"echo6", "echo6-reply", "solicitation"}));
  EXPECT_EQ(shown({.proto = "tcp", .addr = "::/0"}), (Names{"tcp6", "tcp6-back", "tcp6-fragment", "tcp6-hop"}));
  EXPECT_EQ(shown({.proto = "icmp", .saddr = "0.0.0.0/0"}), kIcmpPackets);
}

TEST(PacketOptions, AMappedAddressIsIpv4sInThePacket) {
  EXPECT_EQ(shown({.saddr = "::ffff:10.0.0.2", .port = "80"}), Names{"tcp-back"});
  EXPECT_EQ(shown({.proto = "icmp", .saddr = "::ffff:10.0.0.0/120"}), kIcmpPackets);
}

TEST(PacketOptions, OptionsAndExpressionHoldTogether) {
  EXPECT_EQ(shown({.port = "80"}, "udp or icmp"), (Names{"udp", "udp6"}));
  EXPECT_EQ(shown({.proto = "tcp"}, "not port 80 and not ip6"), (Names{"tcp-22", "tcp-later", "vlan-tcp"}));
}

TEST(PacketOptions, OptionsAreJudgedBehindTheTagThatTheExpressionAsksFor) {
  EXPECT_EQ(shown({.proto = "tcp"}, "vlan 10"), Names{"vlan-tcp"});
  EXPECT_EQ(shown({.port = "80"}, "vlan"), (Names{"vlan-tcp", "vlan-udp"}));
  EXPECT_EQ(shown({.saddr = "10.0.0.1", .tcp_flags = "syn"}, "vlan"), Names{"vlan-tcp"});
}

TEST(PacketOptions, AnExpressionIsCompiledForItself) {
  EXPECT_THROW(shown({.proto = "tcp"}, "udp) or (icmp"), std::invalid_argument);
  EXPECT_THROW(shown({.proto = "tcp"}, "(udp or icmp"), std::invalid_argument);
}

TEST(PacketOptions, WhatIsNoProtocolIsRefused) {
  EXPECT_EQ(refusal({.proto = "tpc"}), "--proto: unknown protocol 'tpc'; did you mean tcp?");
  EXPECT_EQ(refusal({.proto = "tcp,icmpp"}), "--proto: unknown protocol 'icmpp'; did you mean icmp?");
  EXPECT_THAT(refusal({.proto = "bluetooth"}),
              HasSubstr("unknown protocol 'bluetooth'; allowed: a name such as tcp, or a number from 0 to 255"));
  EXPECT_EQ(refusal({.proto = "1234"}),
            "--proto: 1234 is too large for a protocol number, at most 255; did you mean --pid?");
  EXPECT_EQ(refusal({.proto = "256"}),
            "--proto: 256 is too large for a protocol number, at most 255; did you mean --pid?");
  EXPECT_EQ(refusal({.proto = " ,"}), "--proto: the list is empty");
}

TEST(PacketOptions, WhatIsNoPortIsRefused) {
  EXPECT_EQ(refusal({.sport = "70000"}), "--sport: 70000 is too large, at most 65535");
  EXPECT_EQ(refusal({.dport = "90-80"}), "--dport: the range 90-80 ends before it begins");
  EXPECT_EQ(refusal({.port = "80-"}), "--port: '80-' is not a number or a range such as 60-90");
  EXPECT_EQ(refusal({.port = "-5"}), "--port: '-5' is neither a port nor a service of /etc/services");
  EXPECT_EQ(refusal({.port = "htttps"}),
            "--port: 'htttps' is neither a port nor a service of /etc/services; did you mean https?");
  EXPECT_EQ(refusal({.port = ""}), "--port: the list is empty");
  EXPECT_EQ(refusal({.icmp_id = "65536"}), "--icmp-id: 65536 is too large, at most 65535");
  EXPECT_EQ(refusal({.icmp_id = "-5"}), "--icmp-id: '-5' is not a number or a range such as 60-90");
  EXPECT_EQ(refusal({.port = "99999999999999999999"}), "--port: 99999999999999999999 is too large, at most 65535");
  EXPECT_EQ(refusal({.icmp_id = "ssh"}), "--icmp-id: 'ssh' is not a number");
}

TEST(PacketOptions, WhatIsNoAddressIsRefusedWithWhatWouldBe) {
  EXPECT_EQ(refusal({.saddr = "10.0.0.300"}), "--saddr: '10.0.0.300' is not an IPv4 or IPv6 address");
  EXPECT_EQ(
      refusal({.addr = "localhost"}),
      "--addr: 'localhost' is not an IPv4 or IPv6 address; a name is looked up in the expression 'host localhost'");
  EXPECT_EQ(refusal({.saddr = "128"}), "--saddr: '128' is not an IPv4 or IPv6 address; did you mean --snaplen?");
  EXPECT_EQ(refusal({.daddr = "fe80::1%eth0"}),
            "--daddr: 'fe80::1%eth0' is not an IPv4 or IPv6 address; packets have no "
            "scope, '-i eth0' chooses the device");
  EXPECT_EQ(refusal({.addr = "02:00:00:00:00:01"}),
            "--addr: '02:00:00:00:00:01' is not an IPv4 or IPv6 address; a MAC "
            "address is the expression 'ether host 02:00:00:00:00:01'");
  EXPECT_EQ(refusal({.addr = "10.0.0.1:80"}),
            "--addr: '10.0.0.1:80' is not an IPv4 or IPv6 address; a port has its own option, --port");
  EXPECT_EQ(refusal({.saddr = "/8"}), "--saddr: '' is not an IPv4 or IPv6 address");
  EXPECT_EQ(refusal({.saddr = ""}), "--saddr: the list is empty");
}

TEST(PacketOptions, BitsBehindThePrefixAreRefusedWithTheNetwork) {
  EXPECT_EQ(refusal({.saddr = "10.1.2.3/8"}), "--saddr: '10.1.2.3/8' has host bits set; the network is 10.0.0.0/8");
  EXPECT_EQ(refusal({.addr = "10.1.2.3/31"}), "--addr: '10.1.2.3/31' has host bits set; the network is 10.1.2.2/31");
  EXPECT_EQ(refusal({.daddr = "fd00::1/16"}), "--daddr: 'fd00::1/16' has host bits set; the network is fd00::/16");
  EXPECT_EQ(refusal({.daddr = "10.0.0.0/33"}),
            "--daddr: '10.0.0.0/33': the prefix length of an IPv4 address is a number from 0 to 32");
  EXPECT_EQ(refusal({.daddr = "fd00::/x"}),
            "--daddr: 'fd00::/x': the prefix length of an IPv6 address is a number from 0 to 128");
}

TEST(PacketOptions, WhatIsNoFlagIsRefused) {
  EXPECT_EQ(refusal({.tcp_flags = "syn,akc"}), "--tcp-flags: unknown flag 'akc'; did you mean ack?");
  EXPECT_EQ(refusal({.tcp_flags = "sync"}), "--tcp-flags: unknown flag 'sync'; did you mean syn?");
  EXPECT_EQ(refusal({.tcp_flags = "syn,!syn"}), "--tcp-flags: 'syn,!syn' asks for a flag both set and not set");
  EXPECT_EQ(refusal({.tcp_flags = ""}), "--tcp-flags: the list is empty");
}

TEST(PacketOptions, WhatNoNamedProtocolCanAnswerIsRefused) {
  EXPECT_EQ(refusal({.proto = "icmp", .tcp_flags = "syn"}), "--tcp-flags: only TCP has flags, and --proto names icmp");
  EXPECT_EQ(refusal({.proto = "icmp,arp", .port = "80"}),
            "--port: only TCP, UDP, SCTP, DCCP and UDP-Lite have ports, and --proto names icmp, arp");
  EXPECT_EQ(refusal({.proto = "tcp", .icmp_id = "7"}),
            "--icmp-id: only the echoes of ICMP and ICMPv6 have an identifier, and --proto names tcp");
}

TEST(PacketOptions, WhatNoPacketHasBothOfIsRefused) {
  const std::string both =
      "--port and --icmp-id: no packet has both ports and an identifier; --proto with a protocol "
      "for each shows what meets either";
  EXPECT_EQ(refusal({.port = "80", .icmp_id = "7"}), both);
  EXPECT_EQ(refusal({.proto = "ip", .port = "80", .icmp_id = "7"}), both);
}

TEST(PacketOptions, AddressesOfDifferentFamiliesAreRefused) {
  EXPECT_EQ(refusal({.saddr = "10.0.0.1", .daddr = "fd00::1"}),
            "--daddr: the address is IPv6, and that of another option IPv4");
  EXPECT_EQ(refusal({.proto = "icmp", .saddr = "fd00::1"}),
            "--proto: icmp is a protocol of IPv4, and the address is one of IPv6; did you mean icmp6?");
  EXPECT_EQ(refusal({.proto = "icmp6", .addr = "10.0.0.1"}),
            "--proto: icmp6 is a protocol of IPv6, and the address is one of IPv4; did you mean icmp?");
  EXPECT_EQ(refusal({.proto = "arp,ip", .addr = "fd00::1"}),
            "--proto: arp is a protocol of IPv4, and the address is one of IPv6");
  EXPECT_EQ(shown({.proto = "icmp,icmp6", .saddr = "fd00::1"}), (Names{"echo6", "echo6-reply", "solicitation"}));
}

}  // namespace
}  // namespace skbtrail::filter
