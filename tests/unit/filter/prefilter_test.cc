// The prefilter, against libpcap: a "no" that libpcap does not say is a packet that is never shown.
#include "filter/prefilter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <tuple>

#include "filter/expression.h"
#include "packet/packet_builder.h"
#include "tests/filter/ebpf_interpreter.h"
#include "tests/filter/expressions.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/packets.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using test::PacketBuilder;

constexpr uint32_t kReadable = 256;
constexpr size_t kLink = 14;
constexpr uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

// A packet that run_prefilter() (bpf/packet_filter.h) would put to the code: what is in the frame from its network
// header on, at `network`, which is preceded by its type.
struct Plain {
  ByteVector frame;
  uint32_t wire_len;

  // As a packet without link header is judged: after a made one.
  ByteVector behind_made_header() const {
    ByteVector made(12, 0);
    made.insert(made.end(), frame.begin() + 12, frame.end());
    return made;
  }
  uint16_t type() const { return static_cast<uint16_t>(frame[12] << 8 | frame[13]); }
  size_t bytes() const { return frame.size() - kLink; }
};

// The type by which a packet without link header is known: its version's.
std::optional<uint16_t> type_by_version(uint8_t first) {
  if (first >> 4 == 4) return kIpv4;
  if (first >> 4 == 6) return kIpv6;
  return std::nullopt;
}

std::vector<Plain> plain_packets(const std::vector<test::FilterPacket>& packets) {
  std::vector<Plain> plain;
  for (const auto& packet : packets) {
    if (packet.bytes.size() >= kLink) plain.push_back({packet.bytes, packet.wire_len});
    if (packet.bytes.empty()) continue;
    for (const auto type : {std::optional(packet.ethertype), type_by_version(packet.bytes[0])}) {
      if (!type) continue;
      Plain made{ByteVector(12, 0), packet.wire_len + static_cast<uint32_t>(kLink)};
      test::put16(made.frame, *type);
      test::put(made.frame, packet.bytes);
      plain.push_back(made);
    }
  }
  return plain;
}

std::vector<Plain> usual_packets() {
  std::vector<Plain> plain;
  const auto add = [&](const PacketBuilder& packet) {
    plain.push_back({packet.bytes(), static_cast<uint32_t>(packet.bytes().size())});
  };
  const auto frame = [] { return PacketBuilder().ethernet(); };
  for (const bool to_nine : {false, true}) {
    const unsigned port = to_nine ? 9 : 80;
    for (const bool from_ten : {false, true}) {
      const char* source = from_ten ? "10.0.0.1" : "192.168.1.5";
      add(frame().ipv4(source, "10.9.9.8").udp(4000, port).payload(20));
      add(frame().ipv4(source, "10.9.9.8").tcp(4000, port, {.flags = 0x18}).payload(20));
      add(frame().ipv6("fd00::1", "fd00::2").udp(4000, port).payload(20));
      add(frame().ipv6("fe80::1", "fd00::2").tcp(4000, port).payload(20));
    }
  }
  add(frame().ipv4("10.0.0.1", "10.0.0.2").icmp(8, 0, 1).payload(16));
  add(frame().ipv6("fd00::1", "fd00::2").icmp6(128, 0, 1).payload(16));
  add(frame().ipv4("10.0.0.1", "10.0.0.2", {.more_fragments = true}).udp(4000, 80).payload(24));
  add(frame().ipv4("10.0.0.1", "10.0.0.2", {.fragment_offset = 24, .protocol = uint8_t{17}}).payload(24));
  add(frame().ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 7, 4, 0, 0, 0, 0}}).udp(4000, 80).payload(24));
  return plain;
}

enum class Answer : uint8_t { no, look };

// With `linear` bytes from the network header on; garbage lies after them.
Answer answer(const std::vector<bpf_insn>& code, const Plain& packet, size_t linear) {
  const std::span readable = std::span(packet.frame).subspan(12, sizeof(uint16_t) + linear);
  uint64_t first = 0xa5a5a5a5a5a5a5a5;
  std::memcpy(&first, readable.data(), std::min(readable.size(), sizeof(first)));
  const auto result = test::Interpreter(code).run_quick(readable, static_cast<int64_t>(linear),
                                                        __builtin_bswap16(packet.type()), first);
  if (!result) return Answer::look;
  EXPECT_EQ(*result, 0u);
  return Answer::no;
}
Answer answer(const std::vector<bpf_insn>& code, const Plain& packet) {
  return answer(code, packet, packet.bytes());
}

