#include "filter/classic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>

#include "filter/expression.h"
#include "packet/packet_builder.h"
#include "sentence.h"
#include "tests/filter/ebpf_interpreter.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using testing::HasSubstr;

constexpr uint32_t kCopiedMax = 64;
constexpr uint32_t kMatch = 262144;

// clang-format off
// The codes of classic BPF by the names that tcpdump -d gives them.
enum Code : uint16_t {
  kLd = 0x20, kLdh = 0x28, kLdb = 0x30, kLdInd = 0x40, kLdbInd = 0x50, kLdxMsh = 0xb1, kLdImm = 0x00, kLdxImm = 0x01,
  kLdMem = 0x60, kLdxMem = 0x61, kSt = 0x02, kStx = 0x03, kLdLen = 0x80, kJa = 0x05, kJeq = 0x15, kDivX = 0x3c,
  kModX = 0x9c, kDivK = 0x34, kLshK = 0x64, kLshX = 0x6c, kRshX = 0x7c, kNeg = 0x84, kTxa = 0x87, kTax = 0x07, kRet = 0x06,
  kRetA = 0x16
};
// clang-format on

struct Given {
  ByteVector packet;
  uint32_t copied = kCopiedMax;
  uint32_t packet_type = 0;
  uint16_t ethertype = 0;
  uint32_t tag = 0;
  Front front = Front::none;
  Access access = Access::copy;
  uint32_t rounds = 8;
};

uint32_t judged(const ClassicProgram& program, const Given& given) {
  const auto code = translate(program, {kCopiedMax,
                                        given.access,
                                        given.front,
                                        given.rounds,
                                        0,
                                        {test::Interpreter::kCastFunction, test::Interpreter::kCastType}});
  ByteVector copy(given.packet);
  copy.resize(kCopiedMax, 0xa5);
  const uint32_t copied = std::min({given.copied, kCopiedMax, static_cast<uint32_t>(given.packet.size())});
  return test::Interpreter(code).run({copy, given.packet, copied, static_cast<uint32_t>(given.packet.size()),
                                      given.packet_type, given.ethertype, given.tag});
}

uint32_t judged(const std::string& expression, const Given& given) {
  return judged(compile(expression), given);
}

// What the program leaves in A.
uint32_t left_in_a(ClassicProgram program, const ByteVector& packet = {}) {
  program.push_back({kRetA, 0, 0, 0});
  return judged(program, {.packet = packet});
}

std::string refusal(const ClassicProgram& program) {
  return test::sentence<UntranslatableFilter>([&] { translate(program, {kCopiedMax}); });
}

test::PacketBuilder frame() {
  return test::PacketBuilder().ethernet();
}

ByteVector tcp_frame() {
  return frame().ipv4("10.0.0.1", "10.0.0.2").tcp(40000, 80).payload(100).bytes();
}

ByteVector without_link(const ByteVector& bytes) {
  return {bytes.begin() + 14, bytes.end()};
}

TEST(Classic, APacketIsJudgedTheSameWhereverItsBytesAre) {
  for (uint32_t copied : {0u, 14u, 33u, 37u, kCopiedMax})
    for (Access access : {Access::copy, Access::typed}) {
      EXPECT_EQ(judged("tcp port 80", {.packet = tcp_frame(), .copied = copied, .access = access}), kMatch) << copied;
      EXPECT_EQ(judged("tcp port 81", {.packet = tcp_frame(), .copied = copied, .access = access}), 0u) << copied;
      EXPECT_EQ(judged("ip[100] = 0x78", {.packet = tcp_frame(), .copied = copied, .access = access}), kMatch)
          << copied;
    }
}

TEST(Classic, ALoadOutOfRangeEndsTheProgramEvenUnderNot) {
  EXPECT_EQ(judged("not ip[200] = 1", {.packet = tcp_frame()}), 0u);
  EXPECT_EQ(judged("not ip[2147483647] = 1", {.packet = tcp_frame()}), 0u);
  EXPECT_EQ(judged("not ip", {.packet = ByteVector(13)}), 0u);
  EXPECT_EQ(judged("not ip", {.packet = ByteVector(14)}), kMatch);
}

TEST(Classic, AnIndirectOffsetDoesNotWrap) {
  const ClassicProgram program = {{kLdxImm, 0, 0, 0xffffffff}, {kLdbInd, 0, 0, 1}, {kRet, 0, 0, 1}};
  EXPECT_EQ(judged(program, {.packet = tcp_frame()}), 0u);
}

