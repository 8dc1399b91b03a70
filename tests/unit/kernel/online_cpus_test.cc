// Lists of CPUs as the kernel writes them.
#include "kernel/online_cpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skbtrail::kernel {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuList, HasNumbersAndRanges) {
  EXPECT_THAT(cpus_of_list("0\n"), ElementsAre(0));
  EXPECT_THAT(cpus_of_list("0-3\n"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(cpus_of_list("0,2,4-5"), ElementsAre(0, 2, 4, 5));
}

TEST(CpuList, IsAscendingWithoutRepetition) {
  EXPECT_THAT(cpus_of_list("4-5,0,5"), ElementsAre(0, 4, 5));
}

TEST(CpuList, IsNothingIfItIsNotOne) {
  for (const char* text : {"", "\n", "x", "1-", "-1", "3-1", "0 1", "0-4000000000", "1;2"})
    EXPECT_THAT(cpus_of_list(text), IsEmpty()) << text;
}

TEST(OnlineCpus, AreSome) {
  EXPECT_FALSE(online_cpus().empty());
}

}  // namespace
}  // namespace skbtrail::kernel