std::optional<std::vector<bpf_insn>> code_for(const std::string& expression) {
  return prefilter_code(compile(expression), kReadable);
}

uint32_t judged(const ClassicProgram& program, const ByteVector& frame, uint32_t wire_len) {
  return test::libpcap_judges(program, frame, wire_len);
}

bool wanted(const ClassicProgram& program, const Plain& packet) {
  return judged(program, packet.frame, packet.wire_len) != 0 ||
         judged(program, packet.behind_made_header(), packet.wire_len) != 0;
}

std::string hex(const ByteVector& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    char digits[4];
    (void)snprintf(digits, sizeof(digits), "%02x ", byte);
    text += digits;
  }
  return text;
}

struct Filter {
  std::string expression;
  ClassicProgram program;
};

// Those that libpcap takes for Ethernet.
std::vector<Filter> all_filters() {
  std::vector<Filter> filters;
  for (const std::string& expression : test::filter_expressions())
    if (const auto compiled = test::LibpcapJudge::compile(expression, test::LinkType::ethernet))
      filters.push_back({expression, compiled->program()});
  return filters;
}

TEST(Prefilter, WhatItRefusesLibpcapRefuses) {
  std::vector<Plain> packets = plain_packets(test::filter_packets(2000));
  const std::vector<Plain> usual = usual_packets();
  packets.insert(packets.end(), usual.begin(), usual.end());
  size_t refused = 0, filters = 0;
  for (const Filter& filter : all_filters()) {
    const auto code = prefilter_code(filter.program, kReadable);
    if (!code) continue;
    filters++;
    for (const Plain& packet : packets) {
      if (answer(*code, packet) == Answer::look) continue;
      refused++;
      ASSERT_FALSE(wanted(filter.program, packet)) << filter.expression << "\n" << hex(packet.frame);
    }
  }
  EXPECT_GT(filters, 300u);
  EXPECT_GT(refused, 50000u);
}

TEST(Prefilter, WhereverThePacketsLinearPartEndsItRefusesWhatLibpcapRefuses) {
  std::vector<Plain> packets = plain_packets(test::filter_packets(60));
  for (const Plain& packet : usual_packets()) packets.push_back(packet);
  const std::vector<Filter> filters = all_filters();
  size_t refused = 0;
  // Each filter with some of the packets, each packet with every length.
  for (size_t f = 0; f < filters.size(); f++) {
    const auto code = prefilter_code(filters[f].program, kReadable);
    if (!code) continue;
    for (size_t p = f % 8; p < packets.size(); p += 8) {
      for (size_t linear = 0; linear < packets[p].bytes(); linear++) {
        if (answer(*code, packets[p], linear) == Answer::look) continue;
        refused++;
        Plain cut = packets[p];
        cut.frame.resize(kLink + linear);
        ASSERT_FALSE(wanted(filters[f].program, packets[p]) || wanted(filters[f].program, cut))
            << filters[f].expression << " at " << linear << "\n"
            << hex(packets[p].frame);
      }
    }
  }
  EXPECT_GT(refused, 10000u);
}

// What libpcap's compiler would not write: any instruction after any other, with the offsets of real ones.
ClassicProgram random_program(std::mt19937& random) {
  constexpr uint16_t kCodes[] = {0x20, 0x28, 0x30, 0x28, 0x30, 0x40, 0x48, 0x50, 0xb1, 0xb1, 0x00, 0x00,
                                 0x01, 0x01, 0x80, 0x07, 0x87, 0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64,
                                 0x74, 0x84, 0x94, 0xa4, 0x0c, 0x1c, 0x3c, 0x5c, 0x6c, 0x05, 0x15, 0x25,
                                 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x15, 0x15, 0x25, 0x06, 0x06};
  constexpr uint32_t kOffsets[] = {12, 14, 14, 16, 17, 20, 22, 23, 24, 26, 30, 34, 36, 40, 54, 60};
  constexpr uint32_t kNumbers[] = {0,  1,  2,    4,    5,    6,     8,      14,     17,
                                   20, 31, 0x40, 0x45, 0x50, 0x800, 0x86dd, 0x1fff, 0xfffffff0};
  const auto below = [&random](size_t end) { return static_cast<uint32_t>(random() % end); };
  const size_t size = 4 + below(24);
  ClassicProgram program = {{0x28, 0, 0, 12}};
  if (below(2)) program = {{0xb1, 0, 0, 14}, {0x28, 0, 0, 12}};
  while (program.size() < size) {
    ClassicInstruction it{kCodes[below(std::size(kCodes))], 0, 0, kNumbers[below(std::size(kNumbers))]};
    const auto left = size - program.size();
    const int kind = it.code & 7;
    if (it.code == 0x20 || it.code == 0x28 || it.code == 0x30) it.k = kOffsets[below(std::size(kOffsets))];
    if (it.code == 0xb1 && below(4)) it.k = kLink;
    if (it.code == 0x06) it.k = below(3) == 0;
    if (kind == 4 && (it.code == 0x64 || it.code == 0x74)) it.k %= 32;
    if (it.code == 0x34 || it.code == 0x94) it.k |= 1;
    if (it.code == 0x05) it.k = below(std::min<size_t>(left, 4));
    if (kind == 5 && it.code != 0x05) {
      it.jt = static_cast<uint8_t>(below(std::min<size_t>(left, 6)));
      it.jf = static_cast<uint8_t>(below(std::min<size_t>(left, 6)));
    }
    program.push_back(it);
  }
  program.push_back({0x06, 0, 0, below(2)});
  return program;
}

