// What reaches a terminal of texts that are not ours.
#include "text/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "text/utf8.h"

namespace skbtrail::text {
namespace {

// Of any code, also of surrogates, which have none.
std::string utf8(char32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, EveryCodeIsFoundAgainAndSurrogatesAreNone) {
  for (char32_t code = 0; code <= 0x10ffff; code++) {
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    const auto [bytes, found] = first_character(utf8(code) + "x");
    ASSERT_EQ(bytes, surrogate ? 0 : utf8(code).size()) << std::hex << static_cast<uint32_t>(code);
    ASSERT_EQ(found, surrogate ? 0 : code);
  }
}

TEST(Utf8, WhatIsCutOverlongOrTooHighIsNone) {
  for (const char* text :
       {"\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82", "\xf0\x80\x80\x80", "\xf0\x9f\x90",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\x80", "\xc3("})
    EXPECT_EQ(first_character(text).bytes, 0) << text;
}

TEST(Printable, WhatATerminalShowsIsKept) {
  for (const char* text : {"", "veth0", "z\u00fcrich", "\u6771\u4eac", "\U0001f427", "a b\\c\"d'~"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ControlsAreReplacedAlsoThoseOfTwoBytes) {
  for (char32_t code = 0; code < 0xa0; code == 0x1f ? code = 0x7f : code++)
    EXPECT_EQ(printable("a" + utf8(code) + "b"), "a?b") << static_cast<uint32_t>(code);
}

TEST(Printable, WhatTurnsOrHidesTextIsReplaced) {
  for (const char* text : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067",    "\u2068",
                           "\u2069", "\u200e", "\u200f", "\u061c", "\u200b", "\u200c", "\u200d",    "\u2028",
                           "\u2029", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\ufff9", "\U000e0041"})
    EXPECT_EQ(printable(std::string("a") + text + "b"), "a?b") << text;
}

TEST(Printable, EachByteThatIsNotUtf8IsReplaced) {
  EXPECT_EQ(printable("a\xff\x9b\xc3"), "a???");
  EXPECT_EQ(printable("\xed\xa0\x80\xc0\x9b"), "?????");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");
}

TEST(Printable, BytesThatTakeNoColumnAreCounted) {
  const auto excess = [](std::string_view text) {
    fmt::memory_buffer out;
    const size_t more = append_printable(out, text);
    EXPECT_EQ(columns_of({out.data(), out.size()}), out.size() - more) << text;
    return more;
  };
  EXPECT_EQ(excess("veth0"), 0);
  EXPECT_EQ(excess("\x1b\xff\x9b"), 0);
  EXPECT_EQ(excess("z\u00fcrich"), 1);   // 2 bytes, 1 column
  EXPECT_EQ(excess("\u6771\u4eac"), 2);  // 3 bytes, 2 columns each
  EXPECT_EQ(excess("e\u0301"), 2);       // 2 bytes, none
  EXPECT_EQ(excess("\U0001f427"), 2);    // 4 bytes, 2 columns
  EXPECT_EQ(excess("a\u202eb"), 0);
}

TEST(Printable, LinesKeepTheirEndsAndTabs) {
  EXPECT_EQ(printable_lines("a\tb\n\x1b[m\r\nc\n"), "a\tb\n?[m?\nc\n");
}

TEST(Printable, InAMessageOnlyIndentedLinesFollow) {
  EXPECT_EQ(printable_message("--where: no\n  len >\n     ^"), "--where: no\n  len >\n     ^");
  EXPECT_EQ(printable_message("no 'x\nskbtrail: tracing'"), "no 'x?skbtrail: tracing'");
  EXPECT_EQ(printable_message("no 'x\n'"), "no 'x?'");
}

}  // namespace
}  // namespace skbtrail::text
