// Numbers are handed out once each, whatever threads there are.
#include "load/many_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace skbtrail::load {
namespace {

class ManyThreads : public testing::TestWithParam<size_t> {};

TEST_P(ManyThreads, CallWithEveryNumberOnce) {
  constexpr size_t kCount = 1000;
  std::vector<std::atomic<int>> called(kCount);
  by_many_threads(kCount, GetParam(), [&](size_t i) { called[i]++; });
  for (size_t i = 0; i < kCount; i++) EXPECT_EQ(called[i], 1) << i;
}

TEST_P(ManyThreads, TellOfProgressOnTheOneThatWaits) {
  const auto here = std::this_thread::get_id();
  size_t last = 0;
  by_many_threads(
      100, GetParam(), [](size_t) {},
      [&](size_t done) {
        EXPECT_EQ(std::this_thread::get_id(), here);
        EXPECT_GE(done, last);
        last = done;
      });
  EXPECT_LT(last, 100u);
}

TEST_P(ManyThreads, DoNothingWhereNothingIsToBeDone) {
  by_many_threads(0, GetParam(), [](size_t) { FAIL(); });
}

INSTANTIATE_TEST_SUITE_P(Threads, ManyThreads, testing::Values(0, 1, 2, 64));

}  // namespace
}  // namespace skbtrail::load
