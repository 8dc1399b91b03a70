#include "samples.h"

#include "tunnel_samples.h"
#include "upper_samples.h"

namespace skbtrail::test {
namespace {

constexpr const char* kA = "10.0.0.1";
constexpr const char* kB = "10.0.0.2";
constexpr const char* kA6 = "2001:db8::1";
constexpr const char* kB6 = "2001:db8::2";

// SYN options as Linux sends them: MSS, SACK permitted, time stamps, window scale.
const ByteVector kSynOptions = {2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7};

PacketBuilder v4(const Ipv4Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv4(kA, kB, fields);
}
PacketBuilder v6(const Ipv6Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv6(kA6, kB6, fields);
}

PacketBuilder icmp4_error(unsigned type, unsigned code, uint32_t rest, const ByteVector& quoted) {
  return PacketBuilder().ethernet().ipv4(kB, kA).icmp(type, code, rest).payload(quoted);
}

PacketBuilder icmp6_error(unsigned type, unsigned code, uint32_t rest, const ByteVector& quoted) {
  return PacketBuilder().ethernet().ipv6(kB6, kA6).icmp6(type, code, rest).payload(quoted);
}

void add_link(std::vector<Sample>& to) {
  const PacketBuilder syn_in_vlan =
      PacketBuilder().ethernet().vlan(10).ipv4(kA, kB).tcp(4000, 80, {.options = kSynOptions});
  to.push_back({"vlan", syn_in_vlan.bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, "
                "options [mss 1460,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0",
                "vlan 10, p 0, "});
  to.push_back({"stacked_vlans",
                PacketBuilder()
                    .ethernet()
                    .vlan(100, 5, 0x88a8)
                    .vlan(20, 1, 0x8100, true)
                    .ipv6(kA6, kB6)
                    .udp(4000, 5001)
                    .payload(12)
                    .bytes(),
                "IP6 2001:db8::1.4000 > 2001:db8::2.5001: UDP, length 12", "vlan 100, p 5, vlan 20, p 1, DEI, "});
  to.push_back({"unknown_ethertype",
                PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x1234).payload(46).bytes(),
                "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x1234), length 60", "",
                "tcpdump ends such lines in a colon: a dump of the bytes follows"});
}

void add_arp(std::vector<Sample>& to) {
  to.push_back({"arp_request", PacketBuilder().ethernet().arp().bytes(),
                "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"});
  to.push_back({"arp_padded_request",
                PacketBuilder().ethernet().arp({.target_mac = "02:00:00:00:00:02"}).payload(18).bytes(),
                "ARP, Request who-has 10.0.0.2 (02:00:00:00:00:02) tell 10.0.0.1, length 46"});
  to.push_back({"arp_reply",
                PacketBuilder()
                    .ethernet()
                    .vlan(7)
                    .arp({.operation = 2,
                          .sender_mac = "02:00:00:00:00:02",
                          .sender_ip = "10.0.0.2",
                          .target_mac = "02:00:00:00:00:01",
                          .target_ip = "10.0.0.1"})
                    .bytes(),
                "ARP, Reply 10.0.0.2 is-at 02:00:00:00:00:02, length 28", "vlan 7, p 0, "});
  ByteVector infiniband = {0, 32, 8, 0, 20, 4, 0, 1};
  infiniband.resize(8 + 2 * 24);
  to.push_back({"arp_infiniband",
                PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x0806).payload(infiniband).bytes(),
                "ARP, InfiniBand (len 20), IPv4 (len 4), length 56", "",
                "tcpdump prints hardware addresses of any length, we only those of Ethernet"});
}

