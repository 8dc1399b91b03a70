#include "output/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "event/schema_version.h"
#include "output/schema.h"

namespace skbtrail::output {
namespace {

using nlohmann::json;

event::Summary with(uint64_t events) {
  event::Summary sum;
  sum.events = events;
  return sum;
}

TEST(SumLine, SaysThatNothingWasLost) {
  EXPECT_EQ(summary_line(with(0)), "0 events, none lost");
  EXPECT_EQ(summary_line(with(1)), "1 event, none lost");
  EXPECT_EQ(summary_line(with(1234)), "1234 events, none lost");
}

TEST(SumLine, CountsTrailsWhereThoseAreShown) {
  event::Summary sum = with(31);
  sum.trails = event::TrailCounts{.printed = 4};
  EXPECT_EQ(summary_line(sum), "4 trails, 31 events, none lost");
  sum.trails = event::TrailCounts{.printed = 1, .not_chosen = 2, .evicted = 3, .unfinished = 1, .late = 5};
  EXPECT_EQ(
      summary_line(sum),
      "1 trail, 31 events, none lost; 2 trails not chosen; 1 trail whose end was not seen; 3 trails cut short, too "
      "many being under way; 5 events of trails that had been printed");
  EXPECT_EQ(json::parse(event::summary_json(sum))["trails"]["printed"], 1);
  EXPECT_FALSE(json::parse(event::summary_json(with(1))).contains("trails"));
}

TEST(SumLine, NamesEachCause) {
  event::Summary sum = with(10);
  sum.lost.by_cause = {5, 0, 0, 2};
  EXPECT_EQ(summary_line(sum), "10 events, 7 lost: 5 ring full, 2 hit while the same probe was running");
  sum.lost.skipped = 3;
  sum.malformed = 1;
  EXPECT_EQ(
      summary_line(sum),
      "10 events, 11 lost: 5 ring full, 2 hit while the same probe was running, 3 skipped by the kernel, busy with "
      "another hit, 1 not understood");
}

TEST(SumLine, SaysApartHowManyMayHaveMatched) {
  event::Summary sum = with(10);
  sum.may_have_matched = {{0, 0, 2, 0}, 577};
  EXPECT_EQ(
      summary_line(sum),
      "10 events, none lost; up to 579 that may have matched: 2 no room, before the filter was run, 577 skipped by "
      "the kernel, busy with another hit");
}

TEST(SumLine, SaysWhatIsNotKnownOfEventsThatAreThere) {
  event::Summary sum = with(10);
  sum.without_stack = 4;
  sum.without_args = 1;
  EXPECT_EQ(summary_line(sum),
            "10 events, none lost; 4 events without the stack; 1 event without what the tracepoint handed out");
}

TEST(SumLine, SaysWhatNobodyCounts) {
  event::Summary sum = with(10);
  sum.lists_cut = 1;
  sum.not_followed = 3;
  sum.tasks_left_out = 2;
  sum.skipped_are_counted = false;
  EXPECT_EQ(summary_line(sum),
            "10 events, none lost; 1 list of more than 512 packets, the rest of which was not looked at; 3 packets not "
            "followed, the table being full; 2 tasks of the command not traced, the table being full; hits that a "
            "kprobe misses are not counted before Linux 6.7");
}

TEST(SumLine, SaysWhatEachOutputHasWhereOneLacksSome) {
  event::Summary sum;
  sum.add_output({"standard output", 12, 0});
  EXPECT_EQ(summary_line(sum), "12 events, none lost");
  sum.add_output({"x.pcapng", 5, 7});
  EXPECT_EQ(summary_line(sum), "5 events, 7 lost: 7 not written; 12 in standard output; 5 in x.pcapng");
}

TEST(SumLine, SaysWhatWasOutOfOrder) {
  event::Summary sum = with(10);
  sum.late = 2;
  EXPECT_EQ(summary_line(sum), "10 events, none lost; 2 out of order");
}

TEST(SumLine, CountsSkippedProbes) {
  event::Summary sum = with(10);
  sum.skipped = {{"tcp_probe", "refused"}};
  EXPECT_EQ(summary_line(sum), "10 events, none lost; 1 probe skipped");
  sum.skipped.push_back({"icmp_send", "refused"});
  EXPECT_EQ(summary_line(sum), "10 events, none lost; 2 probes skipped");
}

TEST(Summary, AllThatIsMissingIsLostAndNothingElse) {
  event::Summary sum = with(10);
  sum.lost = {{1, 2, 0, 4}, 5};
  sum.malformed = 6;
  EXPECT_EQ(sum.lost_in_all(), 18u);
  sum.may_have_matched = {{1, 1, 1, 1}, 1};
  sum.without_stack = sum.without_args = sum.undecided = sum.late = 7;
  EXPECT_EQ(sum.lost_in_all(), 18u);
  EXPECT_EQ(with(10).lost_in_all(), 0u);
}

TEST(Summary, WhatOneOutputLacksIsLost) {
  event::Summary sum;
  sum.add_output({"a", 12, 0});
  sum.add_output({"b", 5, 7});
  sum.add_output({"c", 9, 3});
  EXPECT_EQ(sum.events, 5u);
  EXPECT_EQ(sum.not_written, 7u);
  EXPECT_EQ(sum.lost_in_all(), 7u);
}

TEST(Summary, AReaderThatLeftLacksNothing) {
  event::Summary sum;
  sum.add_output({"standard output", 3, 0});
  EXPECT_EQ(sum.events, 3u);
  sum.add_output({"x.pcapng", 12, 0});
  EXPECT_EQ(sum.events, 12u);
  EXPECT_EQ(sum.not_written, 0u);
}

TEST(NothingLine, SaysWhatWasSeenWhereNothingIsShown) {
  event::Summary sum;
  EXPECT_EQ(nothing_line(sum), "");
  sum.refused.tagged = 12;
  sum.refused.where = 1;
  EXPECT_EQ(nothing_line(sum),
            "nothing is shown, but seen: 12 hits of packets with a VLAN tag, after which the expression looks only as "
            "'vlan and (...)'; 1 event for which --where does not hold");
  sum.add_output({"here", 1, 0});
  EXPECT_EQ(nothing_line(sum), "");
}

TEST(SumLine, SaysWhatWasWithheld) {
  event::Summary sum;
  sum.add_output({"here", 10, 0});
  sum.withheld = 90;
  EXPECT_EQ(summary_line(sum), "10 events, none lost; 90 withheld by --rate");
}

TEST(SumJson, HasEveryNumber) {
  event::Summary sum;
  sum.add_output({"here", 10, 3});
  sum.recorded = 12;
  sum.withheld = 21;
  sum.refused = {22, 23, 24, 25, 26};
  sum.lost = {{1, 2, 0, 4}, 5};
  sum.may_have_matched = {{11, 12, 13, 14}, 15};
  sum.without_stack = 16;
  sum.without_args = 17;
  sum.lists_cut = 18;
  sum.tasks_left_out = 19;
  sum.not_followed = 20;
  sum.followed_no_more = 21;
  sum.followed_aged = 22;
  sum.malformed = 6;
  sum.late = 7;
  sum.gaps = 8;
  sum.undecided = 9;
  sum.seconds = 1.5;
  sum.probes = 20;
  sum.skipped = {{"tcp_probe", "said \"no\""}};
  EXPECT_EQ(
      json::parse(event::summary_json(sum)),
      json(
          {{"schema", event::kSchemaVersion},
           {"events", 10},
           {"withheld", 21},
           {"recorded", 12},
           {"lost_in_all", 21},
           {"lost",
            {{"ring_full", 1},
             {"tracking_full", 2},
             {"nested", 4},
             {"kernel_skipped", 5},
             {"malformed", 6},
             {"not_written", 3}}},
           {"may_have_matched_in_all", 65},
           {"may_have_matched",
            {{"ring_full", 11}, {"tracking_full", 12}, {"unfiltered", 13}, {"nested", 14}, {"kernel_skipped", 15}}},
           {"kernel_skipped_counted", true},
           {"without_stack", 16},
           {"without_args", 17},
           {"lists_cut", 18},
           {"tasks_left_out", 19},
           {"not_followed", 20},
           {"followed_no_more", 21},
           {"followed_aged", 22},
           {"refused", {{"other_families", 22}, {"tagged", 23}, {"elsewhere", 24}, {"other_owner", 25}, {"where", 26}}},
           {"undecided", 9},
           {"indeterminate", 0},
           {"undecidable", 0},
           {"gaps", 8},
           {"out_of_order", 7},
           {"seconds", 1.5},
           {"probes", 20},
           {"skipped", json::array({{{"probe", "tcp_probe"}, {"reason", "said \"no\""}}})},
           {"outputs", json::array({{{"name", "here"}, {"events", 10}, {"not_written", 3}}})}}));
}

TEST(SumJson, NothingSkippedIsAnEmptyList) {
  EXPECT_EQ(json::parse(event::summary_json(with(0))).at("skipped"), json::array());
}

TEST(SumJson, EndsWithALineEnd) {
  EXPECT_EQ(event::summary_json(with(0)).back(), '\n');
}

}  // namespace
}  // namespace skbtrail::output
