// From a source to sinks: who gets what, in which order, and what is counted of it.
#include "run/pipeline.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "fake_names.h"
#include "record_builder.h"
#include "run/statistics.h"

namespace skbtrail::run {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kSecond = 1'000'000'000;

// Writes down what it is told, by one letter each and a number: event times, losses, notices, the sum of events.
class Notes : public event::Sink {
 public:
  void event(const event::Event& event) override { told.push_back("e" + std::to_string(event.core->time_ns)); }
  void gap(const event::Gap& gap, const event::Names&) override { told.push_back("g" + std::to_string(gap.all())); }
  void notice(const event::Notice& notice) override { told.push_back("n" + notice.text); }
  void progress(const std::optional<event::Progress>& progress) override {
    told.push_back(progress ? "p" + std::to_string(progress->done) : "p-");
  }
  void end(const event::Summary& summary) override {
    told.push_back("s" + std::to_string(summary.events));
    if (fails) throw std::system_error(28, std::generic_category(), "cannot write");
  }

  std::vector<std::string> told;
  bool fails = false;
};

class PipelineTest : public testing::Test {
 protected:
  void begin(const Pipeline::Limits& limits, const std::string& condition = "") {
    if (!condition.empty()) where = filter::Where::parse(condition);
    pipeline.emplace(where, limits, std::vector<event::Sink*>{&person});
  }
  void event(uint64_t time_ns, uint32_t len = 100) {
    const auto record = test::RecordBuilder().time(time_ns).len(len).bytes();
    pipeline->event(*event::Event::decode(record, names));
  }
  void gap(uint64_t lost) { pipeline->gap({1, 2, 0, {lost, 0, 0, 0}}, names); }
  std::vector<std::string> end() {
    std::vector<std::string> failures;
    const auto failed = [&](const std::system_error& error) { failures.emplace_back(error.what()); };
    pipeline->end_kept(summary(), failed);
    pipeline->end_shown(summary(), failed);
    return failures;
  }
  [[nodiscard]] event::Summary summary() const {
    Statistics statistics;
    statistics.add([this](event::Summary& part) { pipeline->count(part); });
    return statistics.snapshot();
  }

