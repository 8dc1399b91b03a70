#include "run/rate.h"

#include <gtest/gtest.h>

namespace skbtrail::run {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

uint64_t allowed(Rate& rate, uint64_t from_ns, int events, uint64_t apart_ns) {
  uint64_t printed = 0;
  for (int i = 0; i < events; i++) printed += rate.allows(from_ns + static_cast<uint64_t>(i) * apart_ns);
  return printed;
}

TEST(Rate, PrintsSoManyInASecondAndThenAsManyInTheNext) {
  Rate rate(3);
  EXPECT_EQ(allowed(rate, 5 * kSecond, 100, 1000), 3u);
  EXPECT_EQ(allowed(rate, 6 * kSecond - 1, 1, 0), 0u);
  EXPECT_EQ(allowed(rate, 6 * kSecond, 100, 1000), 3u);
}

TEST(Rate, FewerEventsAreAllPrinted) {
  Rate rate(3);
  EXPECT_EQ(allowed(rate, 0, 30, kSecond / 2), 30u);
}

TEST(Rate, AnEventOfAnEarlierTimeBelongsToTheSecondThatHasBegun) {
  Rate rate(2);
  EXPECT_TRUE(rate.allows(10 * kSecond));
  EXPECT_TRUE(rate.allows(9 * kSecond));
  EXPECT_FALSE(rate.allows(9 * kSecond));
}

}  // namespace
}  // namespace skbtrail::run