TEST(Prefilter, WhatItRefusesLibpcapRefusesForProgramsMadeAtRandomToo) {
  std::mt19937 random{20261123};
  std::vector<Plain> packets = usual_packets();
  for (const Plain& packet : plain_packets(test::filter_packets(40))) packets.push_back(packet);
  size_t refused = 0;
  for (size_t i = 0; i < 20000; i++) {
    const ClassicProgram program = random_program(random);
    const auto code = prefilter_code(program, kReadable);
    if (!code) continue;
    for (size_t p = i % 8; p < packets.size(); p += 8) {
      const size_t linear = random() % 2 ? packets[p].bytes() : random() % (packets[p].bytes() + 1);
      if (answer(*code, packets[p], linear) == Answer::look) continue;
      refused++;
      if (!wanted(program, packets[p])) continue;
      std::string text;
      for (const ClassicInstruction& it : program)
        text += std::to_string(it.code) + " " + std::to_string(it.jt) + " " + std::to_string(it.jf) + " " +
                std::to_string(it.k) + "\n";
      FAIL() << text << hex(packets[p].frame);
    }
  }
  EXPECT_GT(refused, 10000u);
}

// UDP and everything else go two ways that meet again.
class QuickJoins : public testing::Test {
 protected:
  static constexpr uint16_t kLoad = 0x30, kLoadImmediate = 0x00, kLoadIndirect = 0x50, kLoadX = 0x01, kJump = 0x05,
                            kEqual = 0x15, kReturn = 0x06;
  static constexpr uint8_t kUdp = 17;

  static Answer judged(const ClassicProgram& program, const PacketBuilder& packet, size_t linear) {
    const auto code = prefilter_code(program, kReadable);
    EXPECT_TRUE(code);
    return answer(*code, {packet.bytes(), 100}, linear);
  }
  const PacketBuilder udp = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(100);
  const PacketBuilder tcp = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).payload(100);
};

TEST_F(QuickJoins, ANumberThatDiffersIsNotKnownWhereTwoWaysMeet) {
  const ClassicProgram program = {{kLoad, 0, 0, 23},  {kEqual, 0, 2, kUdp},      {kLoadImmediate, 0, 0, 5},
                                  {kJump, 0, 0, 1},   {kLoadImmediate, 0, 0, 6}, {kEqual, 0, 1, 5},
                                  {kReturn, 0, 0, 0}, {kReturn, 0, 0, 1}};
  EXPECT_EQ(judged(program, udp, 100), Answer::no);
  EXPECT_EQ(judged(program, tcp, 100), Answer::look);
}

TEST_F(QuickJoins, AnOffsetThatDiffersIsNotKnownWhereTwoWaysMeet) {
  const ClassicProgram program = {{kLoad, 0, 0, 23},    {kEqual, 0, 2, kUdp}, {kLoadX, 0, 0, 0},
                                  {kJump, 0, 0, 1},     {kLoadX, 0, 0, 1},    {kLoadIndirect, 0, 0, 23},
                                  {kEqual, 1, 0, kUdp}, {kReturn, 0, 0, 0},   {kReturn, 0, 0, 1}};
  // It must not know which of two bytes is asked for; a way by which it refuses has to be there.
  ClassicProgram refusing = {{kLoad, 0, 0, 22}, {kEqual, 0, 1, 1}, {kReturn, 0, 0, 0}};
  refusing.insert(refusing.end(), program.begin(), program.end());
  EXPECT_EQ(judged(refusing, udp, 100), Answer::look);
  EXPECT_EQ(judged(refusing, tcp, 100), Answer::look);
}

