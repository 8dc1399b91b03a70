#include "output/closing_sum.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "output/schema.h"

namespace skbtrail::output {
namespace {

using nlohmann::json;

ClosingSum with(uint64_t events) {
  ClosingSum sum;
  sum.events = events;
  return sum;
}

TEST(SumLine, SaysThatNothingWasLost) {
  EXPECT_EQ(sum_line(with(0)), "0 events, none lost");
  EXPECT_EQ(sum_line(with(1)), "1 event, none lost");
  EXPECT_EQ(sum_line(with(1234)), "1234 events, none lost");
}

TEST(SumLine, NamesEachCause) {
  ClosingSum sum = with(10);
  sum.lost = {5, 0, 0, 2};
  EXPECT_EQ(sum_line(sum), "10 events, 7 lost: 5 ring full, 2 hit while the probe was running");
  sum.kernel_skipped = 3;
  sum.malformed = 1;
  sum.lost[REC_LOSS_STACK] = 4;
  EXPECT_EQ(sum_line(sum),
            "10 events, 15 lost: 5 ring full, 4 only its stack, the map being full, 2 hit while the probe was running, "
            "3 skipped by the "
            "kernel (hit while the probe was running), 1 not understood");
}

TEST(SumLine, SaysWhatWasOutOfOrder) {
  ClosingSum sum = with(10);
  sum.late = 2;
  EXPECT_EQ(sum_line(sum), "10 events, none lost; 2 out of order");
}

TEST(SumLine, CountsSkippedProbes) {
  ClosingSum sum = with(10);
  sum.skipped = {{"tcp_probe", "refused"}};
  EXPECT_EQ(sum_line(sum), "10 events, none lost; 1 probe skipped");
  sum.skipped.push_back({"icmp_send", "refused"});
  EXPECT_EQ(sum_line(sum), "10 events, none lost; 2 probes skipped");
}

TEST(ClosingSum, AllThatIsMissingIsLost) {
  ClosingSum sum = with(10);
  sum.lost = {1, 2, 3, 4};
  sum.kernel_skipped = 5;
  sum.malformed = 6;
  EXPECT_EQ(sum.lost_in_all(), 21u);
  EXPECT_EQ(with(10).lost_in_all(), 0u);
}

TEST(SumJson, HasEveryNumber) {
  ClosingSum sum = with(10);
  sum.recorded = 12;
  sum.lost = {1, 2, 3, 4};
  sum.kernel_skipped = 5;
  sum.malformed = 6;
  sum.late = 7;
  sum.gaps = 8;
  sum.undecided = 9;
  sum.seconds = 1.5;
  sum.probes = 20;
  sum.skipped = {{"tcp_probe", "said \"no\""}};
  EXPECT_EQ(json::parse(sum_json(sum)),
            json({{"schema", kSchemaVersion},
                  {"events", 10},
                  {"recorded", 12},
                  {"lost_in_all", 21},
                  {"lost",
                   {{"ring_full", 1},
                    {"tracking_full", 2},
                    {"stack_full", 3},
                    {"nested", 4},
                    {"kernel_skipped", 5},
                    {"malformed", 6}}},
                  {"undecided", 9},
                  {"undecidable", 0},
                  {"gaps", 8},
                  {"out_of_order", 7},
                  {"seconds", 1.5},
                  {"probes", 20},
                  {"skipped", json::array({{{"probe", "tcp_probe"}, {"reason", "said \"no\""}}})}}));
}

TEST(SumJson, NothingSkippedIsAnEmptyList) {
  EXPECT_EQ(json::parse(sum_json(with(0))).at("skipped"), json::array());
}

TEST(SumJson, EndsWithALineEnd) {
  EXPECT_EQ(sum_json(with(0)).back(), '\n');
}

}  // namespace
}  // namespace skbtrail::output
