// The optimiser against an interpreter of the program as libpcap's compiler made it, which nothing has shortened.
#include "filter/optimize.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <ctime>
#include <memory>
#include <random>
#include <string>

#include "filter/expression.h"
#include "tests/filter/expressions.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/packets.h"

namespace skbtrail::filter {
namespace {

constexpr uint32_t kAccept = 262144;

// nullopt: libpcap refuses it.
std::optional<ClassicProgram> by_libpcap(const std::string& expression, bool optimize) {
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> handle(pcap_open_dead(DLT_EN10MB, kAccept), pcap_close);
  bpf_program compiled{};
  if (pcap_compile(handle.get(), &compiled, expression.c_str(), optimize, PCAP_NETMASK_UNKNOWN) != 0)
    return std::nullopt;
  ClassicProgram program;
  for (u_int i = 0; i < compiled.bf_len; i++) {
    const bpf_insn& it = compiled.bf_insns[i];
    program.push_back({it.code, it.jt, it.jf, it.k});
  }
  pcap_freecode(&compiled);
  return program;
}

uint32_t judged(const ClassicProgram& program, const test::FilterPacket& packet) {
  return test::libpcap_judges(program, packet.bytes, packet.wire_len);
}

void expect_same(const ClassicProgram& program, const ClassicProgram& reference,
                 const std::vector<test::FilterPacket>& packets) {
  for (size_t i = 0; i < packets.size(); i++)
    ASSERT_EQ(judged(program, packets[i]), judged(reference, packets[i])) << "packet " << i;
}

// Nothing where no packet can match.
std::optional<ClassicProgram> compiled(const std::string& expression) {
  try {
    return compile(expression);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

TEST(Optimize, EveryExpressionSaysOfEveryPacketWhatTheUnoptimizedProgramSays) {
  const auto packets = test::filter_packets(3000);
  const ClassicProgram never{{BPF_RET | BPF_K, 0, 0, 0}};
  size_t compared = 0;
  for (const std::string& expression : test::filter_expressions()) {
    SCOPED_TRACE(expression);
    const auto reference = by_libpcap(expression, false);
    if (!reference) continue;
    expect_same(compiled(expression).value_or(never), *reference, packets);
    compared++;
  }
  EXPECT_GT(compared, 500u);
}

TEST(Optimize, AllOfThemTogetherAreHardlyLongerThanLibpcapsThoughNoCheckOfAByteIsLost) {
  size_t ours = 0, theirs = 0;
  for (const std::string& expression : test::filter_expressions()) {
    const auto program = compiled(expression), their = by_libpcap(expression, true);
    if (!program || !their) continue;
    ours += program->size();
    theirs += their->size();
  }
  EXPECT_LT(static_cast<double>(ours), 1.01 * static_cast<double>(theirs)) << ours << " of " << theirs;
}

TEST(Optimize, WhatIsAskedMostIsNotLongerThanLibpcaps) {
  for (const char* expression :
       {"ip", "arp", "icmp", "udp", "host 10.0.0.1", "src host 10.0.0.1", "net 10.0.0.0/8", "port 80", "tcp port 80",
        "udp dst port 9", "host 10.0.0.1 and tcp port 80", "not port 22", "icmp[icmptype] = icmp-echo",
        "tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", "vlan 10", "ether host 02:00:00:00:00:01", "len > 100"})
    EXPECT_LE(compile(expression).size(), by_libpcap(expression, true)->size()) << expression;
}

// Of libpcap's issues 945, 1699, 434 and 437.
TEST(Optimize, WhatLibpcapsOptimizerAnswersWronglyIsAnsweredRightly) {
  const auto packets = test::filter_packets(1000);
  const ClassicProgram never{{BPF_RET | BPF_K, 0, 0, 0}};
  for (const char* expression :
       {"host 10.0.0.1 and not ((host 1.2.3.4 or host 5.6.7.8) and icmp) and not (host 5.6.7.8 or host 10.0.0.1)",
        "1/2 = 1/3 and 1 > 4/5 and 1 > 6/7", "(1 = 0) or (1 / 4294967295 = 0) and (0 & 4294967295 = 0)",
        "len >= 2147483648 & 2147483648 or len < 0 | 2147483648",
        "len <= 4294967295 & 2147483647 and len > 2147483647 + 0", "ip[0] & 0xffffffff = 0x45",
        "not (ip[0] & 0xffffffff = 0x45)", "len & 0xffffffff != 0"}) {
    SCOPED_TRACE(expression);
    expect_same(compiled(expression).value_or(never), *by_libpcap(expression, false), packets);
  }
  EXPECT_FALSE(compiled("host 10.0.0.1 and not (host 5.6.7.8 or host 10.0.0.1)"));
}

std::string many(size_t count, const char* joint) {
  std::string text = "host 10.9.0.1";
  for (size_t i = 2; i <= count; i++)
    text += joint + ("10.9." + std::to_string(i / 250)) + "." + std::to_string(i % 250);
  return text;
}

TEST(Optimize, ALongListOfAddressesIsSearchedAndNotGoneThrough) {
  const auto packets = test::filter_packets(2000);
  const std::string expression = many(120, " or host ");
  expect_same(compile(expression), *by_libpcap(expression, false), packets);
  // Four comparisons an address: source and destination, of IP and of ARP.
  EXPECT_LT(compile(many(1000, " or host ")).size(), 1000u * 4 * 3);
}

// Of a byte, so that every value can be tried: single numbers and ranges, at both ends, with gaps of one, and all.
TEST(Optimize, ASearchFindsWhatIsInTheListAndNothingElse) {
  std::mt19937 random(7);
  for (int list = 0; list < 200; list++) {
    std::vector<bool> listed(256, list == 0);
    for (size_t more = list == 0 ? 0 : 9 + random() % 150; more-- > 0;) listed[random() % 256] = true;
    std::string expression = "ether[5] = 0x00 and ether[1] = 7";
    for (size_t value = 0; value < 256; value++)
      if (listed[value]) expression += " or ether[0] = " + std::to_string(value);
    const auto program = compile(expression);
    for (size_t value = 0; value < 256; value++)
      ASSERT_EQ(judged(program, {.bytes = {static_cast<uint8_t>(value), 0, 0, 0, 0, 1}, .wire_len = 6}) != 0,
                listed[value])
          << value << " of " << expression;
  }
}

TEST(Optimize, BareAddressesMeanWhatTheOneBeforeThemSays) {
  EXPECT_EQ(compile(many(100, " or ")).size(), compile(many(100, " or host ")).size());
}

// Four seconds and not 0.2: sanitizers take their time; what goes through all for each took 40. The CPU's time, for
// other work may run.
TEST(Optimize, AThousandAddressesAreCompiledAtOnce) {
  const std::string expression = many(1000, " or host ");
  const std::clock_t begin = std::clock();
  compile(expression);
  EXPECT_LT(std::clock() - begin, 4 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace skbtrail::filter