TEST(Classic, RegistersAndCellsThatWereNotSetAreZero) {
  EXPECT_EQ(left_in_a({}), 0u);
  EXPECT_EQ(left_in_a({{kTxa, 0, 0, 0}}), 0u);
  EXPECT_EQ(left_in_a({{kLdImm, 0, 0, 7}, {kLdMem, 0, 0, 15}}), 0u);
}

TEST(Classic, CellsKeepWhatWasStored) {
  EXPECT_EQ(left_in_a({{kLdImm, 0, 0, 7},
                       {kSt, 0, 0, 0},
                       {kLdxImm, 0, 0, 9},
                       {kStx, 0, 0, 15},
                       {kLdMem, 0, 0, 0},
                       {kLdxMem, 0, 0, 0},
                       {kLdMem, 0, 0, 15}}),
            9u);
}

TEST(Classic, DivisionByAnXOfZeroEndsTheProgram) {
  for (uint16_t code : {kDivX, kModX})
    EXPECT_EQ(judged(ClassicProgram{{kLdImm, 0, 0, 7}, {code, 0, 0, 0}, {kRet, 0, 0, 5}}, {}), 0u);
}

TEST(Classic, AShiftByAnXOf32OrMoreYieldsZero) {
  for (uint16_t code : {kLshX, kRshX}) {
    EXPECT_EQ(left_in_a({{kLdImm, 0, 0, 0xffffffff}, {kLdxImm, 0, 0, 32}, {code, 0, 0, 0}}), 0u);
    EXPECT_NE(left_in_a({{kLdImm, 0, 0, 0xffffffff}, {kLdxImm, 0, 0, 31}, {code, 0, 0, 0}}), 0u);
  }
}

TEST(Classic, NegationIsOf32Bits) {
  EXPECT_EQ(left_in_a({{kLdImm, 0, 0, 1}, {kNeg, 0, 0, 0}}), 0xffffffffu);
}

TEST(Classic, TheIpHeaderLengthIsTakenFromItsNibble) {
  EXPECT_EQ(left_in_a({{kLdxMsh, 0, 0, 1}, {kTxa, 0, 0, 0}}, {0, 0x4f}), 60u);
}

TEST(Classic, LenIsTheLengthOnTheWire) {
  EXPECT_EQ(left_in_a({{kLdLen, 0, 0, 0}}, ByteVector(77)), 77u);
}

TEST(Classic, InboundAndOutboundGoByThePacketType) {
  constexpr uint32_t kHost = 0, kOutgoing = 4;
  EXPECT_EQ(judged("inbound", {.packet = {}, .packet_type = kHost}), kMatch);
  EXPECT_EQ(judged("inbound", {.packet = {}, .packet_type = kOutgoing}), 0u);
  EXPECT_EQ(judged("outbound and tcp", {.packet = tcp_frame(), .packet_type = kOutgoing}), kMatch);
}

TEST(Classic, APacketWithoutLinkHeaderIsJudgedBehindAMadeOne) {
  const Given ip{.packet = without_link(tcp_frame()), .ethertype = 0x0800, .front = Front::link_header};
  EXPECT_EQ(judged("tcp port 80", ip), kMatch);
  EXPECT_EQ(judged("not arp", ip), kMatch);
  EXPECT_EQ(judged("arp", ip), 0u);
  EXPECT_EQ(judged("ether host 02:00:00:00:00:01", ip), 0u);
  EXPECT_EQ(judged("not ether host 02:00:00:00:00:01", ip), kMatch);
  EXPECT_EQ(judged("vlan", ip), 0u);
  EXPECT_EQ(judged("tcp and not multicast and not vlan", ip), kMatch);
  EXPECT_EQ(judged("ether[10:4] = 0x0800 and ether[12:4] = 0x08004500 and ether[ip[9] + 7] = 0", ip), kMatch);

  const Given arp{.packet = without_link(frame().arp().bytes()), .ethertype = 0x0806, .front = Front::link_header};
  EXPECT_EQ(judged("arp host 10.0.0.2", arp), kMatch);
  EXPECT_EQ(judged("ip", arp), 0u);
}

