// Samples of packets in packets, of what is between a link header and IP, and of link protocols. Part of
// samples.cc.
#pragma once

#include "packet_builder.h"
#include "samples.h"

namespace skbtrail::test {

inline PacketBuilder outer4(const Ipv4Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", fields);
}
inline PacketBuilder outer6(const Ipv6Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv6("2001:db8::1", "2001:db8::2", fields);
}
inline PacketBuilder frame_of(uint16_t ethertype) {
  return PacketBuilder().ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", ethertype);
}

inline ByteVector joined(ByteVector first, const ByteVector& second) {
  put(first, second);
  return first;
}

inline const ByteVector kInner4 = PacketBuilder().ipv4("192.168.0.1", "192.168.0.2").tcp(4000, 80).bytes();
inline const ByteVector kInner6 = PacketBuilder().ipv6("fd00::1", "fd00::2").udp(4000, 5001).payload(3).bytes();
inline const ByteVector kInnerFrame =
    PacketBuilder().ethernet().ipv4("192.168.0.1", "192.168.0.2").icmp(8, 0, 7u << 16 | 1).payload(8).bytes();
inline const std::string kInner4Line = "IP 192.168.0.1.4000 > 192.168.0.2.80: Flags [S], seq 1, win 64240, length 0";
inline const std::string kInner6Line = "IP6 fd00::1.4000 > fd00::2.5001: UDP, length 3";
inline const std::string kInnerFrameLine = "IP 192.168.0.1 > 192.168.0.2: ICMP echo request, id 7, seq 1, length 16";

inline void add_ip_tunnels(std::vector<Sample>& to) {
  const std::string v4 = "IP 10.0.0.1 > 10.0.0.2: ";
  const std::string v6 = "IP6 2001:db8::1 > 2001:db8::2: ";
  to.push_back({"ipip", outer4({.protocol = 4}).payload(kInner4).bytes(), v4 + kInner4Line});
  to.push_back({"sixin4", outer4({.protocol = 41}).payload(kInner6).bytes(), v4 + kInner6Line});
  to.push_back({"fourin6", outer6({.next_header = 4}).payload(kInner4).bytes(), v6 + kInner4Line});
  to.push_back({"ip6ip6", outer6({.next_header = 41}).payload(kInner6).bytes(), v6 + kInner6Line});
  to.push_back({"ipip_in_ipip",
                outer4({.protocol = 4})
                    .payload(PacketBuilder().ipv4("10.1.0.1", "10.1.0.2", {.protocol = 4}).payload(kInner4).bytes())
                    .bytes(),
                v4 + "IP 10.1.0.1 > 10.1.0.2: " + kInner4Line});
  const ByteVector labelled = joined({0, 1, 0x01, 64}, kInner4);
  const std::string label = "MPLS (label 16, tc 0, [S], ttl 64) ";
  const std::string no_mpls = "tcpdump does not look for MPLS in IP";
  to.push_back(
      {"mpls_in_ip", outer4({.protocol = 137}).payload(labelled).bytes(), v4 + label + kInner4Line, "", no_mpls});
  to.push_back(
      {"mpls_in_ip6", outer6({.next_header = 137}).payload(labelled).bytes(), v6 + label + kInner4Line, "", no_mpls});
  const auto gre = [](const ByteVector& header, const ByteVector& inner) {
    return outer4({.protocol = 47}).payload(joined(header, inner)).bytes();
  };
  to.push_back({"gre", gre({0, 0, 8, 0}, kInner4), v4 + "GREv0, length 44: " + kInner4Line});
  to.push_back({"gre_with_all", gre({0xb0, 0, 0x86, 0xdd, 0x12, 0x34, 0, 0, 0, 0, 0, 42, 0, 0, 0, 7}, kInner6),
                v4 + "GREv0, off 0x0, key=0x2a, seq 7, length 67: " + kInner6Line});
  to.push_back({"gre_ethernet", gre({0x20, 0, 0x65, 0x58, 0, 0, 0, 9}, kInnerFrame),
                v4 + "GREv0, key=0x9, length 58: " + kInnerFrameLine});
  to.push_back({"gre_mpls", gre({0, 0, 0x88, 0x47, 0, 1, 0x01, 64}, kInner4),
                v4 + "GREv0, length 48: MPLS (label 16, tc 0, [S], ttl 64) " + kInner4Line});
  to.push_back({"gre_erspan", gre({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 1, 0, 0, 0, 0}, kInnerFrame),
                v4 + "GREv0, seq 1, length 66: ERSPAN II", "", "tcpdump has no name for ERSPAN"});
  to.push_back({"gre_pptp", gre({0x20, 1, 0x88, 0x0b, 0, 4, 0, 5, 0, 0x21, 0, 0}, {}), v4 + "GREv1, length 12: PPP", "",
                "tcpdump decodes what stands behind the length"});
}

inline void add_udp_tunnels(std::vector<Sample>& to) {
  const auto udp = [](unsigned port, const ByteVector& header, const ByteVector& inner) {
    return outer4().udp(43210, port).payload(joined(header, inner)).bytes();
  };
  const auto start = [](unsigned port) { return "IP 10.0.0.1.43210 > 10.0.0.2." + std::to_string(port) + ": "; };
  const ByteVector vxlan = {8, 0, 0, 0, 0, 0, 42, 0};
  to.push_back(
      {"vxlan", udp(4789, vxlan, kInnerFrame), start(4789) + "VXLAN, flags [I] (0x08), vni 42, " + kInnerFrameLine});
  to.push_back({"vxlan_of_linux", udp(8472, vxlan, kInnerFrame),
                start(8472) + "VXLAN, flags [I] (0x08), vni 42, " + kInnerFrameLine, "",
                "tcpdump takes port 8472 for OTV; Linux has VXLAN there"});
  to.push_back({"vxlan_of_tagged", udp(4789, vxlan, PacketBuilder().ethernet().vlan(5).arp().bytes()),
                start(4789) +
                    "VXLAN, flags [I] (0x08), vni 42, vlan 5, p 0, ARP, Request who-has 10.0.0.2 tell 10.0.0.1, "
                    "length 28",
                "", "tcpdump shows tags with -e only"});
  to.push_back({"vxlan_without_vni", udp(4789, {0, 0, 0, 0, 0, 0, 0, 0}, kInnerFrame),
                start(4789) + "VXLAN, flags [.] (0x00), vni 0, length 50", "", "tcpdump decodes what Linux drops"});
  to.push_back({"vxlan_gpe", udp(4790, {0x0c, 0, 0, 2, 0, 0, 42, 0}, kInner6),
                start(4790) + "VXLAN-GPE, flags [IP] (0x0c), vni 42, " + kInner6Line, "",
                "tcpdump separates by a colon"});
  to.push_back({"geneve", udp(6081, {0, 0, 0x65, 0x58, 0, 0, 42, 0}, kInnerFrame),
                start(6081) + "Geneve, Flags [none], vni 0x2a: " + kInnerFrameLine});
  to.push_back({"geneve_with_options",
                udp(6081, {2, 0x40, 0x86, 0xdd, 0, 0, 42, 0, 1, 2, 0x80, 1, 0, 0, 0, 9}, kInner6),
                start(6081) + "Geneve, Flags [C], vni 0x2a, options [8 bytes]: " + kInner6Line});
  to.push_back({"geneve_unknown", udp(6081, {0, 0, 0x12, 0x34, 0, 0, 42, 0}, {1, 2, 3}),
                start(6081) + "Geneve, Flags [none], vni 0x2a: geneve-proto-0x1234"});
  const std::string no_gtp = "tcpdump does not know GTP";
  to.push_back({"gtp", udp(2152, {0x30, 0xff, 0, 40, 0, 0, 0, 42}, kInner4),
                start(2152) + "GTP-U, G-PDU, teid 0x0000002a, " + kInner4Line, "", no_gtp});
  to.push_back({"gtp_with_session", udp(2152, {0x34, 0xff, 0, 59, 0, 0, 0, 42, 0, 0, 0, 0x85, 1, 0, 9, 0}, kInner6),
                start(2152) + "GTP-U, G-PDU, teid 0x0000002a, " + kInner6Line, "", no_gtp});
  to.push_back({"gtp_echo", udp(2152, {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}, {}),
                start(2152) + "GTP-U, Echo Request, teid 0x00000000, length 0", "", no_gtp});
  to.push_back({"mpls_in_udp", udp(6635, {0, 1, 0x01, 64}, kInner4),
                start(6635) + "MPLS (label 16, tc 0, [S], ttl 64) " + kInner4Line});
  to.push_back({"vxlan_in_6in4_in_gre",
                outer4({.protocol = 47})
                    .payload(joined({0, 0, 8, 0}, PacketBuilder()
                                                      .ipv4("10.1.0.1", "10.1.0.2", {.protocol = 41})
                                                      .payload(PacketBuilder()
                                                                   .ipv6("fd00::1", "fd00::2")
                                                                   .udp(43210, 4789)
                                                                   .payload(joined(vxlan, kInnerFrame))
                                                                   .bytes())
                                                      .bytes()))
                    .bytes(),
                "IP 10.0.0.1 > 10.0.0.2: GREv0, length 130: IP 10.1.0.1 > 10.1.0.2: "
                "IP6 fd00::1.43210 > fd00::2.4789: VXLAN, flags [I] (0x08), vni 42, " +
                    kInnerFrameLine});
  ByteVector wireguard = {4, 0, 0, 0, 1, 2, 3, 4};
  wireguard.resize(32);
  to.push_back({"wireguard", udp(51820, wireguard, {}), start(51820) + "WireGuard keepalive, length 32", "",
                "tcpdump has no name for WireGuard"});
  to.push_back({"l2tp", udp(1701, {0, 2, 0, 1, 0, 2}, {0, 0x21, 0x45}), start(1701) + "L2TPv2, length 9", "",
                "tcpdump decodes L2TP"});
}

inline void add_ipsec(std::vector<Sample>& to) {
  const ByteVector esp = joined({0, 0, 0x10, 0, 0, 0, 0, 5}, ByteVector(24, 'x'));
  const auto ah = [](uint8_t next) { return joined({next, 4, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 2}, ByteVector(12, 'y')); };
  const ByteVector tcp = PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").tcp(4000, 80).bytes();
  to.push_back({"esp", outer4({.protocol = 50}).payload(esp).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: ESP(spi=0x00001000,seq=0x5), length 32"});
  to.push_back({"esp6", outer6({.next_header = 50}).payload(esp).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: ESP(spi=0x00001000,seq=0x5), length 32"});
  to.push_back({"esp_in_udp", outer4().udp(4500, 4500).payload(esp).bytes(),
                "IP 10.0.0.1.4500 > 10.0.0.2.4500: UDP-encap: ESP(spi=0x00001000,seq=0x5), length 32"});
  to.push_back({"ike_in_udp", outer4().udp(4500, 40001).payload(joined({0, 0, 0, 0}, ByteVector(28, 1))).bytes(),
                "IP 10.0.0.1.4500 > 10.0.0.2.40001: NONESP-encap: isakmp, length 32", "", "tcpdump decodes IKE"});
  to.push_back({"esp_keepalive", outer4().udp(4500, 4500).payload(ByteVector{0xff}).bytes(),
                "IP 10.0.0.1.4500 > 10.0.0.2.4500: isakmp-nat-keep-alive, length 1", "", "tcpdump says no length"});
  to.push_back({"ah_tcp",
                outer4({.protocol = 51}).payload(joined(ah(6), ByteVector(tcp.begin() + 20, tcp.end()))).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: AH(spi=0x00001000,seq=0x2): 4000 > 80: Flags [S], seq 1, win 64240, length 0",
                "", "tcpdump prints the check value too"});
  to.push_back({"ah_tunnel", outer6({.next_header = 51}).payload(joined(ah(4), kInner4)).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: AH(spi=0x00001000,seq=0x2): " + kInner4Line, "",
                "tcpdump prints the check value too"});
  to.push_back({"ah_esp", outer4({.protocol = 51}).payload(joined(ah(50), esp)).bytes(),
                "IP 10.0.0.1 > 10.0.0.2: AH(spi=0x00001000,seq=0x2): ESP(spi=0x00001000,seq=0x5), length 32", "",
                "tcpdump prints the check value too"});
}

inline void add_shims(std::vector<Sample>& to) {
  const ByteVector labels = {0, 1, 0x0a, 64, 0, 1, 0x11, 63};
  to.push_back({"mpls", frame_of(0x8847).payload(joined(labels, kInner4)).bytes(),
                "MPLS (label 16, tc 5, ttl 64) (label 17, tc 0, [S], ttl 63) " + kInner4Line});
  to.push_back({"mpls6", frame_of(0x8847).payload(joined({0, 0, 0x21, 64}, kInner6)).bytes(),
                "MPLS (label 2, tc 0, [S], ttl 64) " + kInner6Line});
  to.push_back({"mpls_unknown", frame_of(0x8847).payload(joined({0, 1, 0x01, 64}, ByteVector(20, 0))).bytes(),
                "MPLS (label 16, tc 0, [S], ttl 64), length 20", "", "tcpdump says no length"});
  const auto pppoe = [](uint8_t code, uint16_t session, const ByteVector& behind) {
    ByteVector header = {0x11, code};
    put16(header, session), put16(header, static_cast<unsigned>(behind.size()));
    return joined(header, behind);
  };
  const std::string two_blanks = "tcpdump writes two blanks behind PPPoE";
  to.push_back({"pppoe", frame_of(0x8864).payload(pppoe(0, 17, joined({0, 0x21}, kInner4))).bytes(),
                "PPPoE [ses 0x11] " + kInner4Line, "", two_blanks});
  to.push_back({"pppoe6_padded", frame_of(0x8864).payload(pppoe(0, 17, joined({0, 0x57}, kInner6))).payload(9).bytes(),
                "PPPoE [ses 0x11] " + kInner6Line, "", two_blanks});
  to.push_back({"pppoe_lcp", frame_of(0x8864).payload(pppoe(0, 17, {0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4})).bytes(),
                "PPPoE [ses 0x11] LCP, length 8", "", "tcpdump decodes LCP"});
  to.push_back({"pppoe_padi", frame_of(0x8863).payload(pppoe(9, 0, {1, 1, 0, 0})).payload(36).bytes(),
                "PPPoE PADI, length 4", "", "tcpdump lists the tags"});
}

inline void add_link_protocols(std::vector<Sample>& to) {
  const auto in_802_3 = [](const ByteVector& llc) {
    return PacketBuilder()
        .ethernet("02:00:00:00:00:01", "01:80:c2:00:00:00", static_cast<uint16_t>(llc.size()))
        .payload(llc)
        .payload(llc.size() < 46 ? 46 - llc.size() : 0)
        .bytes();
  };
  const ByteVector root = {0x10, 0, 2, 0, 0, 0, 0, 0xaa}, bridge = {0x80, 0, 2, 0, 0, 0, 0, 1};
  const auto bpdu = [&](uint8_t version, uint8_t type, uint8_t flags) {
    ByteVector bytes = {0x42, 0x42, 3, 0, 0, version, type, flags};
    put(bytes, root), put32(bytes, 20000), put(bytes, bridge), put16(bytes, 0x8002);
    put(bytes, {1, 0, 20, 0, 2, 0, 15, 0});
    return bytes;
  };
  const std::string ids = "bridge-id 8000.02:00:00:00:00:01.8002, root-id 1000.02:00:00:00:00:aa, cost 20000, length ";
  const std::string root_with_v = "tcpdump says root and cost with -v only";
  to.push_back({"stp", in_802_3(bpdu(0, 0, 0x01)), "STP 802.1d, Config, Flags [Topology change], " + ids + "35", "",
                root_with_v});
  ByteVector rapid = bpdu(2, 2, 0x7c);
  put8(rapid, 0);
  to.push_back({"rstp", in_802_3(rapid), "STP 802.1w, Rapid STP, Flags [Learn, Forward, Agreement], " + ids + "36", "",
                root_with_v});
  ByteVector multiple = bpdu(3, 2, 0x7c);
  put8(multiple, 0), put16(multiple, 64), multiple.resize(multiple.size() + 64);
  to.push_back({"mstp", in_802_3(multiple),
                "STP 802.1s, Rapid STP, Flags [Learn, Forward, Agreement], regional-root-id 8000.02:00:00:00:00:01, "
                "port-id 8002, root-id 1000.02:00:00:00:00:aa, cost 20000, length 102",
                "", root_with_v});
  to.push_back({"stp_tcn", in_802_3({0x42, 0x42, 3, 0, 0, 0, 0x80}), "STP 802.1d, Topology Change, length 4", "",
                "tcpdump says no length"});
  to.push_back({"snap_ip", in_802_3(joined({0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, kInner4)), kInner4Line});
  to.push_back({"snap_cdp", in_802_3({0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 2, 180, 0, 0}), "CDP, length 4", "",
                "tcpdump decodes CDP"});
  to.push_back({"llc_unknown", in_802_3({0xf0, 0xf0, 0x7f, 1, 2}),
                "LLC, dsap NetBeui (0xf0), ssap NetBeui (0xf0), ctrl 0x7f, length 5", "",
                "tcpdump decodes the control"});

  const auto element = [](unsigned type, const ByteVector& value) {
    ByteVector bytes;
    put16(bytes, type << 9 | static_cast<unsigned>(value.size()));
    return joined(bytes, value);
  };
  const ByteVector lldp = joined(joined(element(1, {4, 2, 0, 0, 0, 0, 7}), element(2, {5, 's', 'w', 'p', '1'})),
                                 joined(joined(element(3, {0, 120}), element(5, {'l', 'e', 'a', 'f', '1'})), {0, 0}));
  to.push_back({"lldp_leaf", frame_of(0x88cc).payload(lldp).bytes(),
                "LLDP, chassis 02:00:00:00:00:07, port swp1, ttl 120, name leaf1, length 29", "",
                "tcpdump says the system's name only"});
  to.push_back({"lacp", frame_of(0x8809).payload(joined({1, 1}, ByteVector(108, 0))).bytes(), "LACP, length 110", "",
                "tcpdump says the version"});
  to.push_back({"triple_tag", PacketBuilder().ethernet().vlan(100, 0, 0x88a8).vlan(20).vlan(30).arp().bytes(),
                "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28",
                "vlan 100, p 0, vlan 20, p 0, vlan 30, p 0, "});
}

}  // namespace skbtrail::test
