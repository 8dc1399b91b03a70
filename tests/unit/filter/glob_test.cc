// Globs as the kernel side runs them, against fnmatch(3).
#include "filter/glob.h"

#include <fnmatch.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <stdexcept>
#include <string>

#include "sentence.h"

namespace skbtrail::filter {
namespace {

bool matched(std::string_view pattern, std::string_view name) {
  return matches(compile_glob(pattern), name);
}

std::string refusal(std::string_view pattern) {
  return test::sentence<std::invalid_argument>([&] { compile_glob(pattern); });
}

TEST(Glob, AWordMatchesItselfAlone) {
  EXPECT_TRUE(matched("curl", "curl"));
  EXPECT_FALSE(matched("curl", "curl2"));
  EXPECT_FALSE(matched("curl", "cur"));
  EXPECT_FALSE(matched("curl", ""));
}

TEST(Glob, AStarMatchesAnyBytesAndNone) {
  EXPECT_TRUE(matched("*", ""));
  EXPECT_TRUE(matched("ksoftirqd/*", "ksoftirqd/1"));
  EXPECT_TRUE(matched("*x*x*", "xx"));
  EXPECT_FALSE(matched("*x*x*", "x"));
}

TEST(Glob, ASetEndsWithTheFirstBracketThatIsNotItsFirstByte) {
  EXPECT_TRUE(matched("[]a]", "]"));
  EXPECT_TRUE(matched("[!]a]", "b"));
  EXPECT_FALSE(matched("[!]a]", "]"));
  EXPECT_TRUE(matched("[a-]", "-"));
}

TEST(Glob, ABackslashTakesAwayTheMeaning) {
  EXPECT_TRUE(matched("\\*", "*"));
  EXPECT_FALSE(matched("\\*", "a"));
  EXPECT_TRUE(matched("[\\]a]", "]"));
  EXPECT_TRUE(matched("[a-\\c]", "b"));  // also before the end of a range
}

TEST(Glob, BytesBeyondAsciiAreBytes) {
  EXPECT_TRUE(matched("\xc3\xa4", "\xc3\xa4"));
  EXPECT_TRUE(matched("??", "\xc3\xa4"));
  EXPECT_TRUE(matched("[\x80-\xff]", "\xc3"));
}

TEST(Glob, HasUpToFifteenElementsAndAnyNumberOfStars) {
  EXPECT_TRUE(matched("***abcdefghijklmno***", "abcdefghijklmno"));
  EXPECT_TRUE(matched("?[a]\\b????????????", "xabxxxxxxxxxxxx"));
  EXPECT_EQ(refusal("????????????????"), "longer than the 15 bytes of a task's name");
  EXPECT_EQ(refusal("*[abcdef]???????????????"), "longer than the 15 bytes of a task's name");
}

TEST(Glob, WhatIsNoneIsRefused) {
  EXPECT_EQ(refusal(""), "the pattern is empty");
  for (const char* pattern : {"[", "a[b", "[]", "[!]", "[a-", "[a\\]", "a\\"})
    EXPECT_EQ(refusal(pattern), "a '[' without its ']', or a '\\' at the end") << pattern;
}

std::string drawn(std::mt19937& random, size_t longest, std::string_view from) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = from[random() % from.size()];
  return text;
}

std::optional<glob_automaton> compiled(const std::string& pattern) {
  try {
    return compile_glob(pattern);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

TEST(Glob, JudgesAsFnmatchDoesOnRandomPatternsAndNames) {
  std::mt19937 random(20261121);  // NOLINT: the same every time
  size_t judged = 0, matching = 0;
  for (int round = 0; round < 60000; round++) {
    const std::string pattern = drawn(random, 10, round % 2 ? "abc-*?[]!^\\" : "ab*?[]-");
    const auto glob = compiled(pattern);
    if (!glob) continue;
    for (int i = 0; i < 12; i++) {
      const std::string name = drawn(random, i % 2 ? 15 : 4, "abc-]![\\^"), shown = pattern + " on " + name;
      const bool expected = fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
      ASSERT_EQ(matches(*glob, name), expected) << shown;
      judged++;
      matching += expected;
    }
  }
  EXPECT_GT(judged, 100000u);
  EXPECT_GT(matching, judged / 40);
}

}  // namespace
}  // namespace skbtrail::filter