TEST_F(QuickJoins, BytesThatOneWayDidNotLookForMayBeMissingWhereTwoWaysMeet) {
  const ClassicProgram program = {{kLoad, 0, 0, 23},   {kEqual, 0, 1, kUdp}, {kLoad, 0, 0, 90}, {kLoad, 0, 0, 80},
                                  {kEqual, 0, 1, 'x'}, {kReturn, 0, 0, 0},   {kReturn, 0, 0, 1}};
  EXPECT_EQ(judged(program, udp, 100), Answer::no);
  EXPECT_EQ(judged(program, tcp, 100), Answer::no);
  EXPECT_EQ(judged(program, udp, 70), Answer::look);
  EXPECT_EQ(judged(program, tcp, 70), Answer::no);
  EXPECT_EQ(judged(program, tcp, 50), Answer::look);
}

TEST(Prefilter, ALinearPartThatEndsBeforeItBeginsIsLookedAtClosely) {
  const auto code = code_for("udp dst port 9");
  ASSERT_TRUE(code);
  const ByteVector frame = usual_packets().front().frame;
  const auto bytes = std::span(frame).subspan(12);
  uint64_t first = 0;
  std::memcpy(&first, bytes.data(), sizeof(first));
  for (const int64_t linear : {int64_t{-1}, int64_t{-40}, int64_t{INT32_MIN}, -(int64_t{1} << 40)})
    EXPECT_EQ(test::Interpreter(*code).run_quick(bytes, linear, __builtin_bswap16(kIpv4), first), std::nullopt);
}

TEST(Prefilter, PlainPacketsThatASimpleFilterDoesNotWantAreRefused) {
  for (const char* expression :
       {"udp dst port 9", "tcp", "host 10.9.9.9", "ip6", "icmp", "not udp", "tcp dst port 9 and host 10.0.0.1",
        "net 192.168.0.0/16", "icmp6", "ip proto 47", "arp", "vlan", "tcp[tcpflags] & tcp-rst != 0", "udp[0:2] = 9",
        "ip[8] = 3", "ip6 host fd00::7", "portrange 1-10"}) {
    const ClassicProgram program = compile(expression);
    const auto code = prefilter_code(program, kReadable);
    ASSERT_TRUE(code) << expression;
    for (const Plain& packet : usual_packets()) {
      const bool has_options = packet.frame[kLink] >> 4 == 4 && packet.frame[kLink] != 0x45;
      if (has_options || wanted(program, packet)) continue;
      EXPECT_EQ(answer(*code, packet), Answer::no) << expression << "\n" << hex(packet.frame);
    }
  }
}

// Length and checksum of an IP header are written last, and then what is evaluated here may not be there.
TEST(Prefilter, WhoeverAsksForFieldsThatAreWrittenLastLooksClosely) {
  for (const auto& [expression, ipv4, ipv6] :
       {std::tuple("ip[2:2] = 1", true, false), std::tuple("ip[10:2] = 1", true, false),
        std::tuple("ip[3] = 1", true, false), std::tuple("ip[0:4] = 1", true, false),
        std::tuple("ip6[4:2] = 1", false, true), std::tuple("ip6[5] = 1", false, true)}) {
    const ClassicProgram program = compile(expression);
    EXPECT_TRUE(asks_fields_written_last(program)) << expression;
    const auto code = prefilter_code(program, kReadable);
    for (const Plain& packet : usual_packets()) {
      if (code && (packet.type() == kIpv4 ? ipv4 : ipv6)) {
        EXPECT_EQ(answer(*code, packet), Answer::look) << expression << "\n" << hex(packet.frame);
      }
    }
  }
  for (const char* expression : {"tcp port 80 and ip[2:2] > 52", "ip[ip[0] & 0xf] = 0", "ip[10] = 1"})
    EXPECT_TRUE(asks_fields_written_last(compile(expression))) << expression;
  for (const char* expression : {"udp dst port 9", "host 10.9.9.9", "ip6 host fd00::7", "tcp[tcpflags] & tcp-rst != 0",
                                 "ip[8] = 3", "ip6[6] = 17", "icmp[0] = 8", "port 53 or portrange 1-10",
                                 "net fd00::/16", "arp", "ip[4:2] = 1", "udp[8:4] = 1", "greater 100"})
    EXPECT_FALSE(asks_fields_written_last(compile(expression))) << expression;
}