  test::FakeNames names;
  std::optional<filter::Where> where;
  Notes person, kept, shown;
  std::optional<Pipeline> pipeline;
};

TEST_F(PipelineTest, EventsGapsAndNoticesComeToAllInTheirOrder) {
  begin({});
  pipeline->keep(kept);
  pipeline->show(shown);
  pipeline->notice({"first"});
  event(1);
  gap(7);
  pipeline->notice({"second"});
  event(2);
  EXPECT_THAT(end(), IsEmpty());
  EXPECT_THAT(kept.told, ElementsAre("nfirst", "e1", "g7", "nsecond", "e2", "s2"));
  EXPECT_EQ(shown.told, kept.told);
  EXPECT_THAT(person.told, ElementsAre("nfirst", "nsecond"));
}

TEST_F(PipelineTest, APersonIsToldOfProgressAndHasTheLastWord) {
  begin({});
  pipeline->show(shown);
  pipeline->progress(event::Progress{"attaching", 3, 9});
  pipeline->progress(std::nullopt);
  event(1);
  end();
  pipeline->tell_persons({"late"});
  pipeline->end_persons(summary());
  EXPECT_THAT(person.told, ElementsAre("p3", "p-", "nlate", "s1"));
  EXPECT_THAT(shown.told, ElementsAre("e1", "s1"));
}

TEST_F(PipelineTest, NothingIsHandedOnBehindTheLastThatWasAskedFor) {
  begin({.count = 2});
  pipeline->show(shown);
  event(1);
  EXPECT_FALSE(pipeline->done());
  event(2);
  EXPECT_TRUE(pipeline->done());
  event(3);
  gap(1);
  EXPECT_THAT(shown.told, ElementsAre("e1", "e2"));
  EXPECT_EQ(summary().events, 2);
  EXPECT_EQ(summary().gaps, 0);
}

TEST_F(PipelineTest, WhatRateWithholdsIsKeptAndIsNoneOfTheCount) {
  begin({.count = 3, .rate = 1});
  pipeline->keep(kept);
  pipeline->show(shown);
  for (uint64_t time : {kSecond, kSecond + 1, 2 * kSecond, 3 * kSecond, 3 * kSecond + 1}) event(time);
  EXPECT_THAT(shown.told, ElementsAre("e1000000000", "e2000000000", "e3000000000"));
  EXPECT_EQ(kept.told.size(), 4);  // the last came when the count was reached
  EXPECT_EQ(summary().withheld, 1);
  EXPECT_EQ(summary().events, 4);
}

TEST_F(PipelineTest, WhereNothingIsShownTheCountIsOfWhatIsKept) {
  begin({.count = 2, .rate = std::nullopt});
  pipeline->keep(kept);
  for (uint64_t time : {1, 2, 3}) event(time);
  EXPECT_THAT(kept.told, ElementsAre("e1", "e2"));
}

TEST_F(PipelineTest, WhatWhereRefusesIsCountedAndNothingElse) {
  begin({.count = 1}, "len > 100");
  pipeline->show(shown);
  event(1, 100);
  event(2, 101);
  EXPECT_THAT(shown.told, ElementsAre("e2"));
  EXPECT_EQ(summary().refused.where, 1);
  EXPECT_TRUE(pipeline->has_where());
}

TEST_F(PipelineTest, ASinkThatFailsKeepsNoOtherFromItsEnd) {
  begin({});
  kept.fails = true;
  pipeline->keep(kept);
  pipeline->show(shown);
  EXPECT_EQ(end().size(), 1);
  EXPECT_THAT(shown.told, ElementsAre("s0"));
}

TEST_F(PipelineTest, ASnapshotIsWhatTheRunHasComeToByThen) {
  begin({});
  pipeline->show(shown);
  EXPECT_EQ(summary().events, 0);
  event(1);
  gap(7);
  EXPECT_EQ(summary().events, 1);
  EXPECT_EQ(summary().lost.in_all(), 7);
  EXPECT_EQ(summary().gaps, 1);
  event(2);
  gap(1);
  EXPECT_EQ(summary().events, 2);
  EXPECT_EQ(summary().lost.in_all(), 8);
}

TEST(Statistics, EachPartAddsToOneSummary) {
  Statistics statistics;
  uint64_t malformed = 1;
  statistics.add([&](event::Summary& part) { part.malformed += malformed; });
  statistics.add([&](event::Summary& part) { part.malformed += 10; });
  EXPECT_EQ(statistics.snapshot().malformed, 11);
  malformed = 5;
  EXPECT_EQ(statistics.snapshot().malformed, 15);
}

// A condition on what becomes of packets: -c, --where and what is kept come after it.
TEST_F(PipelineTest, EventsWaitUntilItIsKnownWhatBecameOfTheirPackets) {
  begin({.count = 1}, "trail.dropped");
  pipeline->follow(event::Known::with_fate);
  pipeline->keep(kept);
  pipeline->show(shown);
  const auto at = [&](uint64_t time_ns, uint64_t skb, uint16_t probe) {
    const auto record = test::RecordBuilder().time(time_ns).probe(probe).skb_address(skb).drop(1, 2).bytes();
    pipeline->event(*event::Event::decode(record, names));
  };
  at(1000, 0x1000, 2);  // net_dev_queue
  at(2000, 0x2000, 2);
  at(3000, 0x2000, 0);  // kfree_skb
  EXPECT_TRUE(pipeline->waits());
  EXPECT_THAT(shown.told, IsEmpty());
  pipeline->advance(1'000'000'000);
  EXPECT_THAT(shown.told, IsEmpty());  // after the first, of which nothing more was seen
  pipeline->flush();
  EXPECT_THAT(shown.told, ElementsAre("e2000"));
  EXPECT_EQ(kept.told, shown.told);
  EXPECT_TRUE(pipeline->done());
  EXPECT_EQ(summary().events, 1);
  EXPECT_EQ(summary().refused.where, 1);
}

}  // namespace
}  // namespace skbtrail::run
