// Texts of names: those that were handed out stay, and what they take is bounded.
#include "event/name_texts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace skbtrail::event {
namespace {

TEST(NameTexts, ATextThatWasHandedOutStaysAsItWas) {
  NameTexts texts;
  std::vector<std::pair<std::string_view, std::string>> handed_out;
  for (uint64_t number = 0; number < 5000; number++) {
    // With and without a text of its own length, and some that are renamed.
    const std::string text = "name" + std::string(number % 300, 'x') + std::to_string(number);
    handed_out.emplace_back(texts.set(NameKind::netns, number % 1000, text), text);
    handed_out.emplace_back(texts.of_number(NameKind::drop_reason, number), fmt::format("reason-{:#x}", number));
  }
  for (const auto& [view, text] : handed_out) EXPECT_EQ(view, text);
  EXPECT_EQ(texts.changes(), 4000U);
}

TEST(NameTexts, KindsHaveNumbersOfTheirOwn) {
  NameTexts texts;
  texts.set(NameKind::netns, 1, "blue");
  texts.set(NameKind::symbol, 1, "tcp_v4_rcv+0x1");
  EXPECT_EQ(texts.find(NameKind::netns, 1), "blue");
  EXPECT_EQ(texts.find(NameKind::symbol, 1), "tcp_v4_rcv+0x1");
  EXPECT_EQ(texts.find(NameKind::drop_reason, 1), std::nullopt);
}

TEST(NameTexts, ANameIsNeitherKeptTwiceNorLostWhereItComesBack) {
  NameTexts texts;
  const auto first = texts.set(NameKind::netns, 1, "blue");
  texts.set(NameKind::netns, 1, "red");
  const size_t both = texts.kept();
  EXPECT_EQ(texts.set(NameKind::netns, 1, "blue").data(), first.data());
  texts.set(NameKind::netns, 1, "red");
  EXPECT_EQ(texts.kept(), both + NameTexts::kPerName);  // red was replaced once, too
  texts.set(NameKind::netns, 1, "blue");
  texts.set(NameKind::netns, 1, "blue");
  EXPECT_EQ(texts.kept(), both + NameTexts::kPerName);
  EXPECT_EQ(texts.changes(), 4U);
}

TEST(NameTexts, NumbersWithoutANameAreShownAsTheirRowSays) {
  NameTexts texts;
  EXPECT_EQ(texts.of_number(NameKind::netns, 4026531840), "4026531840");
  EXPECT_EQ(texts.of_number(NameKind::drop_reason, 77), "reason-0x4d");
  EXPECT_EQ(texts.of_number(NameKind::symbol, 77), "");
  EXPECT_EQ(texts.of_number(NameKind::comm, 77), "?");
}

TEST(NameTexts, NoMoreNumbersAreKeptThanTheLimit) {
  NameTexts texts;
  for (uint64_t number = 0; number < NameTexts::kMostNumbers; number++) texts.of_number(NameKind::netns, number);
  EXPECT_EQ(texts.of_number(NameKind::netns, NameTexts::kMostNumbers), "?");
  EXPECT_EQ(texts.of_number(NameKind::drop_reason, 1), "?");
  EXPECT_EQ(texts.of_number(NameKind::netns, 7), "7");
}

}  // namespace
}  // namespace skbtrail::event
