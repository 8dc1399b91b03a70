// Which frames are ours, and which the traced kernel's.
#include "event/call_path.h"

#include <gmock/gmock.h>

#include <map>

#include "fake_names.h"

namespace skbtrail::event {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Symbols : public test::FakeNames {
 public:
  std::string_view name(NameKind kind, uint64_t address) const override {
    if (kind != NameKind::symbol) return FakeNames::name(kind, address);
    static const std::map<uint64_t, std::string_view> kSymbols{{1, "bpf_prog_0123456789abcdef_record_hit+0x10"},
                                                               {2, "bpf_trace_run4+0x7c"},
                                                               {3, "__bpf_trace_kfree_skb+0xc"},
                                                               {4, "__traceiter_kfree_skb+0x40"},
                                                               {10, "sk_skb_reason_drop+0x5e"},
                                                               {11, "udp_rcv+0x2b"}};
    const auto found = kSymbols.find(address);
    return found == kSymbols.end() ? "" : found->second;
  }
};

std::vector<uint64_t> path(std::vector<uint64_t> frames) {
  const auto left = call_path(frames, Symbols()).frames;
  return {left.begin(), left.end()};
}

TEST(CallPath, BeginsBehindOurProgramsAndTheTracepointsCode) {
  EXPECT_THAT(path({1, 2, 3, 4, 10, 11, 0, 0}), ElementsAre(10, 11));
  EXPECT_THAT(path({2, 10, 11}), ElementsAre(10, 11));
  EXPECT_THAT(path({10, 11}), ElementsAre(10, 11));
}

// Programs that were loaded after the symbols were read.
TEST(CallPath, AFrameWithoutANameBeforeTheTracepointsCodeIsOursToo) {
  EXPECT_THAT(path({99, 98, 2, 4, 10, 11}), ElementsAre(10, 11));
}

TEST(CallPath, IsWholeWhereNothingHasAName) {
  EXPECT_THAT(path({97, 98, 99, 0}), ElementsAre(97, 98, 99));
}

TEST(CallPath, SaysWhetherOurFramesCouldBeToldFromOthers) {
  const std::vector<uint64_t> named{1, 2, 10}, hidden{97, 98};
  EXPECT_TRUE(call_path(named, Symbols()).told_apart);
  EXPECT_FALSE(call_path(hidden, Symbols()).told_apart);
}

TEST(CallPath, AFunctionFarOutWithSuchANameStays) {
  EXPECT_THAT(path({2, 10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 2, 11}),
              ElementsAre(10, 11, 11, 11, 11, 11, 11, 11, 11, 11, 2, 11));
}

TEST(CallPath, NothingLeadsToNothing) {
  EXPECT_THAT(path({}), IsEmpty());
  EXPECT_THAT(path({0, 5, 6}), IsEmpty());
}

}  // namespace
}  // namespace skbtrail::event
