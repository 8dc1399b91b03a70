// The proof that the code that is made of short options judges in the kernel as the slow reference does
// (option_reference): many combinations of options on packets with and without tags and extension headers, from a copy
// and from typed memory, after every front; and together with an expression, which libpcap's interpreter judges.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include "filter/expression.h"
#include "tests/filter/kernel_judge.h"
#include "tests/filter/libpcap_judge.h"
#include "tests/filter/option_reference.h"
#include "tests/filter/seen.h"

namespace skbtrail::test {
namespace {

using filter::Access;
using filter::Front;

constexpr Front kFronts[] = {Front::none, Front::tag, Front::link_header, Front::tagged_link_header};
constexpr size_t kSets = 60;

class OptionProof : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
  }
};

struct Tally {
  size_t sets = 0, judged = 0, matched = 0;
};

// Nothing where no packet can match.
std::optional<filter::ClassicProgram> compiled(const filter::PacketConditions& options, const std::string& expression) {
  try {
    return filter::compile(options, expression);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

TEST_F(OptionProof, EveryCombinationOnEveryPacketIsJudgedAsTheReferenceJudges) {
  const auto packets = walked_packets(3000);
  KernelJudge judge(packets);
  Tally tally;
  for (const OptionSet& set : option_sets(kSets)) {
    SCOPED_TRACE(written(set));
    const auto options = filter::parse_packet_options(set.words).value();
    const auto measure = LibpcapJudge::compile(set.expression, LinkType::ethernet);
    const auto program = compiled(options, set.expression);
    Filters filters;
    for (size_t i = 0; program && i < std::size(kFronts); i++) {
      filters[2 * i] = filter::translate(*program, {JUDGE_COPY_MAX, Access::copy, kFronts[i], 8, 0, kernel_cast()});
      filters[2 * i + 1] =
          filter::translate(*program, {JUDGE_COPY_MAX, Access::typed, kFronts[i], 8, 0, kernel_cast()});
    }
    const Results results = program ? judge.judge(filters) : Results(packets.size());
    tally.sets++;
    for (size_t i = 0; i < packets.size(); i++)
      for (size_t front = 0; front < std::size(kFronts); front++) {
        const auto bytes = seen(packets[i], kFronts[front]);
        if (!bytes) continue;
        const bool expected =
            options_hold(options, *bytes) && (set.expression.empty() || measure->judge(*bytes, packets[i].wire_len));
        for (size_t stub = 2 * front; stub < 2 * front + (kernel_has_typed() ? 2 : 1); stub++) {
          ASSERT_EQ(results[i][stub] != 0, expected) << "packet " << i << " of " << bytes->size() << ", stub " << stub;
          tally.judged++;
          tally.matched += expected;
        }
      }
  }
  std::printf("%zu combinations, %zu packets, %zu judgements, %zu matches\n", tally.sets, packets.size(), tally.judged,
              tally.matched);
  EXPECT_GT(tally.matched, tally.judged / 20);
}

}  // namespace
}  // namespace skbtrail::test
