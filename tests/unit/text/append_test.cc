// What is appended looks as {fmt} would print it.
#include "text/append.h"

#include <gtest/gtest.h>

namespace skbtrail::text {
namespace {

template <typename Append>
std::string appended(Append append) {
  fmt::memory_buffer out;
  out.append(std::string_view("before "));
  append(out);
  return fmt::to_string(out).substr(7);
}

// Around every number of digits, decimal and hexadecimal.
std::vector<uint64_t> numbers() {
  std::vector<uint64_t> all{0, UINT64_MAX};
  for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10)
    for (uint64_t near : {power - 1, power, power + 1, 9 * power, 10 * power - 1}) all.push_back(near);
  for (int bit = 0; bit < 64; bit++)
    for (uint64_t near : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit}) all.push_back(near);
  return all;
}

TEST(Append, NumbersAreDecimal) {
  for (uint64_t number : numbers())
    EXPECT_EQ(appended([&](auto& out) { append_number(out, number); }), fmt::format("{}", number));
}

TEST(Append, IntegersHaveASign) {
  for (uint64_t bits : numbers()) {
    const auto number = static_cast<int64_t>(bits);
    EXPECT_EQ(appended([&](auto& out) { append_integer(out, number); }), fmt::format("{}", number));
  }
  EXPECT_EQ(appended([](auto& out) { append_integer(out, INT64_MIN); }), "-9223372036854775808");
}

TEST(Append, HexadecimalNumbersBeginWith0x) {
  for (uint64_t number : numbers())
    EXPECT_EQ(appended([&](auto& out) { append_hex(out, number); }), fmt::format("{:#x}", number));
}

TEST(Append, PaddedNumbersHaveZerosInFront) {
  for (size_t width = 0; width <= 9; width++)
    for (uint64_t number : {0, 1, 42, 12345, 999999, 123456789}) {
      if (std::to_string(number).size() > width) continue;
      EXPECT_EQ(appended([&](auto& out) { append_padded(out, number, width); }), fmt::format("{:0{}}", number, width));
    }
}

TEST(Append, TextsOfAnyLengthComeWhole) {
  std::string text;
  for (int length = 0; length < 70; length++, text += static_cast<char>('a' + length % 26))
    EXPECT_EQ(appended([&](auto& out) { append(out, text); }), text);
}

TEST(Append, TheBufferGrowsWithoutEnd) {
  fmt::memory_buffer out;
  std::string wanted;
  for (int i = 0; i < 2000; i++) {
    append(out, "text ");
    append_number(out, static_cast<uint64_t>(i));
    append(out, '\n');
    wanted += fmt::format("text {}\n", i);
  }
  EXPECT_EQ(fmt::to_string(out), wanted);
}

}  // namespace
}  // namespace skbtrail::text
