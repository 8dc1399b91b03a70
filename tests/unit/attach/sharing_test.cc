#include "attach/sharing.h"

#include <gtest/gtest.h>

namespace skbtrail::attach {
namespace {

probe::Probe probe(uint8_t skb_arg, uint8_t sk_arg = SKBTRAIL_NO_ARG, uint32_t sections = REC_SECTION_BYTES) {
  probe::Probe made;
  made.config.skb_arg = skb_arg;
  made.config.sk_arg = sk_arg;
  made.config.device_arg = made.config.location_arg = made.config.reason_arg = made.config.result_arg =
      made.config.len_arg = made.config.sent_arg = made.config.sent_code_arg = SKBTRAIL_NO_ARG;
  made.config.sections = sections;
  return made;
}

TEST(SharedPrograms, TracepointsThatDifferInWhatTheCookieSaysShareOne) {
  const std::vector all{probe(0), probe(0, 1), probe(2), probe(3, 0), probe(0)};
  const auto shared = SharedPrograms::among(all);
  ASSERT_EQ(shared.programs.size(), 1u);
  EXPECT_EQ(shared.of, (std::vector<uint8_t>{1, 1, 1, 1, 1}));
  EXPECT_EQ(shared.programs[0].skb_arg, SKBTRAIL_ARG_IN_COOKIE);
  EXPECT_EQ(shared.programs[0].by_cookie, 1);
}

TEST(SharedPrograms, TracepointsOfOneSectionShareOneWhereverItsArgumentsAre) {
  auto freed = probe(0, SKBTRAIL_NO_ARG, REC_SECTION_DROP), dropped = freed;
  freed.config.location_arg = dropped.config.location_arg = 1;
  dropped.config.reason_arg = 2;
  auto reset = probe(1, SKBTRAIL_NO_ARG, REC_SECTION_SENT), unreachable = probe(0, SKBTRAIL_NO_ARG, REC_SECTION_SENT);
  reset.config.sent_arg = 2;
  unreachable.config.sent_arg = 1;
  unreachable.config.sent_code_arg = 2;
  const auto shared = SharedPrograms::among(std::vector{freed, reset, dropped, unreachable});
  EXPECT_EQ(shared.of, (std::vector<uint8_t>{1, 2, 1, 2}));
}

TEST(SharedPrograms, ProgramsOfMostTracepointsComeFirst) {
  auto with_location = probe(0, SKBTRAIL_NO_ARG, REC_SECTION_BYTES | REC_SECTION_DROP);
  with_location.config.location_arg = 1;
  const auto shared = SharedPrograms::among(std::vector{with_location, probe(0), probe(1), probe(0)});
  EXPECT_EQ(shared.programs.size(), 2u);
  EXPECT_EQ(shared.of, (std::vector<uint8_t>{2, 1, 1, 1}));
}

TEST(SharedPrograms, WhatNeedsMapsByProgramIsNotShared) {
  const auto stack = probe(0, SKBTRAIL_NO_ARG, REC_SECTION_STACK);
  EXPECT_TRUE(SharedPrograms::among(std::vector{stack, stack}).programs.empty());
  auto untyped = probe(0);
  untyped.typed = false;
  EXPECT_TRUE(SharedPrograms::among(std::vector{untyped, untyped}).programs.empty());
}

TEST(SharedPrograms, WhatFindsNoPlaceHasItsOwn) {
  std::vector<probe::Probe> all;
  for (uint32_t mask = 1; mask <= SKBTRAIL_SHARED + 1; mask++) {
    all.push_back(probe(0, SKBTRAIL_NO_ARG, REC_SECTION_DROP));
    all.back().config.location_arg = static_cast<uint8_t>(mask);
  }
  const auto shared = SharedPrograms::among(all);
  EXPECT_EQ(shared.programs.size(), size_t{SKBTRAIL_SHARED});
  EXPECT_EQ(shared.of.front(), 1);
  EXPECT_EQ(shared.of.back(), 0);
}

TEST(SharedPrograms, AnArgumentThatOnlyAnotherSectionNeedsMakesNoDifference) {
  auto with_result = probe(0);
  with_result.config.result_arg = 4;
  const auto shared = SharedPrograms::among(std::vector{probe(0), with_result});
  EXPECT_EQ(shared.of, (std::vector<uint8_t>{1, 1}));
}

TEST(SharedPrograms, ACookieTellsNumberAndArguments) {
  const uint64_t cookie = cookie_of(127, probe(3, 11).config);
  EXPECT_EQ(static_cast<uint16_t>(cookie), 127);
  EXPECT_EQ(COOKIE_SKB_AT(cookie), 3u);
  EXPECT_EQ(COOKIE_SK_AT(cookie), 11u);
  EXPECT_EQ(COOKIE_SK_AT(cookie_of(0, probe(0).config)), SKBTRAIL_COOKIE_NO_ARG);
  auto sends = probe(0);
  sends.config.reason_arg = 2;
  sends.config.sent_arg = 1;
  EXPECT_EQ(COOKIE_REASON_AT(cookie_of(0, sends.config)), 2u);
  EXPECT_EQ(COOKIE_SENT_AT(cookie_of(0, sends.config)), 1u);
  EXPECT_EQ(COOKIE_SENT_CODE_AT(cookie_of(0, sends.config)), SKBTRAIL_COOKIE_NO_ARG);
}

}  // namespace
}  // namespace skbtrail::attach
