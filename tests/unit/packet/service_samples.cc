#include "service_samples.h"

namespace skbtrail::test {
namespace {

const char* const kMoreThanTcpdump = "tcpdump says less without -v";

ByteVector datagram(unsigned src, unsigned dst, const ByteVector& message) {
  return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(src, dst).payload(message).bytes();
}
ByteVector datagram6(unsigned src, unsigned dst, const ByteVector& message) {
  return PacketBuilder().ethernet().ipv6("fe80::1", "ff02::1:2").udp(src, dst).payload(message).bytes();
}
ByteVector segment(unsigned src, unsigned dst, std::string_view text) {
  return PacketBuilder()
      .ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .tcp(src, dst, {.ack = 1, .flags = 0x18})
      .payload(text_bytes(text))
      .bytes();
}

void add_ntp(std::vector<Sample>& to) {
  to.push_back({"ntp_client", datagram(123, 123, ntp(3)), "IP 10.0.0.1.123 > 10.0.0.2.123: NTPv4, Client, length 48",
                "", "", ", stratum 0, poll 6"});
  to.push_back({"ntp_server", datagram(123, 40000, ntp(4, 2, 0xfe)),
                "IP 10.0.0.1.123 > 10.0.0.2.40000: NTPv4, Server, length 48", "", "", ", stratum 2, poll -2"});
  to.push_back({"ntp_control", datagram(40000, 123, joined({{0x16, 2}, ByteVector(10, 0)})),
                "IP 10.0.0.1.40000 > 10.0.0.2.123: NTPv2, Control Message, length 12"});
}

void add_dhcp(std::vector<Sample>& to) {
  const std::string begin = "IP 10.0.0.1.68 > 10.0.0.2.67: ";
  to.push_back(
      {"dhcp_discover", datagram(68, 67, dhcp({.options = {53, 1, 1, 0, 50, 4, 10, 0, 0, 5, 55, 2, 1, 3, 255}})),
       begin + "DHCP Discover from 02:00:00:00:00:0a, length 255, xid 0x12345678, ask 10.0.0.5", "", kMoreThanTcpdump});
  to.push_back({"dhcp_offer", datagram(67, 68, dhcp({.op = 2, .your = "10.0.0.5", .options = {53, 1, 2, 255}})),
                "IP 10.0.0.1.67 > 10.0.0.2.68: DHCP Offer for 02:00:00:00:00:0a, length 244, xid 0x12345678, your "
                "10.0.0.5",
                "", kMoreThanTcpdump});
  to.push_back({"dhcp_release", datagram(68, 67, dhcp({.client = "10.0.0.5", .options = {53, 1, 7}})),
                begin + "DHCP Release from 02:00:00:00:00:0a, length 243, xid 0x12345678, client 10.0.0.5", "",
                kMoreThanTcpdump});
  to.push_back({"bootp", datagram(68, 67, dhcp({.options = {255}})),
                begin + "BOOTP/DHCP, Request from 02:00:00:00:00:0a, length 241", "", "", ", xid 0x12345678"});
}

void add_dhcp6(std::vector<Sample>& to) {
  const ByteVector client_id = dhcp6_option(1, {0, 3, 0, 1, 2, 0, 0, 0, 0, 10});
  const ByteVector address = dhcp6_option(5, joined({address_bytes("2001:db8::5"), ByteVector(8, 1)}));
  const ByteVector prefix = dhcp6_option(26, joined({ByteVector(8, 1), {56}, address_bytes("2001:db8:1::")}));
  const std::string begin = "IP6 fe80::1.546 > ff02::1:2.547: ";
  to.push_back({"dhcp6_solicit",
                datagram6(546, 547, joined({{1, 0xab, 0xcd, 0xef}, client_id, dhcp6_option(3, ByteVector(12, 1))})),
                begin + "dhcp6 solicit", "", "", ", length 34, xid 0xabcdef"});
  to.push_back(
      {"dhcp6_request",
       datagram6(546, 547, joined({{3, 0, 0, 9}, client_id, dhcp6_option(3, joined({ByteVector(12, 1), address}))})),
       begin + "dhcp6 request", "", "", ", length 62, xid 0x000009, address 2001:db8::5"});
  to.push_back({"dhcp6_prefix",
                datagram6(546, 547, joined({{5, 0, 0, 9}, dhcp6_option(25, joined({ByteVector(12, 1), prefix}))})),
                begin + "dhcp6 renew", "", "", ", length 49, xid 0x000009, prefix 2001:db8:1::/56"});
  to.push_back(
      {"dhcp6_no_address",
       datagram6(
           547, 546,
           joined({{7, 0, 0, 9}, dhcp6_option(3, joined({ByteVector(12, 1), dhcp6_option(13, {0, 2, 'n', 'o'})}))})),
       "IP6 fe80::1.547 > ff02::1:2.546: dhcp6 reply", "", "", ", length 28, xid 0x000009, status NoAddrsAvail"});
  to.push_back(
      {"dhcp6_relayed",
       datagram6(547, 547, joined({{12, 0}, ByteVector(32, 1), dhcp6_option(9, joined({{1, 0, 0, 9}, client_id}))})),
       "IP6 fe80::1.547 > ff02::1:2.547: dhcp6 relay-fwd", "", "", ", length 56"});
}

void add_snmp(std::vector<Sample>& to) {
  const std::string begin = "IP 10.0.0.1.4000 > 10.0.0.2.161: ";
  const std::string hidden = "a community is a password";
  to.push_back({"snmp_get", datagram(4000, 161, snmp(1, snmp_pdu(0xa0))),
                begin + "SNMPv2c GetRequest, community not shown, 1.3.6.1.2.1.1.1.0, length 40", "", hidden});
  to.push_back({"snmp_error", datagram(161, 4000, snmp(0, snmp_pdu(0xa2, 2))),
                "IP 10.0.0.1.161 > 10.0.0.2.4000: SNMPv1 GetResponse, community not shown, noSuchName, "
                "1.3.6.1.2.1.1.1.0, length 40",
                "", hidden});
  to.push_back({"snmp_bulk", datagram(4000, 161, snmp(1, snmp_pdu(0xa5, 1, {0x2b, 6, 1, 4, 1, 0x82, 0x37}))),
                begin + "SNMPv2c GetBulk, community not shown, 1.3.6.1.4.1.311, length 39", "", hidden});
  to.push_back({"snmp_trap_v1",
                datagram(4000, 162,
                         snmp(0, ber(0xa4, joined({ber(6, {0x2b, 6, 1, 4, 1, 9}),
                                                   ber(0x40, {10, 0, 0, 1}),
                                                   ber_number(6),
                                                   ber_number(1),
                                                   ber(0x43, {1}),
                                                   {0x30, 0}})))),
                "IP 10.0.0.1.4000 > 10.0.0.2.162: SNMPv1 Trap, community not shown, 1.3.6.1.4.1.9, length 40", "",
                hidden});
  const ByteVector about = ber(0x30, joined({ber_number(1), ber(2, {0x7f, 0xff}), ber(4, {4}), ber_number(3)}));
  to.push_back({"snmp_v3",
                datagram(4000, 161,
                         ber(0x30, joined({ber_number(3), about, ber(4, text_bytes("user")),
                                           ber(0x30, joined({ber(4, {1, 2}), ber(4, {}), snmp_pdu(0xa1)}))}))),
                begin + "SNMPv3 GetNextRequest, 1.3.6.1.2.1.1.1.0, length 61", "", kMoreThanTcpdump});
  to.push_back(
      {"snmp_v3_encrypted",
       datagram(4000, 161,
                ber(0x30, joined({ber_number(3), about, ber(4, text_bytes("user")), ber(4, ByteVector(32, 7))}))),
       begin + "SNMPv3 encrypted, length 60", "", kMoreThanTcpdump});
}

void add_syslog(std::vector<Sample>& to) {
  const std::string begin = "IP 10.0.0.1.4000 > 10.0.0.2.514: ";
  to.push_back({"syslog", datagram(4000, 514, text_bytes("<27>Nov 28 15:04:05 host app: failed\n")),
                begin + "SYSLOG daemon.error, length: 37", "", "", ", Nov 28 15:04:05 host app: failed"});
  to.push_back({"syslog_long", datagram(4000, 514, joined({text_bytes("<191>1 - a \x1b[31mb"), ByteVector(80, 'x')})),
                begin + "SYSLOG local7.debug, length: 97", "", "",
                ", 1 - a \\027[31mb" + std::string(48, 'x') + "..."});
}

void add_quic(std::vector<Sample>& to) {
  const std::string why = "tcpdump of before 4.99.5 does not know QUIC";
  to.push_back({"quic_initial_v2", datagram(4000, 443, quic_initial({1, 2, 3, 4, 5, 6, 7, 8}, 0x6b3343cf)),
                "IP 10.0.0.1.4000 > 10.0.0.2.443: quic, initial, v2, dcid 0102030405060708, scid aabb, length 50", "",
                why});
  to.push_back({"quic_elsewhere", datagram(4000, 8443, quic_initial({1, 2, 3, 4, 5, 6, 7, 8})),
                "IP 10.0.0.1.4000 > 10.0.0.2.8443: quic, initial, v1, dcid 0102030405060708, scid aabb, length 50", "",
                why});
}

void add_http(std::vector<Sample>& to) {
  const std::string begin = "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [P.], seq ";
  const std::string elsewhere = "tcpdump asks for the port of HTTP";
  to.push_back(
      {"http_request", segment(4000, 80, "GET /a?b=c HTTP/1.1\r\nAccept: */*\r\nhOST:  www.example.org\r\n\r\n"),
       begin + "1:61, ack 1, win 64240, length 60: HTTP: GET /a?b=c HTTP/1.1", "", "", ", host www.example.org"});
  to.push_back({"http_without_host", segment(4000, 80, "POST / HTTP/1.0\r\nA: b\r\n\r\nHost: body"),
                begin + "1:36, ack 1, win 64240, length 35: HTTP: POST / HTTP/1.0"});
  to.push_back({"http_answer", segment(80, 4000, "HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nbody"),
                "IP 10.0.0.1.80 > 10.0.0.2.4000: Flags [P.], seq 1:42, ack 1, win 64240, length 41: HTTP: HTTP/1.1 404 "
                "Not Found"});
  to.push_back({"http_elsewhere", segment(4000, 9090, "HEAD http://h/x HTTP/1.1\r\nHost: h\r\n\r\n"),
                "IP 10.0.0.1.4000 > 10.0.0.2.9090: Flags [P.], seq 1:38, ack 1, win 64240, length 37: HTTP: HEAD "
                "http://h/x HTTP/1.1, host h",
                "", elsewhere});
}

}  // namespace

void add_services(std::vector<Sample>& to) {
  for (auto add : {add_ntp, add_dhcp, add_dhcp6, add_snmp, add_syslog, add_quic, add_http}) add(to);
}

}  // namespace skbtrail::test
