#include "text/glob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skbtrail::text {
namespace {

TEST(Glob, AWordWithAWildcardIsOne) {
  for (const char* word : {"*", "a?b", "[ab]c"}) EXPECT_TRUE(is_glob(word)) << word;
  for (const char* word : {"", "ip_rcv", "skb:kfree_skb", "a]b"}) EXPECT_FALSE(is_glob(word)) << word;
}

TEST(Glob, MatchesTheWholeName) {
  EXPECT_TRUE(matches_glob("ip_*", "ip_rcv"));
  EXPECT_TRUE(matches_glob("ip_rc[vw]", "ip_rcv"));
  EXPECT_FALSE(matches_glob("ip", "ip_rcv"));
  EXPECT_FALSE(matches_glob("[!i]*", "ip_rcv"));
}

}  // namespace
}  // namespace skbtrail::text