TEST(Classic, AnAcceleratedTagIsSeenAsIfItWereInTheBytes) {
  const Given tagged{.packet = tcp_frame(), .tag = 0x8100000a, .front = Front::tag};
  EXPECT_EQ(judged("vlan 10 and tcp port 80", tagged), kMatch);
  EXPECT_EQ(judged("vlan 11", tagged), 0u);
  EXPECT_EQ(judged("ether src 02:00:00:00:00:01", tagged), kMatch);
  EXPECT_EQ(judged("ether[10:4] = 0x00018100 and ether[14:4] = 0x000a0800", tagged), kMatch);

  const Given at_network{
      .packet = without_link(tcp_frame()), .ethertype = 0x0800, .tag = 0x8100000a, .front = Front::tagged_link_header};
  EXPECT_EQ(judged("vlan 10 and tcp port 80", at_network), kMatch);
}

TEST(Classic, ProtochainFollowsSoManyHeadersAndNoMore) {
  auto packet = frame().ipv6("fd00::1", "fd00::2");
  for (int i = 0; i < 5; i++) packet.destination_options();
  const ByteVector bytes = packet.tcp(1, 2).bytes();
  EXPECT_EQ(judged("ip6 protochain 6", {.packet = bytes, .rounds = 6}), kMatch);
  EXPECT_EQ(judged("ip6 protochain 6", {.packet = bytes, .rounds = 5}), 0u);
  EXPECT_EQ(judged("not ip6 protochain 6", {.packet = bytes, .rounds = 5}), 0u);
  EXPECT_EQ(judged("protochain 6", {.packet = tcp_frame()}), kMatch);
}

TEST(Classic, WhatLibpcapCallsInvalidIsRefused) {
  EXPECT_THAT(refusal({}), HasSubstr("empty"));
  EXPECT_THAT(refusal({{0xff, 0, 0, 0}}), HasSubstr("instruction 0 of the packet filter is no instruction"));
  EXPECT_THAT(refusal({{kLdImm, 0, 0, 0}}), HasSubstr("leaves the program"));
  EXPECT_THAT(refusal({{kJeq, 0, 5, 0}, {kRet, 0, 0, 0}}), HasSubstr("leaves the program"));
  EXPECT_THAT(refusal({{kLdMem, 0, 0, 16}, {kRet, 0, 0, 0}}), HasSubstr("memory cell"));
  EXPECT_THAT(refusal({{kDivK, 0, 0, 0}, {kRet, 0, 0, 0}}), HasSubstr("divides by zero"));
  EXPECT_THAT(refusal({{kLshK, 0, 0, 32}, {kRet, 0, 0, 0}}), HasSubstr("shifts"));
}

TEST(Classic, ALoopInALoopIsRefused) {
  EXPECT_THAT(
      refusal({{kLdImm, 0, 0, 0}, {kTax, 0, 0, 0}, {kJa, 0, 0, 0xfffffffe}, {kJa, 0, 0, 0xfffffffc}, {kRet, 0, 0, 0}}),
      HasSubstr("loop in a loop"));
}

// Accepts after `count` comparisons of a loaded byte, each of which may jump to the end.
ClassicProgram long_program(size_t count) {
  ClassicProgram program;
  for (size_t i = 0; i + 2 < count; i += 2) {
    program.push_back({kLdb, 0, 0, static_cast<uint32_t>(i % 50)});
    program.push_back({kJeq, 0, 0, 1});
  }
  while (program.size() + 1 < count) program.push_back({kTax, 0, 0, 0});
  program.push_back({kRet, 0, 0, 1});
  return program;
}

TEST(Classic, AProgramAsLongAsTheKernelsLongestIsTranslatedAndOneBeyondOurLimitRefused) {
  EXPECT_EQ(judged(long_program(4096), {.packet = tcp_frame()}), 1u);
  EXPECT_THAT(refusal(long_program(65537)), HasSubstr("more than 65536"));
}

TEST(Classic, AJumpThatIsTooLongIsRefusedWithTheReason) {
  ClassicProgram program;
  for (uint32_t i = 0; i < 4000; i++) program.push_back({kLd, 0, 0, i});
  program.insert(program.begin(), {kJa, 0, 0, 3999});
  program.insert(program.begin(), {kJeq, 1, 0, 5});
  program.push_back({kRet, 0, 0, 1});
  EXPECT_THAT(refusal(program), HasSubstr("too long"));
}

}  // namespace
}  // namespace skbtrail::filter