void add_tcp(std::vector<Sample>& to) {
  to.push_back({"tcp_syn", v4().tcp(4000, 80, {.options = kSynOptions}).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, "
                "options [mss 1460,sackOK,TS val 9 ecr 0,nop,wscale 7], length 0"});
  to.push_back({"tcp_syn_ack", v4().tcp(80, 4000, {.seq = 4294967295u, .ack = 2, .flags = 0x12}).bytes(),
                "IP 10.0.0.1.80 > 10.0.0.2.4000: Flags [S.], seq 4294967295, ack 2, win 64240, length 0"});
  to.push_back({"tcp_ack", v4().tcp(4000, 80, {.ack = 7, .flags = 0x10, .window = 502}).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [.], ack 7, win 502, length 0"});
  to.push_back({"tcp_data", v4().tcp(4000, 5001, {.seq = 4294967290u, .ack = 7, .flags = 0x18}).payload(10).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [P.], seq 4294967290:4, ack 7, win 64240, length 10"});
  to.push_back({"tcp_all_flags", v6().tcp(4000, 5001, {.flags = 0xff, .urgent = 3}).bytes(),
                "IP6 2001:db8::1.4000 > 2001:db8::2.5001: Flags [FSRP.UEW], seq 1, ack 0, win 64240, urg 3, "
                "length 0"});
  to.push_back({"tcp_no_flags", v4().tcp(4000, 5001, {.flags = 0}).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [none], win 64240, length 0"});
  to.push_back({"tcp_rst_padded", v4().tcp(4000, 5001, {.flags = 0x04, .window = 0}).payload(0).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: Flags [R], seq 1, win 0, length 0"});
  to.back().bytes.resize(60);  // the frame's padding is no payload
}

void add_udp(std::vector<Sample>& to) {
  to.push_back({"udp", v4().udp(4000, 5001).payload(12).bytes(), "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 12"});
  to.push_back({"udp_to_dns", v4().udp(4000, 53).payload(12).bytes(), "IP 10.0.0.1.4000 > 10.0.0.2.53: UDP, length 12",
                "", "tcpdump takes it for DNS: these are no counts that a message has"});
  to.push_back({"udp_empty", v6().udp(4000, 5001).bytes(), "IP6 2001:db8::1.4000 > 2001:db8::2.5001: UDP, length 0"});
  to.push_back({"ipv4_options", v4({.options = {0x94, 4, 0, 0}}).udp(4000, 5001).payload(3).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 3"});
}

void add_fragments(std::vector<Sample>& to) {
  to.push_back(
      {"first_fragment",
       v4({.dont_fragment = false, .more_fragments = true}).udp(4000, 5001, {.length = 2008}).payload(1472).bytes(),
       "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 2000"});
  to.push_back({"later_fragment",
                v4({.dont_fragment = false, .fragment_offset = 1480, .protocol = 17}).payload(528).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: udp frag (1480|528) id 1", "",
                "tcpdump names only the protocol: this says which part of which packet it is, as with IPv6"});
  to.push_back({"first_fragment_v6", v6().fragment(0, true, 77).udp(4000, 5001, {.length = 2008}).payload(1440).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: frag (0|1448) 4000 > 5001: UDP, length 2000"});
  to.push_back({"later_fragment_v6", v6().fragment(1448, false, 77, 17).payload(560).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: frag (1448|560)"});
}

void add_extensions(std::vector<Sample>& to) {
  to.push_back({"hop_by_hop", v6().hop_by_hop().tcp(4000, 5001, {.ack = 5, .flags = 0x11}).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: HBH 4000 > 5001: Flags [F.], seq 1, ack 5, win 64240, length 0"});
  to.push_back({"two_extensions", v6().hop_by_hop(16).destination_options(24).udp(4000, 5001).payload(4).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: HBH DSTOPT 4000 > 5001: UDP, length 4"});
  to.push_back({"routing", v6().routing(2, 1, {"2001:db8::9"}).udp(4000, 5001).payload(4).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: RT6 (len=2, type=2, segleft=1) 4000 > 5001: UDP, length 4", "",
                "tcpdump lists the addresses of the routing header"});
  to.push_back({"no_next_header", v6({.next_header = 59}).bytes(), "IP6 2001:db8::1 > 2001:db8::2: no next header"});
  to.push_back({"protocol_without_decoder", v4({.protocol = 253}).payload(24).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: ip-proto-253 24", "", "tcpdump writes two blanks before ip-proto"});
  to.push_back({"ospf", v4({.protocol = 89}).payload(24).bytes(), "IP 10.0.0.1 > 10.0.0.2: ospf, length 24", "",
                "tcpdump decodes OSPF"});
}

void add_icmp(std::vector<Sample>& to) {
  const ByteVector udp = PacketBuilder().ipv4(kA, kB).udp(4000, 9).payload(12).bytes();
  const ByteVector tcp = PacketBuilder().ipv4(kA, kB, {.options = {1, 1, 1, 0}}).tcp(4000, 80).bytes();
  const ByteVector gre = PacketBuilder().ipv4(kA, kB, {.protocol = 47}).payload(8).bytes();
  to.push_back({"ping", v4().icmp(8, 0, 7u << 16 | 1).payload(56).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64"});
  to.push_back({"pong", v4().icmp(0, 0, 7u << 16 | 65535).payload(56).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 7, seq 65535, length 64"});
  const std::vector<std::pair<unsigned, std::string>> codes = {
      {0, "net 10.0.0.2 unreachable"},
      {1, "host 10.0.0.2 unreachable"},
      {2, "10.0.0.2 protocol 17 unreachable"},
      {3, "10.0.0.2 udp port 9 unreachable"},
      {4, "10.0.0.2 unreachable - need to frag"},
      {5, "10.0.0.2 unreachable - source route failed"},
      {6, "net 10.0.0.2 unreachable - unknown"},
      {7, "host 10.0.0.2 unreachable - unknown"},
      {8, "10.0.0.2 unreachable - source host isolated"},
      {9, "net 10.0.0.2 unreachable - admin prohibited"},
      {10, "host 10.0.0.2 unreachable - admin prohibited"},
      {11, "net 10.0.0.2 unreachable - tos prohibited"},
      {12, "host 10.0.0.2 unreachable - tos prohibited"},
      {13, "host 10.0.0.2 unreachable - admin prohibited filter"},
      {14, "host 10.0.0.2 unreachable - host precedence violation"},
      {15, "host 10.0.0.2 unreachable - precedence cutoff"},
      {16, "10.0.0.2 unreachable - #16"}};
  for (const auto& [code, text] : codes) {
    to.push_back({"unreachable_code_" + std::to_string(code), icmp4_error(3, code, 0, udp).bytes(),
                  "IP 10.0.0.2 > 10.0.0.1: ICMP " + text + ", length 48"});
  }
  to.push_back({"tcp_port_unreachable", icmp4_error(3, 3, 0, tcp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 tcp port 80 unreachable, length 52"});
  to.push_back({"mtu", icmp4_error(3, 4, 1400, tcp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 52"});
  to.push_back({"gre_unreachable", icmp4_error(3, 2, 0, gre).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 protocol 47 unreachable, length 36"});
  to.push_back({"time_exceeded", icmp4_error(11, 0, 0, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP time exceeded in-transit, length 48"});
  to.push_back({"reassembly_timeout", icmp4_error(11, 1, 0, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP ip reassembly time exceeded, length 48"});
  to.push_back({"redirect", icmp4_error(5, 1, 0x0a0000fe, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP redirect 10.0.0.2 to host 10.0.0.254, length 48"});
  to.push_back({"redirect_tos", icmp4_error(5, 2, 0x0a0000fe, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP redirect-tos 10.0.0.2 to net 10.0.0.254, length 48"});
  to.push_back({"redirect_unknown", icmp4_error(5, 9, 0x0a0000fe, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP redirect-#9 10.0.0.2 to 10.0.0.254, length 48"});
  to.push_back({"parameter_problem", icmp4_error(12, 0, 20u << 24, udp).bytes(),
                "IP 10.0.0.2 > 10.0.0.1: ICMP parameter problem - octet 20, length 48"});
  to.push_back(
      {"source_quench", icmp4_error(4, 0, 0, udp).bytes(), "IP 10.0.0.2 > 10.0.0.1: ICMP source quench, length 48"});
  to.push_back({"timestamp", v4().icmp(13, 0, 7u << 16 | 2).payload(12).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: ICMP time stamp query id 7 seq 2, length 20"});
  to.push_back({"icmp_unknown", v4().icmp(77, 0, 0).bytes(), "IP 10.0.0.1 > 10.0.0.2: ICMP type-#77, length 8"});
}

void add_icmp6_errors(std::vector<Sample>& to) {
  const ByteVector udp = PacketBuilder().ipv6(kA6, kB6).hop_by_hop().udp(4000, 9).payload(12).bytes();
  const ByteVector tcp = PacketBuilder().ipv6(kA6, kB6).tcp(4000, 80).bytes();
  const std::string start = "IP6 2001:db8::2 > 2001:db8::1: ICMP6, ";
  to.push_back({"no_route", icmp6_error(1, 0, 0, tcp).bytes(),
                start + "destination unreachable, unreachable route 2001:db8::2, length 68"});
  to.push_back({"prohibited", icmp6_error(1, 1, 0, tcp).bytes(),
                start + "destination unreachable, unreachable prohibited 2001:db8::2, length 68", "",
                "tcpdump writes two blanks before unreachable prohibited"});
  to.push_back({"beyond_scope", icmp6_error(1, 2, 0, tcp).bytes(),
                start + "destination unreachable, beyond scope 2001:db8::2, source address 2001:db8::1, length 68"});
  to.push_back({"no_address", icmp6_error(1, 3, 0, tcp).bytes(),
                start + "destination unreachable, unreachable address 2001:db8::2, length 68"});
  to.push_back({"no_port", icmp6_error(1, 4, 0, udp).bytes(),
                start + "destination unreachable, unreachable port, 2001:db8::2 udp port 9, length 76"});
  to.push_back({"no_tcp_port", icmp6_error(1, 4, 0, tcp).bytes(),
                start + "destination unreachable, unreachable port, 2001:db8::2 tcp port 80, length 68"});
  to.push_back({"unknown_code", icmp6_error(1, 9, 0, tcp).bytes(),
                start + "destination unreachable, unknown unreach code (9), length 68", "",
                "tcpdump dumps the bytes instead of the length"});
  to.push_back({"packet_too_big", icmp6_error(2, 0, 1280, tcp).bytes(), start + "packet too big, mtu 1280, length 68"});
  to.push_back(
      {"hop_limit", icmp6_error(3, 0, 0, tcp).bytes(), start + "time exceeded in-transit for 2001:db8::2, length 68"});
  to.push_back(
      {"reassembly", icmp6_error(3, 1, 0, tcp).bytes(), start + "time exceeded in-transit (reassembly), length 68"});
  to.push_back({"bad_next_header", icmp6_error(4, 1, 40, tcp).bytes(),
                start + "parameter problem, next header - octet 40, length 68"});
}

void add_icmp6(std::vector<Sample>& to) {
  const auto multicast = [](const char* dst) { return PacketBuilder().ethernet().ipv6("fe80::1", dst); };
  const ByteVector target = address_bytes(kB6);
  to.push_back({"ping6", v6().icmp6(128, 0, 7u << 16 | 1).payload(56).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 7, seq 1, length 64"});
  to.push_back({"pong6", v6().icmp6(129, 0, 7u << 16 | 1).payload(56).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo reply, id 7, seq 1, length 64"});
  to.push_back({"neighbor_solicitation",
                multicast("ff02::1").icmp6(135, 0, 0).payload(target).payload({1, 1, 2, 0, 0, 0, 0, 1}).bytes(),
                "IP6 fe80::1 > ff02::1: ICMP6, neighbor solicitation, who has 2001:db8::2, length 32", "", "",
                " (source lladdr 02:00:00:00:00:01)"});
  to.push_back(
      {"neighbor_advertisement",
       multicast("fe80::2").icmp6(136, 0, 0x60000000).payload(target).payload({2, 1, 2, 0, 0, 0, 0, 1}).bytes(),
       "IP6 fe80::1 > fe80::2: ICMP6, neighbor advertisement, tgt is 2001:db8::2, length 32", "", "",
       " (target lladdr 02:00:00:00:00:01)"});
  to.push_back({"router_solicitation", multicast("ff02::2").icmp6(133, 0, 0).bytes(),
                "IP6 fe80::1 > ff02::2: ICMP6, router solicitation, length 8"});
  to.push_back({"redirect6",
                multicast("fe80::2").icmp6(137, 0, 0).payload(target).payload(address_bytes("2001:db8::7")).bytes(),
                "IP6 fe80::1 > fe80::2: ICMP6, redirect, 2001:db8::7 to 2001:db8::2, length 40"});
  to.push_back({"listener_report2",
                multicast("ff02::16").hop_by_hop().icmp6(143, 0, 1).payload({4, 0, 0, 0}).payload(target).bytes(),
                "IP6 fe80::1 > ff02::16: HBH ICMP6, multicast listener report v2, 1 group record(s), length 28", "", "",
                " [gaddr 2001:db8::2 to_ex, 0 source(s)]"});
  to.push_back({"listener_query",
                multicast("ff02::1").hop_by_hop().icmp6(130, 0, 1000u << 16).payload(address_bytes("ff02::5")).bytes(),
                "IP6 fe80::1 > ff02::1: HBH ICMP6, multicast listener query, max resp delay: 1000 addr: ff02::5, "
                "length 24",
                "", "tcpdump writes no separator before max resp delay"});
  to.push_back({"icmp6_unknown", v6().icmp6(254, 0, 0).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: ICMP6, unknown icmp6 type (254), length 8"});
}

// What is said of the quoted packet, after the line of an ICMP error.
void add_quotes(std::vector<Sample>& to) {
  for (Sample& sample : to) {
    const ByteVector& frame = sample.bytes;
    const bool v6 = frame[12] == 0x86;
    const unsigned type = frame[v6 ? 54 : 34];
    if (v6 ? type >= 128 : type != 3 && type != 4 && type != 5 && type != 11 && type != 12) continue;
    const unsigned protocol = frame[v6 ? 62 + 6 : 42 + 9];
    const std::string a = v6 ? kA6 : kA, b = v6 ? kB6 : kB;
    if (protocol == 6) {
      sample.beyond_tcpdump = " (for " + a + ".4000 > " + b + ".80: tcp, seq 1, ip length " + (v6 ? "60)" : "44)");
    } else if (protocol == 47) {
      sample.beyond_tcpdump = " (for " + a + " > " + b + ": gre, ip length 28)";
    } else {
      sample.beyond_tcpdump = " (for " + a + ".4000 > " + b + ".9: udp, ip length " + (v6 ? "68)" : "40)");
    }
  }
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (auto add : {add_link, add_arp, add_tcp, add_udp, add_fragments, add_extensions, add_icmp6}) {
    add(all);
  }
  std::vector<Sample> errors;
  for (auto add : {add_icmp, add_icmp6_errors}) add(errors);
  add_quotes(errors);
  all.insert(all.end(), errors.begin(), errors.end());
  for (auto add : {add_ip_tunnels, add_udp_tunnels, add_ipsec, add_shims, add_link_protocols}) add(all);
  const std::vector<Sample> upper = upper_samples();
  all.insert(all.end(), upper.begin(), upper.end());
  return all;
}

}  // namespace

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = all_samples();
  return all;
}

}  // namespace skbtrail::test
