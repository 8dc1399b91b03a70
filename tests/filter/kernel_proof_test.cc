// The proof that a filter, optimised and translated, judges in the kernel as libpcap's interpreter judges the program
// that nothing has optimised in user space: every expression on every packet, from a copy and from typed memory, with
// bytes in the copy, after it, and beyond what is linear, after every front. The packets come out of a capture file
// that the test writes, as Wireshark would write it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>

#include "filter/expression.h"
#include "filter/flow_graph.h"
#include "filter/optimize.h"
#include "tests/filter/expressions.h"
#include "tests/filter/kernel_judge.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/seen.h"

namespace skbtrail::test {
namespace {

using filter::Access;
using filter::Front;

// A chain of IPv6 headers in the packets here is longer than what is enough for a live trace.
constexpr uint32_t kRounds = 12;
constexpr uint32_t kAccepted = 262144;

struct Way {
  LinkType type;
  Front front;
};
constexpr Way kWays[] = {{LinkType::ethernet, Front::none},
                         {LinkType::ethernet, Front::tag},
                         {LinkType::ethernet, Front::link_header},
                         {LinkType::ethernet, Front::tagged_link_header},
                         {LinkType::raw_ip, Front::none}};
static_assert(std::size(kWays) * 2 == JUDGE_STUBS);

class KernelProof : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (geteuid() != 0) return;
    packets_ = filter_packets(6000);
    const auto file = std::filesystem::temp_directory_path() / fmt::format("filter_proof-{}.pcap", getpid());
    through_a_capture_file(packets_, file);
    std::filesystem::remove(file);
    judge_ = new KernelJudge(packets_);
  }
  static void TearDownTestSuite() {
    delete judge_;
    judge_ = nullptr;
  }
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
  }

  static std::vector<bpf_insn> translated(const filter::ClassicProgram& program, Front front, Access access) {
    return filter::translate(program, {JUDGE_COPY_MAX, access, front, kRounds, 0, kernel_cast()});
  }

  inline static std::vector<FilterPacket> packets_;
  inline static KernelJudge* judge_ = nullptr;
};

struct Tally {
  size_t judged = 0, matched = 0, compared_expressions = 0;
};

filter::ClassicProgram optimized(const filter::ClassicProgram& program) {
  const auto graph = filter::FlowGraph::of(program);
  const auto shorter = graph ? filter::optimized(*graph) : std::nullopt;
  return shorter ? shorter->program(kAccepted) : program;
}

// Nothing where the optimiser finds that no packet can match.
std::optional<filter::ClassicProgram> optimized(const std::string& expression) {
  try {
    return filter::compile(expression);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

void expect_no_match(const LibpcapJudge& measure, const std::vector<FilterPacket>& packets) {
  for (const FilterPacket& packet : packets) ASSERT_EQ(measure.judge(packet.bytes, packet.wire_len), 0u);
}

void compare(const LibpcapJudge& measure, Front front, size_t stub, const std::vector<FilterPacket>& packets,
             const Results& results, Tally& tally) {
  for (size_t i = 0; i < packets.size(); i++) {
    const auto bytes = seen(packets[i], front);
    if (!bytes) continue;
    const uint32_t expected = measure.judge(*bytes, packets[i].wire_len);
    ASSERT_EQ(results[i][stub], expected) << "packet " << i << " of " << bytes->size() << " bytes, stub " << stub;
    tally.judged++;
    if (expected) tally.matched++;
  }
}

TEST_F(KernelProof, EveryExpressionOnEveryPacketIsJudgedAsLibpcapJudges) {
  Tally tally;
  size_t refused_raw = 0;
  for (const std::string& expression : filter_expressions()) {
    SCOPED_TRACE(expression);
    std::array<std::optional<LibpcapJudge>, std::size(kWays)> measures;
    for (size_t way = 0; way < std::size(kWays); way++)
      measures[way] = LibpcapJudge::compile(expression, kWays[way].type);
    if (!measures[0]) continue;
    const auto program = optimized(expression);
    if (!program) {
      expect_no_match(*measures[0], packets_);
      continue;
    }
    Filters filters;
    for (size_t way = 0; way < std::size(kWays); way++) {
      if (!measures[way]) continue;
      const auto judged = kWays[way].type == LinkType::ethernet ? *program : optimized(measures[way]->program());
      filters[2 * way] = translated(judged, kWays[way].front, Access::copy);
      filters[2 * way + 1] = translated(judged, kWays[way].front, Access::typed);
    }
    if (!measures[4]) refused_raw++;
    tally.compared_expressions++;
    const Results results = judge_->judge(filters);
    for (size_t way = 0; way < std::size(kWays); way++) {
      if (!measures[way]) continue;
      compare(*measures[way], kWays[way].front, 2 * way, packets_, results, tally);
      if (kernel_has_typed()) compare(*measures[way], kWays[way].front, 2 * way + 1, packets_, results, tally);
      if (HasFatalFailure()) return;
    }
  }
  std::printf("%zu expressions (%zu refused for raw IP), %zu packets, %zu judgements, %zu matches, typed: %s\n",
              tally.compared_expressions, refused_raw, packets_.size(), tally.judged, tally.matched,
              kernel_has_typed() ? "yes" : "no");
  EXPECT_GE(tally.compared_expressions, 300u);
  EXPECT_GT(tally.matched, tally.judged / 20);
}

TEST_F(KernelProof, InboundAndOutboundGoByThePacketType) {
  for (const bool outbound : {false, true}) {
    const auto program = filter::compile(outbound ? "outbound" : "inbound");
    Filters filters;
    for (size_t way = 0; way < std::size(kWays); way++)
      filters[2 * way] = filter::translate(program, {JUDGE_COPY_MAX, Access::copy, kWays[way].front});
    const Results results = judge_->judge(filters);
    for (size_t i = 0; i < packets_.size(); i++) {
      constexpr uint32_t kOutgoing = 4;
      const bool outgoing = packet_type(packets_[i]) == kOutgoing;
      for (size_t stub = 0; stub < JUDGE_STUBS; stub += 2) ASSERT_EQ(results[i][stub] != 0, outgoing == outbound);
    }
  }
}

TEST_F(KernelProof, AProgramOfManyAddressesIsAcceptedByTheVerifier) {
  std::string text = "host 10.9.0.1";
  for (int i = 2; i < 500; i++) text += " or host 10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250);
  const auto program = filter::compile(text);
  Filters filters;
  filters[0] = filter::translate(program, {JUDGE_COPY_MAX});
  EXPECT_NO_THROW(judge_->judge(filters)) << program.size() << " and " << filters[0].size();
}

}  // namespace
}  // namespace skbtrail::test
