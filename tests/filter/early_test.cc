// Headers for an skb that has none yet: made in the kernel from images of sockets and control blocks, compared with the
// bytes that they have to be, and judged as libpcap judges those bytes. Needs root.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "bpf/config.h"
#include "filter/expression.h"
#include "filter/packet_filter.h"
#include "filter/prefilter.h"
#include "kernel/btf.h"
#include "load/kernel_functions.h"
#include "load/object_code.h"
#include "tests/filter/early.h"
#include "tests/filter/images.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/unit/packet/packet_builder.h"

namespace skbtrail::test {
namespace {

using filter::Access;

enum State : uint8_t {
  kEstablished = 1,
  kSynSent = 2,
  kFinWait1 = 4,
  kTimeWait = 6,
  kClose = 7,
  kLastAck = 9,
  kListen = 10,
  kNewSynRecv = 12
};
enum Flag : uint16_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 0x10, kAccurateEcn = 0x100 };
constexpr unsigned kTcp = 6, kUdp = 17;

constexpr uint16_t kSourcePort = 40000, kDestinationPort = 443;
constexpr uint32_t kNextExpected = 0xa0b0c0d0;

struct Sock {
  unsigned family = AF_INET;
  std::string source = "10.0.0.1", destination = "10.0.0.2";
  State state = kEstablished;
  unsigned protocol = kTcp;
  uint16_t port = kDestinationPort;
};

struct Case {
  const char* name;
  Sock sock = {};
  uint32_t len = 0;
  uint16_t flags = kAck;
  uint32_t seq = 0x01020304;
};

const Sock kIpv6{AF_INET6, "2001:db8::1", "2001:db8:1:2:3:4:5:6"};

const std::vector<Case>& made_cases() {
  static const std::vector<Case> cases{
      {.name = "an IPv4 SYN", .sock = {.state = kSynSent}, .flags = kSyn},
      {.name = "an IPv6 SYN", .sock = {AF_INET6, kIpv6.source, kIpv6.destination, kSynSent}, .flags = kSyn},
      {.name = "a SYN+ACK", .flags = kSyn | kAck},
      {.name = "IPv4 data", .len = 1448, .flags = kPsh | kAck},
      {.name = "IPv6 data", .sock = kIpv6, .len = 1428, .flags = kPsh | kAck},
      {.name = "a retransmit, far behind", .len = 1448, .seq = 0xfffffff0},
      {.name = "an IPv4 FIN", .sock = {.state = kFinWait1}, .flags = kFin | kAck},
      {.name = "an IPv6 FIN", .sock = {AF_INET6, kIpv6.source, kIpv6.destination, kLastAck}, .flags = kFin | kAck},
      {.name = "a RST", .flags = kRst},
      {.name = "a RST with ACK", .flags = kRst | kAck},
      {.name = "a flag that is not in the low byte", .flags = kAccurateEcn | kAck},
      {.name = "the longest that a header can say", .len = 65535 - 40},
      {.name = "one byte more", .len = 65535 - 39},
      {.name = "a big IPv4 skb", .len = 0x7ffff},
      {.name = "the longest of IPv6", .sock = kIpv6, .len = 65535 - 20},
      {.name = "one byte more of IPv6", .sock = kIpv6, .len = 65535 - 19},
      {.name = "a big IPv6 skb", .sock = kIpv6, .len = 0x7ffff},
      {.name = "IPv4 on a socket for both", .sock = {AF_INET6, "::ffff:10.0.0.1", "::ffff:10.0.0.2"}, .len = 7},
  };
  return cases;
}

const std::vector<Case>& refused_cases() {
  static const std::vector<Case> cases{
      {.name = "a time-wait socket", .sock = {.state = kTimeWait}},
      {.name = "a connection being accepted", .sock = {.state = kNewSynRecv}, .flags = kSyn | kAck},
      {.name = "the same over IPv6", .sock = {AF_INET6, kIpv6.source, kIpv6.destination, kNewSynRecv}},
      {.name = "a listener", .sock = {.state = kListen, .port = 0}, .flags = kSyn | kAck},
      {.name = "one that sends for connections that are no more", .sock = {.state = kClose, .port = 0}, .flags = kRst},
      {.name = "a UDP socket", .sock = {.protocol = kUdp}, .len = 10},
      {.name = "a UDP socket over IPv6", .sock = {AF_INET6, kIpv6.source, kIpv6.destination, kEstablished, kUdp}},
      {.name = "MPTCP's own socket", .sock = {.protocol = 262}},
      {.name = "a packet socket", .sock = {.family = AF_PACKET}},
      {.name = "nothing but zeros", .sock = {.family = 0, .state = State{0}, .protocol = 0}},
  };
  return cases;
}

const char* const kExpressions[] = {"",
                                    "ip",
                                    "ip6",
                                    "tcp",
                                    "udp",
                                    "not tcp",
                                    "host 10.0.0.1",
                                    "src host 10.0.0.2",
                                    "host 2001:db8::1",
                                    "dst net 2001:db8:1::/48",
                                    "tcp port 443",
                                    "src port 443",
                                    "portrange 39000-41000",
                                    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
                                    "tcp[tcpflags] == tcp-syn",
                                    "tcp[tcpflags] & tcp-rst != 0",
                                    "tcp[4:4] > 0xf0000000",
                                    "tcp[8:4] = 0",
                                    "ip[2:2] = 65535",
                                    "ip6[4:2] = 65535",
                                    "ip[8] = 0 and ip[6:2] = 0",
                                    "greater 1500",
                                    "less 100",
                                    "ether[0] = 0",
                                    "vlan",
                                    "tcp[20] = 0",
                                    "not tcp[20] = 0",
                                    "tcp[((tcp[12] & 0xf0) >> 2):2] != 0"};

ByteVector address(const std::string& text) {
  ByteVector bytes(text.find(':') == std::string::npos ? 4 : 16);
  if (inet_pton(bytes.size() == 4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()) != 1)
    throw std::invalid_argument(text);
  return bytes;
}

constexpr std::string_view kMapped = "::ffff:";

std::string unmapped(const std::string& text) {
  return text.starts_with(kMapped) ? text.substr(kMapped.size()) : text;
}

void fill_sock(early_packet& packet, const KernelLayout& layout, const Sock& from) {
  Image image(packet.sock, layout, "tcp_sock");
  Image sock(packet.sock, layout, "sock");
  image.number("rcv_nxt", kNextExpected);
  sock.number("__sk_common.skc_family", from.family).number("__sk_common.skc_state", from.state);
  sock.number("sk_protocol", from.protocol);
  sock.number("__sk_common.skc_num", kSourcePort).network16("__sk_common.skc_dport", from.port);
  if (from.family == AF_INET6) {
    sock.bytes("__sk_common.skc_v6_rcv_saddr", address(from.source));
    sock.bytes("__sk_common.skc_v6_daddr", address(from.destination));
  }
  // Of a mapped connection the kernel sets both.
  if (const auto bytes = address(unmapped(from.source)); bytes.size() == 4)
    sock.bytes("__sk_common.skc_rcv_saddr", bytes);
  if (const auto bytes = address(unmapped(from.destination)); bytes.size() == 4)
    sock.bytes("__sk_common.skc_daddr", bytes);
}

early_packet packet_of(const Case& given) {
  static const KernelLayout layout;
  early_packet packet{};
  fill_sock(packet, layout, given.sock);
  Image skb(packet.skb, layout, "sk_buff");
  constexpr uint64_t kHead = 0xffff'8880'1234'0000, kHeadroom = 320;
  skb.number("len", given.len).number("data_len", given.len).number("mac_header", 0xffff);
  skb.number("head", kHead).number("data", kHead + kHeadroom).number("tail", kHeadroom);
  const size_t cb = layout.range_of("sk_buff", "cb").offset;
  Image control(std::span(packet.skb).subspan(cb), layout, "tcp_skb_cb");
  control.number("seq", given.seq).number("end_seq", given.seq + given.len).number("tcp_flags", given.flags);
  return packet;
}

// What the IP and TCP layers would write, as far as it is known.
ByteVector expected_headers(const Case& given) {
  const uint32_t segment = 20 + given.len;
  const std::string source = unmapped(given.sock.source), destination = unmapped(given.sock.destination);
  const TcpFields tcp{.seq = given.seq,
                      .ack = given.flags & kAck ? kNextExpected : 0,
                      .flags = static_cast<uint8_t>(given.flags & 0xff),
                      .window = 0};
  const auto capped = [](uint32_t length) { return static_cast<uint16_t>(std::min(length, 65535u)); };
  PacketBuilder builder;
  const bool ipv4 = address(source).size() == 4;
  if (ipv4)
    builder.ipv4(source, destination, {.ttl = 0, .id = 0, .dont_fragment = false, .total_len = capped(20 + segment)});
  else
    builder.ipv6(source, destination, {.hop_limit = 0, .payload_len = capped(segment)});
  ByteVector bytes = builder.tcp(kSourcePort, kDestinationPort, tcp).bytes();
  if (ipv4) set16(bytes, 10, 0);
  set16(bytes, ipv4 ? 36 : 56, 0);
  return bytes;
}

// How the object is built for kernels.
struct Way {
  const char* name;
  bool casts;
  Access access;
};
std::ostream& operator<<(std::ostream& to, const Way& way) {
  return to << way.name;
}
constexpr Way kWays[] = {{"without_casts", false, Access::copy},
                         {"with_casts", true, Access::copy},
                         {"with_casts_and_typed_bytes", true, Access::typed}};

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

const kernel::Btf& kernel_types() {
  static const auto types = kernel::Btf::of_kernel();
  return types;
}

filter::Cast kernel_cast() {
  static const filter::Cast cast{kernel_types().function_id("bpf_rdonly_cast"),
                                 kernel_types().byte_array(SKBTRAIL_TYPED_BYTES)};
  return cast;
}

class EarlyProgram {
 public:
  EarlyProgram(const Way& way, const filter::PacketFilter& filter) {
    std::ifstream file(EARLY_OBJECT, std::ios::binary);
    const std::vector<char> built{std::istreambuf_iterator<char>(file), {}};
    const bool typed = way.access == Access::typed;
    const auto code =
        filter::packet_filter_code(filter, way.access, typed ? SKBTRAIL_TYPED_BYTES : EARLY_BYTES_MAX, kernel_cast());
    const auto object = std::as_bytes(std::span(built));
    const auto bytes = load::with_function({object.begin(), object.end()}, "packet_filter", code,
                                           typed ? load::Linkage::global : load::Linkage::static_only);
    LIBBPF_OPTS(bpf_object_open_opts, options, .kernel_log_buf = log_.data(), .kernel_log_size = log_.size());
    object_.reset(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
    if (!object_) throw std::runtime_error("cannot open " EARLY_OBJECT);
    configure(way, filter);
    link_kernel_functions();
    if (bpf_object__load(object_.get())) throw std::runtime_error("the kernel refuses the program: " + last_words());
  }

  early_packet run(early_packet packet) const {
    const int map = bpf_object__find_map_fd_by_name(object_.get(), "early");
    const uint32_t zero = 0;
    char frame[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame));
    const int program = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "make_early"));
    if (bpf_map_update_elem(map, &zero, &packet, BPF_ANY) || bpf_prog_test_run_opts(program, &options) ||
        bpf_map_lookup_elem(map, &zero, &packet))
      throw std::runtime_error(std::string("BPF_PROG_TEST_RUN: ") + std::strerror(errno));
    if (!packet.has_run) throw std::runtime_error("the program did not run");
    return packet;
  }

 private:
  void configure(const Way& way, const filter::PacketFilter& filter) {
    skbtrail_config config{};
    config.snaplen = EARLY_BYTES_MAX;
    config.rdonly_cast = way.casts;
    config.match_packet = 1;
    config.filter_length = filter::asks_length(*filter.packet);
    config.filter_fields = filter::asks_fields_written_last(*filter.packet);
    config.types = load::cast_types_of(kernel_types());
    config.bytes_type = way.access == Access::typed ? kernel_cast().type : 0;
    bpf_map* map = bpf_object__find_map_by_name(object_.get(), ".rodata.config");
    if (!map || bpf_map__set_initial_value(map, &config, sizeof(config)))
      throw std::runtime_error("cannot set the configuration");
  }

  // All calls of them are in the program itself, of which libbpf has the code before it loads it.
  void link_kernel_functions() {
    bpf_program* program = bpf_object__find_program_by_name(object_.get(), "make_early");
    const bpf_insn* first = bpf_program__insns(program);
    auto code = load::with_kernel_functions({first, first + bpf_program__insn_cnt(program)},
                                            load::KernelFunctions::of(kernel_types()));
    if (bpf_program__set_insns(program, code.data(), code.size())) throw std::runtime_error("libbpf takes no code");
  }

  std::string last_words() const {
    constexpr size_t kShown = 1500;
    const std::string log(log_.c_str());
    return log.substr(log.size() - std::min(log.size(), kShown));
  }

  std::string log_ = std::string(1 << 20, '\0');
  std::unique_ptr<bpf_object, CloseObject> object_;
};

