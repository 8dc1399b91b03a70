// Whether what becomes of a packet that matched is chosen, and of which.
#include "run/matched_packets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_names.h"
#include "record_builder.h"

namespace skbtrail::run {
namespace {

using filter::Tribool;

class MatchedPacketsTest : public testing::Test {
 protected:
  Tribool judge(uint64_t trail, Tribool result, int64_t run = 1) {
    rec_follow follow{};
    follow.id = trail + 2;  // a clone's
    follow.trail = trail;
    return judge(test::RecordBuilder().follow(follow).bytes(), result, run);
  }
  Tribool judge(const std::vector<std::byte>& record, Tribool result, int64_t run = 1) {
    return packets.judge(run, *event::Event::decode(record, names), result);
  }

  test::FakeNames names;
  MatchedPackets packets{2};
};

TEST_F(MatchedPacketsTest, WhatBecomesOfOneThatMatchedIsChosen) {
  EXPECT_EQ(judge(7, Tribool::no), Tribool::no) << "nothing matched yet";
  EXPECT_EQ(judge(7, Tribool::yes), Tribool::yes);
  EXPECT_EQ(judge(7, Tribool::no), Tribool::yes);
  EXPECT_EQ(judge(7, Tribool::unknown), Tribool::yes);
  EXPECT_EQ(judge(9, Tribool::no), Tribool::no);
  EXPECT_EQ(judge(9, Tribool::unknown), Tribool::unknown);
}

TEST_F(MatchedPacketsTest, RunsHaveNumbersOfTheirOwn) {
  judge(7, Tribool::yes, 1);
  EXPECT_EQ(judge(7, Tribool::no, 2), Tribool::no);
}

TEST_F(MatchedPacketsTest, AnEventOfNoKnownPacketIsJudgedByItself) {
  const auto without = test::RecordBuilder().bytes();
  EXPECT_EQ(judge(without, Tribool::yes), Tribool::yes);
  EXPECT_EQ(judge(without, Tribool::no), Tribool::no);
  judge(0, Tribool::yes);
  EXPECT_EQ(judge(0, Tribool::no), Tribool::no) << "it was not followed";
}

TEST_F(MatchedPacketsTest, TheFirstOfMoreThanIsBoundedIsForgotten) {
  for (const uint64_t trail : {7, 9, 7, 11}) judge(trail, Tribool::yes);
  EXPECT_EQ(judge(7, Tribool::no), Tribool::no);
  EXPECT_EQ(judge(9, Tribool::no), Tribool::yes);
  EXPECT_EQ(judge(11, Tribool::no), Tribool::yes);
}

}  // namespace
}  // namespace skbtrail::run
