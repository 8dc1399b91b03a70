// What is known to be missing, and what only may be.
#include "event/gap.h"

#include <gtest/gtest.h>

namespace skbtrail::event {
namespace {

TEST(LossSum, WhatWasLostBehindAllConditionsIsMissing) {
  LossSum sum;
  sum.add({1, 2, 0, {5, 1, 0, 2}});
  sum.add({2, 3, 1, {1, 0, 0, 0}});
  sum.add({1, 3, Gap::kAnyCpu, {}, 7, 0, 4});
  EXPECT_EQ(sum.lost.by_cause, (LossCounts{6, 1, 0, 2}));
  EXPECT_EQ(sum.lost.skipped, 7u);
  EXPECT_EQ(sum.lost.in_all(), 16u);
  EXPECT_EQ(sum.may_have_matched.in_all(), 0u);
}

TEST(LossSum, WhatHadNoRoomBeforeTheFilterWasRunMayHaveMatched) {
  LossSum sum;
  sum.add({1, 2, 0, {5, 0, 3, 0}});
  EXPECT_EQ(sum.lost.in_all(), 5u);
  EXPECT_EQ(sum.may_have_matched.by_cause, (LossCounts{0, 0, 3, 0}));
}

TEST(LossSum, OfAGapThatMayHaveMatchedNothingIsKnownToBeMissing) {
  LossSum sum;
  sum.add({1, 2, 0, {5, 1, 3, 2}, 4, 0, Gap::kNoProbe, true});
  EXPECT_EQ(sum.lost.in_all(), 0u);
  EXPECT_EQ(sum.may_have_matched.by_cause, (LossCounts{5, 1, 3, 2}));
  EXPECT_EQ(sum.may_have_matched.skipped, 4u);
}

}  // namespace
}  // namespace skbtrail::event
