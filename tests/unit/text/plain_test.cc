// Plain texts, eight characters at a time: the same as one at a time.
#include "text/plain.h"

#include <gtest/gtest.h>

#include <string>

namespace skbtrail::text {
namespace {

TEST(Plain, EveryCharacterIsJudgedAtEveryPlace) {
  for (size_t length = 1; length <= 18; length++)
    for (size_t place = 0; place < length; place++)
      for (int value = 0; value < 256; value++) {
        std::string text(length, 'n');
        text[place] = static_cast<char>(value);
        const bool printable = value >= 0x20 && value < 0x7f;
        EXPECT_EQ(is_plain<>(text), printable) << length << ' ' << place << ' ' << value;
        EXPECT_EQ((is_plain<'"', '\\'>(text)), printable && value != '"' && value != '\\')
            << length << ' ' << place << ' ' << value;
      }
}

// A byte borrows from its neighbour while it is compared.
TEST(Plain, EveryPairOfNeighboursIsJudged) {
  for (int first = 0; first < 256; first++)
    for (int second = 0; second < 256; second++) {
      std::string text = "nnn";
      text += {static_cast<char>(first), static_cast<char>(second)};
      text += "nnn";
      auto plain = [](int value) { return value >= 0x20 && value < 0x7f && value != '"'; };
      EXPECT_EQ(is_plain<'"'>(text), plain(first) && plain(second)) << first << ' ' << second;
    }
}

TEST(Plain, NothingIsPlain) {
  EXPECT_TRUE(is_plain<>(""));
}

}  // namespace
}  // namespace skbtrail::text