TEST(Prefilter, WhatIsRefusedBeforeSuchAFieldIsAskedForIsRefusedAtOnce) {
  const auto code = prefilter_code(compile("tcp port 81 and ip[2:2] > 52"), kReadable);
  ASSERT_TRUE(code);
  const ByteVector udp = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 80).payload(20).bytes();
  EXPECT_EQ(answer(*code, {udp, 62}), Answer::no);
}

// A program for both ends of a call says so that it is not to be called at the return.
TEST(Prefilter, WhatItReturnsWhereItRefusesIsChosen) {
  const auto code = prefilter_code(compile("udp dst port 9"), kReadable, 1);
  ASSERT_TRUE(code);
  const ByteVector frame = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(4000, 80).payload(20).bytes();
  const auto bytes = std::span(frame).subspan(12);
  uint64_t first = 0;
  std::memcpy(&first, bytes.data(), sizeof(first));
  const auto linear = static_cast<int64_t>(frame.size() - kLink);
  EXPECT_EQ(test::Interpreter(*code).run_quick(bytes, linear, __builtin_bswap16(kIpv4), first), 1U);
}

TEST(Prefilter, WherePortsStandBehindOptionsItLooksClosely) {
  PacketBuilder behind = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2", {.options = {7, 7, 4, 0, 0, 0, 0}});
  const ByteVector packet = behind.udp(4000, 80).payload(8).bytes();
  for (const char* expression : {"udp dst port 9", "port 9", "not port 80", "udp[0:2] = 9", "src portrange 1-5"}) {
    const auto code = code_for(expression);
    ASSERT_TRUE(code) << expression;
    EXPECT_EQ(answer(*code, {packet, 100}), Answer::look) << expression;
  }
}

TEST(Prefilter, WhatIsNotPlainIsLookedAtClosely) {
  const auto code = code_for("udp dst port 9");
  ASSERT_TRUE(code);
  const ByteVector ipv4 = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(1, 2).bytes();
  const ByteVector ipv6 = PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2").tcp(1, 2).bytes();
  const auto typed = [](ByteVector frame, uint16_t type) {
    test::set16(frame, 12, type);
    return Plain{frame, 100};
  };
  EXPECT_EQ(answer(*code, typed(ipv4, kIpv4)), Answer::no);
  EXPECT_EQ(answer(*code, typed(ipv6, kIpv6)), Answer::no);
  EXPECT_EQ(answer(*code, typed(ipv4, kIpv6)), Answer::look);
  EXPECT_EQ(answer(*code, typed(ipv6, kIpv4)), Answer::look);
  for (const int type : {0x0806, 0x8100, 0x88a8, 0x8864, 0, 0x0008, 0xdd86})
    EXPECT_EQ(answer(*code, typed(ipv4, static_cast<uint16_t>(type))), Answer::look) << type;
}

TEST(Prefilter, AByteThatMayNotBeReadIsNotAskedFor) {
  ByteVector bytes = PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").udp(1, 2).payload(400).bytes();
  // The last that may be read is the one at 253 after the IP header's beginning.
  for (const auto& [offset, expected] : {std::pair{253, Answer::no}, {254, Answer::look}}) {
    const auto code = code_for("ip and ip[" + std::to_string(offset) + "] = 1");
    ASSERT_TRUE(code);
    EXPECT_EQ(answer(*code, {bytes, 500}), expected) << offset;
  }
}

TEST(Prefilter, FiltersOnLinkAddressesLengthsAndDirectionsHaveNoShortWay) {
  for (const char* expression : {"ether host 02:00:00:00:00:01", "not ether src 02:00:00:00:00:01", "ether broadcast",
                                 "ether[0] & 1 = 0", "len > 60", "less 60", "inbound", "outbound", ""})
    EXPECT_FALSE(code_for(expression)) << expression;
}

TEST(Prefilter, AFilterThatRefusesNothingHasNoShortWay) {
  EXPECT_FALSE(prefilter_code({}, kReadable));
  EXPECT_FALSE(prefilter_code({{0x06, 0, 0, 1}}, kReadable));
  EXPECT_FALSE(prefilter_code({{0x16, 0, 0, 0}}, kReadable));  // what is in A
}

