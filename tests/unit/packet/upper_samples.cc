#include "upper_samples.h"

#include "service_samples.h"

namespace skbtrail::test {
namespace {

constexpr const char* kA = "10.0.0.1";
constexpr const char* kB = "10.0.0.2";
constexpr const char* kA6 = "2001:db8::1";
constexpr const char* kB6 = "2001:db8::2";

PacketBuilder v4(const Ipv4Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv4(kA, kB, fields);
}
PacketBuilder v6(const Ipv6Fields& fields = {}) {
  return PacketBuilder().ethernet().ipv6(kA6, kB6, fields);
}
ByteVector syn(const ByteVector& options) {
  return v4().tcp(4000, 80, {.options = options}).bytes();
}
ByteVector igmp(const ByteVector& message, const char* dst = "224.0.0.1") {
  return PacketBuilder().ethernet().ipv4(kA, dst, {.options = {0x94, 4, 0, 0}, .protocol = 2}).payload(message).bytes();
}
ByteVector neighbor(unsigned type, uint32_t rest, const ByteVector& behind) {
  return PacketBuilder().ethernet().ipv6("fe80::1", "ff02::1").icmp6(type, 0, rest).payload(behind).bytes();
}

void add_tcp_options(std::vector<Sample>& to) {
  to.push_back({"tcp_sack",
                v4().tcp(80, 4000, {.ack = 7, .flags = 0x10, .options = {1, 1,  5, 18, 0, 0,  0, 10, 0, 0,
                                                                         0, 20, 0, 0,  0, 30, 0, 0,  0, 40}})
                    .bytes(),
                "IP 10.0.0.1.80 > 10.0.0.2.4000: Flags [.], ack 7, win 64240, options [nop,nop,sack 2 {10:20}{30:40}], "
                "length 0"});
  to.push_back({"tcp_md5", syn(joined({{19, 18}, ByteVector(16, 0xab)})),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [md5 "
                "abababababababababababababababab,eol], length 0",
                "", "tcpdump says that it has no key to check"});
  to.push_back({"tcp_ao", syn(joined({{29, 16, 1, 2}, ByteVector(12, 0xcd)})),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [tcp-ao keyid 1 rnextkeyid 2 mac "
                "0xcdcdcdcdcdcdcdcdcdcdcdcd], length 0"});
  to.push_back({"tcp_fast_open", syn({34, 10, 1, 2, 3, 4, 5, 6, 7, 8}),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [tfo  cookie "
                "0102030405060708,eol], length 0"});
  to.push_back({"tcp_fast_open_request", syn({34, 2}),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [tfo  cookiereq,eol], length 0"});
  to.push_back({"tcp_mptcp", syn({30, 12, 0x01, 0x81, 1, 2, 3, 4, 5, 6, 7, 8}),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mptcp 12 capable], length 0", "",
                "tcpdump prints flags and keys of MPTCP"});
  to.push_back({"tcp_unknown_option", syn({200, 4, 0xbe, 0xef, 201, 2}),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [unknown-200 "
                "0xbeef,unknown-201,eol], length 0"});
  to.push_back(
      {"tcp_option_of_wrong_length", syn({2, 5, 5, 180, 9, 1, 1, 1}),
       "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mss 1460[len 5],nop,nop,nop], length 0",
       "", "tcpdump takes the byte too much for an option"});
  to.push_back({"tcp_end_of_options", syn({2, 4, 5, 180, 0, 7, 7, 7}),
                "IP 10.0.0.1.4000 > 10.0.0.2.80: Flags [S], seq 1, win 64240, options [mss 1460,eol], length 0"});
}

void add_ip_options(std::vector<Sample>& to) {
  to.push_back({"ipv4_record_route", v4({.options = {7, 7, 8, 10, 0, 0, 9, 1}}).udp(4000, 5001).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP, length 0"});
  to.push_back({"hbh_router_alert",
                v6({.next_header = 0}).payload({17, 0, 5, 2, 0, 0, 1, 0, 0x0f, 0xa0, 0x13, 0x89, 0, 8, 0, 0}).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: HBH 4000 > 5001: UDP, length 0"});
  to.push_back(
      {"srv6",
       v6({.next_header = 43})
           .payload(
               joined({{17, 2, 4, 1, 0, 0, 0, 0}, address_bytes("2001:db8::9"), {0x0f, 0xa0, 0x13, 0x89, 0, 8, 0, 0}}))
           .bytes(),
       "IP6 2001:db8::1 > 2001:db8::2: RT6 (len=2, type=4, segleft=1) 4000 > 5001: UDP, length 0", "",
       "tcpdump lists the segments"});
  to.push_back(
      {"mobility", v6({.next_header = 135}).payload({59, 1, 5, 0, 0, 0, 0, 1, 0, 0, 0, 10, 1, 2, 0, 0}).bytes(),
       "IP6 2001:db8::1 > 2001:db8::2: mobility (BU) no next header", "", "tcpdump prints what a binding update says"});
  to.push_back({"hip", v6({.next_header = 139}).payload(joined({{59, 4, 1, 0x21}, ByteVector(36, 0)})).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: hip (I1) no next header", "", "tcpdump does not know HIP"});
  to.push_back({"shim6", v6({.next_header = 140}).payload({6, 0, 0x80, 0, 0, 0, 0, 0}).tcp(1, 2).bytes(),
                "IP6 2001:db8::1 > 2001:db8::2: shim6 (type=0) 1 > 2: Flags [S], seq 1, win 64240, length 0", "",
                "tcpdump does not know shim6"});
}

void add_igmp(std::vector<Sample>& to) {
  to.push_back({"igmp_query_v1", igmp({0x11, 0, 0, 0, 0, 0, 0, 0}), "IP 10.0.0.1 > 224.0.0.1: igmp query v1"});
  to.push_back({"igmp_query_v2", igmp({0x11, 20, 0, 0, 239, 1, 1, 1}),
                "IP 10.0.0.1 > 224.0.0.1: igmp query v2 [max resp time 20] [gaddr 239.1.1.1]"});
  to.push_back({"igmp_query_v3", igmp({0x11, 0x8a, 0, 0, 239, 1, 1, 1, 2, 125, 0, 1, 10, 0, 0, 9}),
                "IP 10.0.0.1 > 224.0.0.1: igmp query v3 [max resp time 20.8s] [gaddr 239.1.1.1, 1 source(s)]"});
  to.push_back(
      {"igmp_report_v1", igmp({0x12, 0, 0, 0, 239, 1, 1, 1}), "IP 10.0.0.1 > 224.0.0.1: igmp v1 report 239.1.1.1"});
  to.push_back(
      {"igmp_report_v2", igmp({0x16, 0, 0, 0, 239, 1, 1, 1}), "IP 10.0.0.1 > 224.0.0.1: igmp v2 report 239.1.1.1"});
  to.push_back({"igmp_leave", igmp({0x17, 0, 0, 0, 239, 1, 1, 1}), "IP 10.0.0.1 > 224.0.0.1: igmp leave 239.1.1.1"});
  to.push_back(
      {"igmp_report_v3",
       igmp({0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 239, 1, 1, 1, 1, 0, 0, 1, 239, 2, 2, 2, 10, 0, 0, 9}, "224.0.0.22"),
       "IP 10.0.0.1 > 224.0.0.22: igmp v3 report, 2 group record(s)", "", "",
       " [gaddr 239.1.1.1 to_ex, 0 source(s)] [gaddr 239.2.2.2 is_in, 1 source(s)]"});
}

void add_neighbor(std::vector<Sample>& to) {
  const ByteVector prefix = joined({{3, 4, 64, 0xc0}, ByteVector(12, 0), address_bytes("2001:db8::")});
  const ByteVector rdnss = joined({{25, 3, 0, 0, 0, 0, 14, 16}, address_bytes("2001:db8::53")});
  to.push_back(
      {"router_advertisement",
       neighbor(134, 64u << 24 | 0xc0u << 16 | 1800,
                joined({ByteVector(8, 0), prefix, {5, 1, 0, 0, 0, 0, 5, 220}, rdnss, {1, 1, 2, 0, 0, 0, 0, 1}})),
       "IP6 fe80::1 > ff02::1: ICMP6, router advertisement, length 88", "", "",
       " (hop limit 64, lifetime 1800s, managed, other, prefix 2001:db8::/64, mtu 1500, rdnss 2001:db8::53, "
       "source lladdr 02:00:00:00:00:01)"});
  to.push_back({"mld_done",
                PacketBuilder()
                    .ethernet()
                    .ipv6("fe80::1", "ff02::2")
                    .hop_by_hop()
                    .icmp6(132, 0, 0)
                    .payload(address_bytes("ff02::5"))
                    .bytes(),
                "IP6 fe80::1 > ff02::2: HBH ICMP6, multicast listener done, max resp delay: 0 addr: ff02::5, length 24",
                "", "tcpdump writes no separator before max resp delay"});
}

void add_transports(std::vector<Sample>& to) {
  const ByteVector header = {0x0f, 0xa0, 0x13, 0x89, 0, 0, 0, 5, 0, 0, 0, 0};
  const auto sctp = [&](const ByteVector& chunks) {
    return v4({.protocol = 132}).payload(joined({header, chunks})).bytes();
  };
  to.push_back({"sctp_init", sctp({1, 0, 0, 20, 0, 0, 0, 9, 0, 1, 0, 0, 0, 10, 0, 20, 0, 0, 0, 7}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: sctp (1) [INIT] [init tag: 9] [rwnd: 65536] [OS: 10] [MIS: 20] "
                "[init TSN: 7]"});
  to.push_back({"sctp_data", sctp({0, 3, 0, 18, 0, 0, 0, 7, 0, 1, 0, 2, 0, 0, 0, 46, 'a', 'b', 0, 0}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: sctp (1) [DATA] (B)(E) [TSN: 7] [SID: 1] [SSEQ 2] [PPID 0x2e]"});
  to.push_back({"sctp_sack_heartbeat", sctp({3, 0, 0, 16, 0, 0, 0, 7, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 8, 1, 2, 3, 4}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: sctp (1) [SACK] [cum ack 7] [a_rwnd 256] [#gap acks 0] [#dup tsns "
                "0] , (2) [HB REQ]"});
  to.push_back({"sctp_cookie_unknown", sctp({10, 0, 0, 5, 1, 0, 0, 0, 99, 0, 0, 4}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: sctp (1) [COOKIE ECHO] , (2) [Unknown chunk type: 0x63]"});
  const ByteVector ports = {0x0f, 0xa0, 0x13, 0x89};
  const auto dccp = [&](const ByteVector& rest) { return v4({.protocol = 33}).payload(joined({ports, rest})).bytes(); };
  to.push_back({"dccp_request", dccp({5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 42}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: DCCP DCCP-Request (service=42) seq 9, length 0", "",
                "tcpdump prints the sequence number with -vv only"});
  to.push_back({"dccp_data", dccp(joined({{3, 0, 0, 0, 4, 0, 0, 9}, ByteVector(5, 'x')})),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: DCCP DCCP-Data seq 9, length 5", "",
                "tcpdump prints the sequence number with -vv only"});
  to.push_back({"dccp_reset", dccp({7, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0}),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: DCCP DCCP-Reset (code=no_connection) (ack=8) seq 9, length 0", "",
                "tcpdump prints the sequence number with -vv only"});
  to.push_back({"udp_lite", v4({.protocol = 136}).payload(joined({ports, {0, 8, 0, 0}, ByteVector(12, 'x')})).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.5001: UDP-Lite, checksum of 8 bytes, length 12", "",
                "tcpdump does not know UDP-Lite"});
}

void add_dns(std::vector<Sample>& to) {
  const ByteVector name = dns_name("example.org");
  const ByteVector pointer = {0xc0, 12};
  const ByteVector query = joined({dns_header(12345, 0x0100), dns_question(name, 1)});
  const auto udp = [](unsigned src, unsigned dst, const ByteVector& message) {
    return v4().udp(src, dst).payload(message).bytes();
  };
  to.push_back({"dns_query", udp(4000, 53, query), "IP 10.0.0.1.4000 > 10.0.0.2.53: 12345+ A? example.org. (29)"});
  to.push_back({"dns_query_edns",
                udp(4000, 53,
                    joined({dns_header(7, 0x0110, {.additional = 1}),
                            dns_question(name, 28),
                            {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0}})),
                "IP 10.0.0.1.4000 > 10.0.0.2.53: 7+% [1au] AAAA? example.org. (40)"});
  to.push_back({"dns_answer",
                udp(53, 4000,
                    joined({dns_header(12345, 0x8180, {.answers = 3}), dns_question(name, 1),
                            dns_record(pointer, 5, joined({with_length(1, text_bytes("www")), pointer})),
                            dns_record({0xc0, 41}, 1, {10, 0, 0, 9}), dns_record(name, 28, address_bytes(kB6))})),
                "IP 10.0.0.1.53 > 10.0.0.2.4000: 12345 q: A? example.org. 3/0/0 CNAME www.example.org., A 10.0.0.9, "
                "AAAA 2001:db8::2 (102)",
                "", "tcpdump shows the question of an answer with -vv only"});
  to.push_back({"dns_no_such_name", udp(53, 4000, joined({dns_header(1, 0x8583), dns_question(name, 65)})),
                "IP 10.0.0.1.53 > 10.0.0.2.4000: 1 NXDomain* q: HTTPS? example.org. 0/0/0 (29)", "",
                "tcpdump shows the question of an answer with -vv only"});
  to.push_back({"dns_odd_bytes",
                udp(4000, 53, joined({dns_header(1, 0), dns_question({3, 'a', 0, '.', 1, 10, 0}, 16, 3)})),
                "IP 10.0.0.1.4000 > 10.0.0.2.53: 1 TXT CHAOS? a\\000\\046.\\010. (23)", "",
                "tcpdump writes control bytes in another notation and does not mark a dot inside of a label"});
  to.push_back({"dns_over_tcp", v4().tcp(4000, 53, {.ack = 1, .flags = 0x18}).payload(with_length(2, query)).bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.53: Flags [P.], seq 1:32, ack 1, win 64240, length 31 12345+ A? "
                "example.org. (29)"});
  to.push_back({"mdns", udp(5353, 5353, joined({dns_header(0, 0), dns_question(dns_name("_http._tcp.local"), 12)})),
                "IP 10.0.0.1.5353 > 10.0.0.2.5353: 0 PTR (QM)? _http._tcp.local. (34)"});
  to.push_back(
      {"mdns_answer",
       udp(5353, 5353,
           joined({dns_header(0, 0x8400, {.questions = 0, .answers = 2}),
                   dns_record(dns_name("h.local"), 33, joined({{0, 0, 0, 0, 31, 144}, dns_name("h.local")}), 0x8001),
                   dns_record(dns_name("h.local"), 16, with_length(1, text_bytes("a=b")))})),
       "IP 10.0.0.1.5353 > 10.0.0.2.5353: 0*- [0q] 2/0/0 (Cache flush) SRV h.local.:8080 0 0, TXT \"a=b\" (69)"});
  to.push_back({"llmnr", udp(4000, 5355, query), "IP 10.0.0.1.4000 > 10.0.0.2.5355: 12345+ A? example.org. (29)", "",
                "tcpdump does not decode LLMNR"});
}

void add_tls(std::vector<Sample>& to) {
  const auto segment = [](const ByteVector& bytes) {
    return v4().tcp(4000, 8443, {.ack = 1, .flags = 0x18}).payload(bytes).bytes();
  };
  const std::string hello = ": TLS 1.3 client hello, sni example.org, alpn h2,http/1.1";
  to.push_back({"tls_client_hello", segment(client_hello("example.org")),
                "IP 10.0.0.1.4000 > 10.0.0.2.8443: Flags [P.], seq 1:138, ack 1, win 64240, length 137", "", "",
                hello});
  to.push_back({"tls_data", segment(tls_record(23, ByteVector(40, 0x77))),
                "IP 10.0.0.1.4000 > 10.0.0.2.8443: Flags [P.], seq 1:46, ack 1, win 64240, length 45", "", "",
                ": TLS application data"});
  to.push_back({"tls_alert", segment(tls_record(21, {1, 0})),
                "IP 10.0.0.1.4000 > 10.0.0.2.8443: Flags [P.], seq 1:8, ack 1, win 64240, length 7", "", "",
                ": TLS alert"});
  to.push_back({"tls_server_hello",
                segment(tls_record(22, joined({{2},
                                               with_length(3, joined({{3, 3},
                                                                      ByteVector(32, 1),
                                                                      {0, 0x13, 1, 0},
                                                                      with_length(2, tls_extension(43, {3, 4}))}))}))),
                "IP 10.0.0.1.4000 > 10.0.0.2.8443: Flags [P.], seq 1:56, ack 1, win 64240, length 55", "", "",
                ": TLS 1.3 server hello"});
  to.push_back({"quic_initial",
                v4().udp(4000, 443)
                    .payload(joined({{0xc3, 0, 0, 0, 1, 4, 1, 2, 3, 4, 0, 0, 0x40, 30}, ByteVector(30, 0x99)}))
                    .bytes(),
                "IP 10.0.0.1.4000 > 10.0.0.2.443: quic, initial, v1, dcid 01020304, length 44", "",
                "tcpdump of before 4.99.5 does not know QUIC"});
}

}  // namespace

std::vector<Sample> upper_samples() {
  std::vector<Sample> all;
  for (auto add :
       {add_tcp_options, add_ip_options, add_igmp, add_neighbor, add_transports, add_dns, add_tls, add_services}) {
    add(all);
  }
  return all;
}

}  // namespace skbtrail::test
