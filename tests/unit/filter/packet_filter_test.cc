// The dispatcher: every variant by its number, each against libpcap's interpreter on the bytes that it stands for.
#include "filter/packet_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>

#include "filter/expression.h"
#include "packet/packet_builder.h"
#include "sentence.h"
#include "tests/filter/ebpf_interpreter.h"
#include "tests/filter/libpcap_judge.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using testing::HasSubstr;

constexpr uint32_t kCopiedMax = 64;
constexpr uint32_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
constexpr uint32_t kTag = 0x8100'0064;  // VLAN 100
constexpr Cast kCast{test::Interpreter::kCastFunction, test::Interpreter::kCastType};

PacketFilter packet_filter(const std::string& packet) {
  return {compile(packet), std::nullopt};
}
PacketFilter inner_filter(const std::string& inner) {
  return {std::nullopt, compile(inner)};
}

struct Given {
  uint16_t variant;
  ByteVector bytes;
  uint16_t ethertype = 0;
  uint32_t tag = 0;
  Access access = Access::copy;
  uint32_t copied = kCopiedMax;
};

uint32_t judged(const std::vector<bpf_insn>& code, const Given& given) {
  ByteVector copy = given.bytes;
  copy.resize(kCopiedMax, 0xa5);
  const auto size = static_cast<uint32_t>(given.bytes.size());
  return test::Interpreter(code).run({.copy = copy,
                                      .linear = given.bytes,
                                      .copied = std::min({given.copied, kCopiedMax, size}),
                                      .wire_len = size,
                                      .ethertype = given.ethertype,
                                      .tag = given.tag,
                                      .variant = given.variant});
}

uint32_t judged(const PacketFilter& filter, const Given& given) {
  return judged(packet_filter_code(filter, given.access, kCopiedMax, kCast), given);
}

ByteVector network_packet() {
  return test::PacketBuilder().ipv4("10.0.0.1", "10.0.0.2").tcp(40000, 80).payload(60).bytes();
}
ByteVector network_packet6() {
  return test::PacketBuilder().ipv6("2001:db8::1", "2001:db8::2").udp(53, 5353).payload(9).bytes();
}
ByteVector frame() {
  return test::PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2").tcp(40000, 80).payload(60).bytes();
}

bool starts_at_link(const Given& given) {
  return given.variant == FILTER_LINK || given.variant == FILTER_TAGGED_LINK || given.variant == FILTER_INNER_LINK;
}
bool is_tagged(const Given& given) {
  return given.variant == FILTER_TAGGED_LINK || given.variant == FILTER_TAGGED_NETWORK;
}

// The frame that a variant stands for.
ByteVector seen(const Given& given) {
  ByteVector bytes = given.bytes, made;
  if (!starts_at_link(given)) made.resize(12);
  if (is_tagged(given)) test::put32(made, given.tag);
  if (!starts_at_link(given)) test::put16(made, given.ethertype);
  bytes.insert(bytes.begin() + (starts_at_link(given) && is_tagged(given) ? 12 : 0), made.begin(), made.end());
  return bytes;
}

std::vector<Given> every_variant() {
  return {{FILTER_LINK, frame()},
          {FILTER_TAGGED_LINK, frame(), 0, kTag},
          {FILTER_NETWORK, network_packet(), kIpv4},
          {FILTER_NETWORK, network_packet6(), kIpv6},
          {FILTER_TAGGED_NETWORK, network_packet(), kIpv4, kTag},
          {FILTER_TAGGED_NETWORK, network_packet6(), kIpv6, kTag},
          {FILTER_INNER_LINK, frame()},
          {FILTER_INNER_NETWORK, network_packet(), kIpv4},
          {FILTER_INNER_NETWORK, network_packet6(), kIpv6}};
}

const char* const kExpressions[] = {"",
                                    "ip",
                                    "ip6",
                                    "arp",
                                    "vlan",
                                    "vlan 100",
                                    "vlan 100 and tcp port 80",
                                    "vlan and not vlan 100",
                                    "tcp port 80",
                                    "not tcp",
                                    "udp port 53 or tcp port 81",
                                    "host 10.0.0.2",
                                    "host 2001:db8::1",
                                    "ether host 02:00:00:00:00:01",
                                    "ether multicast",
                                    "ether[0] = 0",
                                    "tcp[tcpflags] & tcp-syn != 0",
                                    "ip[59] = 0x78",
                                    "not ip[200] = 1",
                                    "greater 100"};

TEST(JudgeCode, JudgesEveryVariantAsLibpcapJudgesTheFrameThatItStandsFor) {
  size_t matches = 0, others = 0;
  for (const char* expression : kExpressions) {
    const PacketFilter filter{compile(expression), compile(expression)};
    for (Given given : every_variant())
      for (Access access : {Access::copy, Access::typed})
        for (uint32_t copied : {0u, 33u, kCopiedMax}) {
          given.access = access;
          given.copied = copied;
          const uint32_t expected =
              test::libpcap_judges(*filter.packet, seen(given), static_cast<uint32_t>(given.bytes.size()));
          const uint32_t result = judged(filter, given);
          ASSERT_EQ(result > FILTER_OUT_OF_RANGE ? result : 0, expected) << expression << " as " << given.variant;
          (expected ? matches : others)++;
        }
  }
  EXPECT_GT(matches, 100u);
  EXPECT_GT(others, 100u);
}

TEST(JudgeCode, TheTwoExpressionsAreNotMixedUp) {
  const PacketFilter filter{compile("tcp port 80"), compile("tcp port 81")};
  for (const Given& given : every_variant()) {
    const bool inner = given.variant >= FILTER_INNER_LINK;
    const bool matching = !inner && !is_tagged(given) && given.ethertype != kIpv6;
    EXPECT_EQ(judged(filter, given) > FILTER_OUT_OF_RANGE, matching) << given.variant;
  }
}