TEST(Prefilter, TheCodeTakesNothingThatItIsNotGiven) {
  for (const Filter& filter : all_filters()) {
    const auto code = prefilter_code(filter.program, kReadable);
    if (!code) continue;
    for (size_t i = 0; i < code->size(); i++) {
      const bpf_insn& it = (*code)[i];
      const int kind = BPF_CLASS(it.code);
      ASSERT_LE(it.dst_reg, 5) << filter.expression;
      ASSERT_LE(it.src_reg, 5) << filter.expression;
      ASSERT_TRUE(kind != BPF_ST && kind != BPF_STX && kind != BPF_LD) << filter.expression;
      if (kind != BPF_JMP && kind != BPF_JMP32) continue;
      ASSERT_NE(BPF_OP(it.code), BPF_CALL) << filter.expression;
      if (BPF_OP(it.code) == BPF_EXIT) continue;
      ASSERT_GE(it.off, 0) << filter.expression;
      ASSERT_LE(i + 1 + static_cast<size_t>(it.off), code->size()) << filter.expression;
    }
  }
}

TEST(Prefilter, AFilterThatIsTooLongForJumpsHasNoShortWay) {
  constexpr uint16_t kLoadHalf = 0x28, kEqual = 0x15, kReturn = 0x06;
  ClassicProgram program = {{kLoadHalf, 0, 0, 12}};
  for (uint32_t i = 0; i < 20000; i++) {
    program.push_back({kLoadHalf, 0, 0, 200});
    program.push_back({kEqual, 1, 0, i});
    program.push_back({kReturn, 0, 0, 0});
  }
  program.push_back({kReturn, 0, 0, 1});
  EXPECT_FALSE(prefilter_code(program, kReadable));
}

TEST(Prefilter, FiltersThatDecideByTheEthernetTypeDoNotWantTaggedPackets) {
  for (const char* expression : {"udp dst port 9", "tcp", "ip6", "host 10.0.0.1", "icmp", "arp", "ip and not udp"})
    EXPECT_FALSE(may_want_tagged(compile(expression))) << expression;
  for (const char* expression : {"not udp", "vlan", "vlan 5 and udp", "not ip", "udp or vlan", "len > 60",
                                 "ether host 02:00:00:00:00:01", "ether proto 0x8100", "ether proto 0x88a8", ""})
    EXPECT_TRUE(may_want_tagged(compile(expression))) << expression;
  EXPECT_TRUE(may_want_tagged({{0x28, 0, 0, 12}}));  // runs off its end
  // What is calculated with the type is not followed: 0x8100 is wanted by this one.
  EXPECT_TRUE(
      may_want_tagged({{0x28, 0, 0, 12}, {0x54, 0, 0, 0xff}, {0x15, 0, 1, 0}, {0x06, 0, 0, 1}, {0x06, 0, 0, 0}}));
  EXPECT_TRUE(may_want_tagged({{0x28, 0, 0, 12}, {0x87, 0, 0, 0}, {0x15, 0, 1, 0}, {0x06, 0, 0, 1}, {0x06, 0, 0, 0}}));
}

TEST(Prefilter, AFilterThatDoesNotWantTaggedPacketsRefusesThem) {
  std::vector<ByteVector> tagged;
  std::vector<Plain> packets = plain_packets(test::filter_packets(400));
  for (const Plain& packet : usual_packets()) packets.push_back(packet);
  for (size_t i = 0; i < packets.size(); i++)
    for (const unsigned type : {0x8100, 0x88a8}) {
      ByteVector frame(packets[i].frame.begin(), packets[i].frame.begin() + 12);
      test::put16(frame, type), test::put16(frame, i % 3 ? 10 : static_cast<unsigned>(i * 7919 % 65536));
      frame.insert(frame.end(), packets[i].frame.begin() + 12, packets[i].frame.end());
      tagged.push_back(frame);
    }
  size_t unwilling = 0;
  for (const Filter& filter : all_filters()) {
    if (may_want_tagged(filter.program)) continue;
    unwilling++;
    for (const ByteVector& frame : tagged)
      ASSERT_EQ(judged(filter.program, frame, static_cast<uint32_t>(frame.size())), 0u) << filter.expression << "\n"
                                                                                        << hex(frame);
  }
  EXPECT_GT(unwilling, 100u);
}

}  // namespace
}  // namespace skbtrail::filter
