// The filter that short options become, against the slow reference: libpcap's interpreter runs it, and so does the
// prefilter as far as it goes. What is proved here of many combinations, tests/filter proves of fewer in the
// kernel.
#include "filter/packet_conditions.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>

#include "filter/expression.h"
#include "filter/packet_filter.h"
#include "filter/prefilter.h"
#include "tests/filter/ebpf_interpreter.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/option_reference.h"
#include "tests/filter/packets.h"
#include "tests/unit/packet/packet_builder.h"

namespace skbtrail::filter {
namespace {

using test::ByteVector;
using test::PacketBuilder;

constexpr uint32_t kReadable = 256;

std::vector<ByteVector> frames(size_t count) {
  std::vector<ByteVector> made;
  for (auto& packet : test::walked_packets(count)) {
    // Those that start at the network header get one of zeros before it.
    if (packet.bytes.size() > 1 && packet.bytes[0] != 2) {
      ByteVector header(12);
      test::put16(header, packet.ethertype);
      packet.bytes.insert(packet.bytes.begin(), header.begin(), header.end());
    }
    made.push_back(packet.bytes);
  }
  return made;
}

std::optional<ClassicProgram> compiled(const PacketConditions& options) {
  try {
    return compile(options);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

TEST(PacketConditions, WhatTheyAskIsJudgedAsTheReferenceJudges) {
  const auto packets = frames(1500);
  size_t matched = 0, judged = 0;
  for (const auto& set : test::option_sets(400)) {
    const auto options = parse_packet_options(set.words).value();
    const auto program = compiled(options);
    for (const ByteVector& frame : packets) {
      const bool expected = test::options_hold(options, frame);
      ASSERT_EQ(program && test::libpcap_judges(*program, frame, static_cast<uint32_t>(frame.size())) != 0, expected)
          << test::written(set);
      judged++;
      matched += expected;
    }
  }
  EXPECT_GT(matched, judged / 20);
}

// A plain frame that is put to the prefilter, if it is one. With a tag beside the bytes it is the same one.
std::optional<bool> refused_at_once(const std::vector<bpf_insn>& code, const ByteVector& frame) {
  constexpr size_t kTypeAt = 12, kNetwork = 14;
  if (frame.size() < kNetwork + 8) return std::nullopt;
  const std::span readable = std::span(frame).subspan(kTypeAt);
  uint64_t first = 0;
  uint16_t type = 0;
  std::memcpy(&first, readable.data(), sizeof(first));
  std::memcpy(&type, readable.data(), sizeof(type));
  return test::Interpreter(code)
      .run_quick(readable, static_cast<int64_t>(frame.size() - kNetwork), type, first)
      .has_value();
}

TEST(PacketConditions, WhatTheShortWayRefusesNoTagMakesWanted) {
  const auto packets = frames(1500);
  size_t refused = 0;
  for (const auto& set : test::option_sets(300)) {
    const auto options = parse_packet_options(set.words).value();
    const auto program = compiled(options);
    const auto code = program ? prefilter_code(*program, kReadable) : std::nullopt;
    if (!code) continue;
    for (const ByteVector& frame : packets) {
      if (!refused_at_once(*code, frame).value_or(false)) continue;
      refused++;
      ByteVector tagged = frame;
      const ByteVector tag{0x81, 0, 0, 7};
      tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
      ASSERT_FALSE(test::options_hold(options, frame) || test::options_hold(options, tagged)) << test::written(set);
    }
  }
  EXPECT_GT(refused, 30000u);
}

TEST(PacketConditions, PlainPacketsOfOthersAreRefusedAtOnce) {
  const auto ipv4 = [] { return PacketBuilder().ethernet().ipv4("10.0.0.1", "10.0.0.2"); };
  const auto ipv6 = [] { return PacketBuilder().ethernet().ipv6("fd00::1", "fd00::2"); };
  for (const RawPacketOptions& words : {RawPacketOptions{.proto = "udp", .dport = "9"}, RawPacketOptions{.port = "9"},
                                        RawPacketOptions{.addr = "10.9.9.9,fd09::9"}, RawPacketOptions{.icmp_id = "9"},
                                        RawPacketOptions{.tcp_flags = "rst"}, RawPacketOptions{.proto = "esp"}})
    for (const PacketBuilder& packet : {ipv4().udp(4000, 7).payload(20), ipv4().tcp(4000, 80).payload(20),
                                        ipv6().udp(4000, 7).payload(20), ipv6().tcp(4000, 80).payload(20)}) {
      const auto code = prefilter_code(compile(parse_packet_options(words).value()), kReadable);
      ASSERT_TRUE(code);
      EXPECT_EQ(refused_at_once(*code, packet.bytes()), true);
    }
}

TEST(PacketConditions, NoneOfThemAsksForWhatIsWrittenLast) {
  for (const RawPacketOptions& words :
       {RawPacketOptions{.proto = "udp", .dport = "9"}, RawPacketOptions{.addr = "10.0.0.1,fd00::1"},
        RawPacketOptions{.icmp_id = "9"}, RawPacketOptions{.proto = "tcp", .tcp_flags = "rst"}})
    EXPECT_FALSE(asks_fields_written_last(compile(parse_packet_options(words).value())));
}

TEST(PacketConditions, ATagBesideTheBytesNeedsNoCodeOfItsOwn) {
  const auto program = compile(parse_packet_options({.port = "9"}).value());
  const auto size = [&](bool sees_through) {
    return packet_filter_code({.packet = program, .sees_through_tags = sees_through}, Access::typed, kReadable, {1, 1})
        .size();
  };
  EXPECT_LT(size(true), size(false) * 2 / 3);
}

TEST(PacketConditions, AThousandAddressesAreSearched) {
  std::string list = "10.0.0.0";
  for (int i = 1; i < 1000; i++) list += ",10." + std::to_string(i / 100) + ".1." + std::to_string(2 * (i % 100));
  const auto program = compile(parse_packet_options({.addr = list}).value());
  EXPECT_LT(program.size(), 16000u);
  EXPECT_NO_THROW(packet_filter_code({.packet = program, .sees_through_tags = true}, Access::typed, kReadable, {1, 1}));
}

}  // namespace
}  // namespace skbtrail::filter
