#include "text/units.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "sentence.h"

namespace skbtrail::text {
namespace {

using namespace std::chrono_literals;

template <typename Parse>
std::string refusal(Parse parse) {
  return test::sentence<std::invalid_argument>([&] { (void)parse(); });
}

TEST(ParseNumber, DecimalAndHexadecimalAreRead) {
  EXPECT_EQ(parse_number("0", "--x"), 0u);
  EXPECT_EQ(parse_number("1500", "--x"), 1500u);
  EXPECT_EQ(parse_number("007", "--x"), 7u);
  EXPECT_EQ(parse_number("0x10", "--x"), 16u);
  EXPECT_EQ(parse_number("0XfF", "--x"), 255u);
  EXPECT_EQ(parse_number("18446744073709551615", "--x"), UINT64_MAX);
  EXPECT_EQ(parse_number("0xffffffffffffffff", "--x"), UINT64_MAX);
}

TEST(ParseNumber, WhatIsNoNumberIsSaidAsItWasWritten) {
  for (const char* text : {"", "x", "-1", "+1", " 1", "1 ", "1.5", "12abc", "0x", "0xg", "1,000"})
    EXPECT_EQ(refusal([&] { return parse_number(text, "--count"); }),
              std::string("--count: '") + text + "' is not a number");
}

TEST(ParseNumber, TheMaximumItselfIsAllowed) {
  EXPECT_EQ(parse_number("4096", "--snaplen", 4096), 4096u);
}

TEST(ParseNumber, BeyondTheMaximumIsTooLarge) {
  EXPECT_EQ(refusal([] { return parse_number("4097", "--snaplen", 4096); }),
            "--snaplen: 4097 is too large, at most 4096");
}

TEST(ParseNumber, MoreThan64BitsIsTooLarge) {
  EXPECT_EQ(refusal([] { return parse_number("18446744073709551616", "--x"); }),
            "--x: 18446744073709551616 is too large, at most 18446744073709551615");
}

TEST(ParseRange, OneNumberIsARangeOfItself) {
  EXPECT_EQ(parse_range("60", "--len"), std::pair(60u, 60u));
}

TEST(ParseRange, TwoNumbersAreItsEnds) {
  EXPECT_EQ(parse_range("60-1500", "--len"), std::pair(60u, 1500u));
  EXPECT_EQ(parse_range("7-7", "--len"), std::pair(7u, 7u));
  EXPECT_EQ(parse_range("0-4294967295", "--len"), std::pair(0u, UINT32_MAX));
  EXPECT_EQ(parse_range("0x10-0x20", "--len"), std::pair(16u, 32u));
}

TEST(ParseRange, ARangeDoesNotEndBeforeItBegins) {
  EXPECT_EQ(refusal([] { return parse_range("1500-60", "--len"); }), "--len: the range 1500-60 ends before it begins");
}

TEST(ParseRange, BothEndsAreNumbersOf32Bits) {
  EXPECT_EQ(refusal([] { return parse_range("4294967296", "--len"); }),
            "--len: 4294967296 is too large, at most 4294967295");
  EXPECT_EQ(refusal([] { return parse_range("60-", "--len"); }),
            "--len: '60-' is not a number or a range such as 60-90");
  EXPECT_EQ(refusal([] { return parse_range("-60", "--len"); }),
            "--len: '-60' is not a number or a range such as 60-90");
  EXPECT_EQ(refusal([] { return parse_range("60-70-80", "--len"); }), "--len: '70-80' is not a number");
}

TEST(ParseSize, UnitsArePowersOf1024) {
  EXPECT_EQ(parse_size("65536", "--buffer"), 65536u);
  EXPECT_EQ(parse_size("0", "--buffer"), 0u);
  EXPECT_EQ(parse_size("512K", "--buffer"), 512u << 10);
  EXPECT_EQ(parse_size("512k", "--buffer"), 512u << 10);
  EXPECT_EQ(parse_size("512KiB", "--buffer"), 512u << 10);
  EXPECT_EQ(parse_size("8MB", "--buffer"), 8u << 20);
  EXPECT_EQ(parse_size("8m", "--buffer"), 8u << 20);
  EXPECT_EQ(parse_size("3G", "--buffer"), uint64_t{3} << 30);
}

TEST(ParseSize, WhatIsNoSizeIsSaidWithExamples) {
  for (const char* text : {"", "K", "M8", "8 M", "8T", "8MM", "8Mi", "8iB", "-8M", "1.5M", "8{", "8\xcd"})
    EXPECT_EQ(refusal([&] { return parse_size(text, "--buffer"); }),
              std::string("--buffer: '") + text + "' is not a size such as 65536, 512K or 8M");
}

TEST(ParseSize, ALargestSizeStaysWithin64Bits) {
  EXPECT_EQ(parse_size("17179869183G", "--buffer"), uint64_t{17179869183} << 30);
  EXPECT_EQ(refusal([] { return parse_size("17179869184G", "--buffer"); }),
            "--buffer: 17179869184 is too large, at most 17179869183");
}

TEST(ParseDuration, UnitsAreKnown) {
  EXPECT_EQ(parse_duration("10", "--duration"), 10s);
  EXPECT_EQ(parse_duration("1.5s", "--duration"), 1500ms);
  EXPECT_EQ(parse_duration(".5", "--duration"), 500ms);
  EXPECT_EQ(parse_duration("500ms", "--duration"), 500ms);
  EXPECT_EQ(parse_duration("20us", "--duration"), 20us);
  EXPECT_EQ(parse_duration("7ns", "--duration"), 7ns);
  EXPECT_EQ(parse_duration("3m", "--duration"), 3min);
  EXPECT_EQ(parse_duration("3min", "--duration"), 3min);
  EXPECT_EQ(parse_duration("1h", "--duration"), 1h);
  EXPECT_EQ(parse_duration("0", "--duration"), 0s);
}

TEST(ParseDuration, WhatIsNoTimeIsSaidWithExamples) {
  for (const char* text : {"", "s", "-1s", "+1s", "10 s", "10d", "1e3", "1s2", "0x10", "S"})
    EXPECT_EQ(refusal([&] { return parse_duration(text, "--duration"); }),
              std::string("--duration: '") + text + "' is not a time such as 10, 500ms, 3m or 1h");
}

TEST(ParseDuration, NotANumberIsNoTime) {
  for (const char* text : {"nan", "NaNs", "nan(7)"})
    EXPECT_EQ(refusal([&] { return parse_duration(text, "--duration"); }),
              std::string("--duration: '") + text + "' is not a time such as 10, 500ms, 3m or 1h");
}

TEST(ParseDuration, MoreThan64BitsOfNanosecondsAreTooLong) {
  EXPECT_EQ(parse_duration("2499999h", "--duration"), 2499999h);
  EXPECT_EQ(refusal([] { return parse_duration("2500001h", "--duration"); }), "--duration: 2500001h is too long");
  for (const std::string& text : {std::string("inf"), std::string("infinityh"), std::string(400, '9')})
    EXPECT_NE(refusal([&] { return parse_duration(text, "--duration"); }), "(nothing thrown)") << text;
}

}  // namespace
}  // namespace skbtrail::text