TEST(JudgeCode, WhatWasNotAskedForIsNo) {
  for (const Given& given : every_variant()) {
    const bool inner = given.variant >= FILTER_INNER_LINK;
    EXPECT_EQ(judged(packet_filter(""), given) == FILTER_NO, inner) << given.variant;
    EXPECT_EQ(judged(inner_filter(""), given) == FILTER_NO, !inner) << given.variant;
    EXPECT_EQ(judged(PacketFilter{}, given), FILTER_NO) << given.variant;
  }
}

TEST(JudgeCode, ANumberThatIsNoVariantIsNo) {
  const PacketFilter filter{compile(""), compile("")};
  for (const uint16_t variant : std::to_array<uint16_t>({6, 7, 0x100, 0x7fff, 0x8000, 0xffff}))
    for (Access access : {Access::copy, Access::typed})
      EXPECT_EQ(judged(filter, {variant, frame(), kIpv4, kTag, access}), FILTER_NO) << variant;
}

TEST(JudgeCode, AByteThatIsNotThereIsToldFromNo) {
  const PacketFilter filter{compile("ip[200] = 1"), compile("ip[200] = 1")};
  for (Given given : every_variant())
    for (Access access : {Access::copy, Access::typed}) {
      given.access = access;
      if (is_tagged(given)) continue;  // the IP header comes after the tag
      EXPECT_EQ(judged(filter, given), given.ethertype == kIpv6 ? FILTER_NO : FILTER_OUT_OF_RANGE) << given.variant;
    }
}

TEST(JudgeCode, AByteThatIsNotThereIsToldUnderATag) {
  const auto filter = packet_filter("vlan and ip[200] = 1");
  EXPECT_EQ(judged(filter, {FILTER_TAGGED_LINK, frame(), 0, kTag}), FILTER_OUT_OF_RANGE);
  EXPECT_EQ(judged(filter, {FILTER_TAGGED_NETWORK, network_packet(), kIpv4, kTag}), FILTER_OUT_OF_RANGE);
  EXPECT_EQ(judged(filter, {FILTER_TAGGED_NETWORK, network_packet6(), kIpv6, kTag}), FILTER_NO);
}

TEST(JudgeCode, NoBytesAtAllAreOutOfRangeOnlyIfOneIsAskedFor) {
  for (Access access : {Access::copy, Access::typed}) {
    EXPECT_EQ(judged(packet_filter("ip"), {FILTER_LINK, {}, 0, 0, access}), FILTER_OUT_OF_RANGE);
    EXPECT_GT(judged(packet_filter(""), {FILTER_LINK, {}, 0, 0, access}), FILTER_OUT_OF_RANGE);
    EXPECT_GT(judged(packet_filter("ip"), {FILTER_NETWORK, {}, kIpv4, 0, access}), FILTER_OUT_OF_RANGE);
  }
}

TEST(JudgeCode, EthertypeAndTagDoNotReachWhereTheyDoNotBelong) {
  // In the halves of R2 and R5 that a link-layer start does not use.
  EXPECT_EQ(judged(packet_filter("arp"), {FILTER_LINK, frame(), 0x0806, kTag}), FILTER_NO);
  EXPECT_EQ(judged(packet_filter("vlan"), {FILTER_LINK, frame(), 0x8100, kTag}), FILTER_NO);
  EXPECT_EQ(judged(packet_filter("vlan"), {FILTER_NETWORK, network_packet(), kIpv4, kTag}), FILTER_NO);
  EXPECT_GT(judged(packet_filter("vlan 100 and arp"), {FILTER_TAGGED_NETWORK, ByteVector(28), 0x0806, kTag}),
            FILTER_OUT_OF_RANGE);
  EXPECT_GT(judged(packet_filter("vlan 4095"), {FILTER_TAGGED_NETWORK, {}, 0xffff, 0xffff'ffff & 0x8100'ffff}),
            FILTER_OUT_OF_RANGE);
}

// So many loads, each of them a few instructions in every variant.
ClassicProgram loads(size_t count) {
  constexpr uint16_t kLoadByte = 0x30, kReturn = 0x06;
  ClassicProgram program(count, {kLoadByte, 0, 0, 1});
  program.push_back({kReturn, 0, 0, 7});
  return program;
}

TEST(JudgeCode, AFilterThatNoJumpCanCrossIsRefused) {
  constexpr size_t kFits = 300, kTooMany = 1200;  // of which one variant alone would still fit
  const PacketFilter fits{loads(kFits), loads(kFits)}, too_long{loads(kTooMany), loads(kTooMany)};
  EXPECT_EQ(judged(fits, {FILTER_INNER_NETWORK, network_packet(), kIpv4}), 7u);
  EXPECT_NO_THROW(translate(*too_long.packet, {.copied_max = kCopiedMax, .front = Front::tagged_link_header}));
  EXPECT_THAT(test::sentence<UntranslatableFilter>([&] { packet_filter_code(too_long, Access::copy, kCopiedMax); }),
              testing::MatchesRegex("the packet filter is too long: [0-9]+ instructions are more than a jump of the "
                                    "kernel can cross; use fewer conditions"));
}

TEST(JudgeCode, AFilterThatOneTranslationCannotHoldIsRefusedToo) {
  for (const size_t count : {4000, 5000}) {
    const PacketFilter filter{loads(count), std::nullopt};
    EXPECT_THAT(test::sentence<UntranslatableFilter>([&] { packet_filter_code(filter, Access::copy, kCopiedMax); }),
                HasSubstr("use fewer conditions"));
  }
}

}  // namespace
}  // namespace skbtrail::filter