class EarlyHeaders : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    const filter::Cast cast = kernel_cast();
    if (GetParam().casts && !cast.function) GTEST_SKIP() << "this kernel has no bpf_rdonly_cast";
    if (GetParam().access == Access::typed && !cast.type) GTEST_SKIP() << "this kernel has no struct of bytes";
  }

  static EarlyProgram program(const std::string& expression) {
    return EarlyProgram(GetParam(), {filter::compile(expression), std::nullopt});
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, EarlyHeaders, testing::ValuesIn(kWays),
                         [](const auto& way) { return std::string(way.param.name); });

TEST_P(EarlyHeaders, AreThoseThatTheSocketTells) {
  const EarlyProgram make = program("");
  for (const Case& given : made_cases()) {
    SCOPED_TRACE(given.name);
    const early_packet made = make.run(packet_of(given));
    const ByteVector expected = expected_headers(given);
    ASSERT_EQ(ByteVector(made.bytes, made.bytes + made.length), expected);
    EXPECT_EQ(made.wire_len, expected.size() + given.len);
    EXPECT_EQ(ntohs(made.protocol), expected[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    EXPECT_EQ(made.flags, REC_FLAG_SYNTHESIZED);
    EXPECT_EQ(made.layer, REC_START_NETWORK);
    for (size_t i = made.length; i < sizeof(made.bytes); i++) EXPECT_EQ(made.bytes[i], 0) << i;
  }
}

TEST_P(EarlyHeaders, AreNotMadeWhereTheSocketTellsTooLittle) {
  const EarlyProgram make = program("");
  for (const Case& given : refused_cases()) {
    SCOPED_TRACE(given.name);
    const early_packet made = make.run(packet_of(given));
    const bool inet = given.sock.family == AF_INET || given.sock.family == AF_INET6;
    EXPECT_EQ(made.length, 0u);
    EXPECT_EQ(made.flags, inet ? REC_FLAG_UNWRITTEN : 0);
    EXPECT_EQ(made.verdict, FILTER_NO);
    EXPECT_EQ(made.layer, REC_START_NONE);
  }
}

TEST_P(EarlyHeaders, AreNotMadeForAnSkbThatHasSome) {
  static const KernelLayout layout;
  early_packet packet = packet_of({.name = ""});
  Image(packet.skb, layout, "sk_buff").number("network_header", 300).network16("protocol", 0x0800);
  const early_packet seen = program("").run(packet);
  EXPECT_EQ(seen.length, 0u);
  EXPECT_EQ(seen.layer, REC_START_NETWORK);
}

// Where an skb's bytes begin in its head; what is before is another packet's.
constexpr uint16_t kDataAt = 64;

// An skb with these bytes, of which the first is at its network header, and of which the kernel has written the first
// `written`.
early_packet packet_with(const Sock& sock, ByteVector bytes, uint16_t transport, size_t written) {
  static const KernelLayout layout;
  early_packet packet = packet_of({.name = "", .sock = sock});
  std::fill(std::begin(packet.head), std::end(packet.head), uint8_t{0xa5});
  std::copy_n(bytes.begin(), written, packet.head + kDataAt);
  packet.data_at = kDataAt;
  const auto length = static_cast<uint32_t>(bytes.size());
  Image skb(packet.skb, layout, "sk_buff");
  skb.number("len", length).number("data_len", 0).number("tail", kDataAt + length).number("mac_header", 0xffff);
  skb.number("network_header", kDataAt).number("transport_header", kDataAt + transport).number("_skb_refdst", 0x1000);
  Image(packet.sock, layout, "inet_sock").network16("inet_sport", kSourcePort);
  return packet;
}

ByteVector udp4_packet(uint16_t port) {
  return PacketBuilder().ipv4("10.0.0.1", "10.0.0.9").udp(kSourcePort, port).payload(30).bytes();
}
ByteVector udp6_packet(uint16_t port) {
  return PacketBuilder().ipv6("2001:db8::1", "2001:db8::9").udp(kSourcePort, port).payload(30).bytes();
}

const Sock kUdpSock{.protocol = kUdp, .port = 0};

// As it is at udp_send_skb(): the ports of another packet are where its own will.
early_packet at_udp_send_skb(const ByteVector& bytes, uint16_t port) {
  static const KernelLayout layout;
  const bool ipv4 = bytes[0] >> 4 == 4;
  const uint16_t header = ipv4 ? 20 : 40;
  early_packet packet = packet_with(kUdpSock, bytes, header, header);
  packet.by_function = HEADERS_NO_UDP;
  Image flow(packet.flow, layout, ipv4 ? "flowi4" : "flowi6");
  flow.network16("uli.ports.dport", port).network16("uli.ports.sport", kSourcePort);
  return packet;
}

TEST_P(EarlyHeaders, OfUdpAreThoseThatTheFlowTells) {
  constexpr uint16_t kPort = 4321;
  const EarlyProgram make = program("udp dst port 4321");
  for (const ByteVector& bytes : {udp4_packet(kPort), udp6_packet(kPort)}) {
    const size_t headers = bytes.size() - 30;
    ByteVector expected(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(headers));
    if (bytes[0] >> 4 == 4) set16(expected, 10, 0);
    set16(expected, headers - 2, 0);
    const early_packet made = make.run(at_udp_send_skb(bytes, kPort));
    ASSERT_EQ(ByteVector(made.bytes, made.bytes + made.length), expected);
    EXPECT_EQ(made.wire_len, bytes.size());
    EXPECT_EQ(made.flags, REC_FLAG_SYNTHESIZED | REC_FLAG_UNWRITTEN);
    EXPECT_EQ(ntohs(made.protocol), bytes[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    EXPECT_GT(made.verdict, FILTER_OUT_OF_RANGE);
    // 0xa5a5 is what is there.
    EXPECT_EQ(program("udp dst port 42405").run(at_udp_send_skb(bytes, kPort)).verdict, FILTER_NO);
  }
}

TEST_P(EarlyHeaders, OfTcpAreTheOnesThatStandBeforeThePayload) {
  static const KernelLayout layout;
  const ByteVector tcp = PacketBuilder().tcp(kSourcePort, kDestinationPort, {.seq = 7, .ack = 8, .window = 99}).bytes();
  ByteVector bytes = tcp;
  bytes[12] = 8 << 4;  // with 12 bytes of options
  bytes.resize(32 + 100, 1);
  early_packet packet = packet_with({}, bytes, 0, bytes.size());
  Image(packet.skb, layout, "sk_buff").number("network_header", 0);
  const early_packet made = program("").run(packet);
  ByteVector header(made.bytes + 20, made.bytes + 40), expected = tcp;
  set16(expected, 16, 0);
  EXPECT_EQ(header, expected);
  EXPECT_EQ(made.wire_len, 20u + 20u + 100u);
  EXPECT_EQ(made.flags, REC_FLAG_SYNTHESIZED);
}

TEST_P(EarlyHeaders, OfWhichOnlyRoomIsThereAreNone) {
  static const KernelLayout layout;
  const EarlyProgram judge = program("");
  for (const ByteVector& bytes : {udp4_packet(1), udp6_packet(1)}) {
    const bool ipv4 = bytes[0] >> 4 == 4;
    early_packet packet = packet_with(kUdpSock, bytes, ipv4 ? 20 : 40, bytes.size());
    Image skb(packet.skb, layout, "sk_buff");
    skb.number("_skb_refdst", 0).network16("protocol", ipv4 ? 0 : 0x86dd);
    early_packet seen = judge.run(packet);
    EXPECT_EQ(seen.headers, HEADERS_ABSENT);
    EXPECT_EQ(seen.length, 0u);
    EXPECT_EQ(seen.flags, REC_FLAG_UNWRITTEN);
    EXPECT_EQ(seen.verdict, FILTER_NO);

    // Freed, it has lost its route: that it was sent is seen from its protocol, its device, or what IPv6 put into cb.
    if (ipv4) {
      skb.network16("protocol", 0x0800);
      EXPECT_EQ(judge.run(packet).headers, HEADERS_WRITTEN);
      continue;
    }
    early_packet sent = packet;
    Image(sent.skb, layout, "sk_buff").number("dev", 0xffff'8880'0000'1000);
    EXPECT_EQ(judge.run(sent).headers, HEADERS_WRITTEN);
    const size_t cb = layout.range_of("sk_buff", "cb").offset;
    Image(std::span(packet.skb).subspan(cb), layout, "inet6_skb_parm").number("nhoff", 6);
    EXPECT_EQ(judge.run(packet).headers, HEADERS_WRITTEN);
  }
}

TEST_P(EarlyHeaders, LackTheirLengthUntilTheEnd) {
  const EarlyProgram judge = program("ip[2:2] = 58 or ip6[4:2] = 38");
  for (const ByteVector& bytes : {udp4_packet(1), udp6_packet(1)}) {
    const bool ipv4 = bytes[0] >> 4 == 4;
    ByteVector early = bytes, expected = bytes;
    set16(early, ipv4 ? 2 : 4, 0xdead);
    if (ipv4) set16(early, 10, 0xbeef);
    if (ipv4) set16(expected, 10, 0);
    expected.resize(EARLY_BYTES_MAX < bytes.size() ? EARLY_BYTES_MAX : bytes.size());
    early_packet packet = packet_with(kUdpSock, early, ipv4 ? 20 : 40, early.size());
    if (!ipv4) packet.by_function = HEADERS_NO_LENGTH;  // IPv4's protocol tells it
    const early_packet seen = judge.run(packet);
    EXPECT_EQ(seen.headers, HEADERS_NO_LENGTH);
    EXPECT_EQ(ByteVector(seen.bytes, seen.bytes + seen.length), expected);
    EXPECT_EQ(seen.flags, REC_FLAG_UNWRITTEN);
    EXPECT_GT(seen.verdict, FILTER_OUT_OF_RANGE);
  }
}

TEST_P(EarlyHeaders, AreNotLookedForWhereTheOffsetsDoNotLead) {
  early_packet packet = packet_with(kUdpSock, udp4_packet(1), 20, 58);
  packet.by_function = HEADERS_NOT_HERE;
  const early_packet seen = program("").run(packet);
  EXPECT_EQ(seen.length, 0u);
  EXPECT_EQ(seen.flags, 0u);
  EXPECT_EQ(seen.layer, REC_START_NONE);
}

// The frame of which a packet without a link layer is judged.
ByteVector as_frame(const ByteVector& headers) {
  constexpr size_t kLinkHeader = 14;
  ByteVector frame(kLinkHeader + headers.size());
  set16(frame, 12, headers[0] >> 4 == 4 ? 0x0800 : 0x86dd);
  std::copy(headers.begin(), headers.end(), frame.begin() + kLinkHeader);
  return frame;
}

TEST_P(EarlyHeaders, AreJudgedAsLibpcapJudgesThem) {
  size_t matches = 0, judged = 0;
  for (const char* expression : kExpressions) {
    const auto classic = filter::compile(expression);
    const EarlyProgram judge = program(expression);
    for (const Case& given : made_cases()) {
      const ByteVector headers = expected_headers(given);
      const uint32_t wire_len = static_cast<uint32_t>(headers.size()) + given.len;
      const uint32_t expected = libpcap_judges(classic, as_frame(headers), wire_len);
      const uint32_t verdict = judge.run(packet_of(given)).verdict;
      EXPECT_EQ(verdict > FILTER_OUT_OF_RANGE ? verdict : 0, expected) << expression << " on " << given.name;
      matches += expected != 0;
      judged++;
    }
  }
  EXPECT_GT(matches, judged / 5);
  EXPECT_LT(matches, judged * 4 / 5);
}

TEST_P(EarlyHeaders, ThatLackAByteOfThePayloadSaySo) {
  const EarlyProgram judge = program("tcp[20] = 0x16");
  EXPECT_EQ(judge.run(packet_of({.name = "", .len = 100})).verdict, FILTER_OUT_OF_RANGE);
}

}  // namespace
}  // namespace skbtrail::test
