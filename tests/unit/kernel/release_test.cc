#include "kernel/release.h"

#include <gtest/gtest.h>

namespace skbtrail::kernel {
namespace {

TEST(Release, AnOlderOneIsBefore) {
  EXPECT_TRUE(is_before("6.18.44-fc-v669", 6, 19));
  EXPECT_TRUE(is_before("5.10.0-46-cloud-amd64", 6, 2));
  EXPECT_TRUE(is_before("6.2", 6, 10));
}

TEST(Release, TheSameOneAndANewerOneAreNot) {
  EXPECT_FALSE(is_before("6.19.0", 6, 19));
  EXPECT_FALSE(is_before("7.2.13+deb14-cloud-amd64", 6, 19));
  EXPECT_FALSE(is_before("6.19-rc1", 6, 19));
}

TEST(Release, WhatIsNoneIsBeforeNothing) {
  for (const char* odd : {"", "6", "6.", "six.18", ".18", "-6.18"}) EXPECT_FALSE(is_before(odd, 6, 19)) << odd;
}

}  // namespace
}  // namespace skbtrail::kernel
