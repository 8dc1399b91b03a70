// What counters mean: what is built in, and what is refused.
#include "counters/meanings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings/files.h"

namespace skbtrail::counters {
namespace {

std::string refusal(std::string_view text) {
  try {
    Meanings(text, "f.yaml");
  } catch (const settings::FileError& error) {
    return error.what();
  }
  return "";
}

TEST(Meanings, OfWhatIsBuiltInFitALineOfATerminal) {
  const Meanings meanings;
  for (const auto& [group, counters] : meanings.all())
    for (const auto& [name, meaning] : counters) {
      EXPECT_LE(meaning.means.size(), 90u) << group << " " << name;
      EXPECT_THAT(meaning.look, testing::Not(testing::ContainsRegex("[|;&*$`'\"]"))) << group << " " << name;
    }
}

TEST(Meanings, AreFoundByGroupAndName) {
  const Meanings meanings;
  ASSERT_NE(meanings.find("Udp", "RcvbufErrors"), nullptr);
  EXPECT_EQ(meanings.find("Udp", "RcvbufErrors")->packets, Packets::shown);
  EXPECT_EQ(meanings.find("interface", "rx_missed_errors")->packets, Packets::unseen);
  EXPECT_EQ(meanings.find("softnet", "time_squeeze")->packets, Packets::sign);
  EXPECT_EQ(meanings.find("Udp", "InDatagrams"), nullptr);
  EXPECT_EQ(meanings.find("nothing", "InDatagrams"), nullptr);
}

TEST(Meanings, AStarIsAnyThatHasNoRow) {
  EXPECT_NE(Meanings().find("driver", "rx_queue_0_drops"), nullptr);
  EXPECT_EQ(Meanings().find("interface", "rx_packets"), nullptr);
}

TEST(Meanings, OfWhatIsBuiltInIncludeCountersOfTheirGroup) {
  const Meanings meanings;
  for (const auto& [group, counters] : meanings.all())
    for (const auto& [name, meaning] : counters)
      for (const auto& part : meaning.includes)
        EXPECT_TRUE(counters.contains(part)) << group << " " << name << " " << part;
}

TEST(Meanings, AMistakeIsToldWithItsLine) {
  EXPECT_EQ(refusal("Udp:\n  A:\n    means: x\n    packets: all\n    look: y\n"),
            "f.yaml:4: 'all' is not known here; there are shown, some, unseen, sign");
  EXPECT_EQ(refusal("Udp:\n  A:\n    means: x\n    look: y\n"), "f.yaml:2: 'A' has no 'packets'");
  EXPECT_EQ(refusal("Udp:\n  A:\n    meaning: x\n"),
            "f.yaml:3: 'meaning' is not known here; there are means, packets, look and includes");
  EXPECT_EQ(refusal("Udp: x\n"), "f.yaml:1: 'Udp' has nothing below it");
  EXPECT_EQ(refusal("[a]\n"), "f.yaml:1: a file of counters is groups by name, and their counters indented below");
}

}  // namespace
}  // namespace skbtrail::counters
