// Records of several CPUs into the order of time, and the gaps between them.
#include "stream/order.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <random>

#include "record_builder.h"
#include "stream/rings.h"

namespace skbtrail::stream {
namespace {

using event::Gap;
using event::LossCounts;

using test::RecordBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kDelayNs = std::chrono::nanoseconds(Order::kDelay).count();
constexpr uint64_t kStart = 1'000'000'000;

// Writes down what is handed on: "cpu@time", with "late" after, and gaps as "gap cpu after-before cause=n".
class Notes : public OrderSink {
 public:
  void record(std::span<const std::byte> bytes, bool late) override {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes.data()) % 8, 0u);
    const auto* core = reinterpret_cast<const rec_core*>(bytes.data());
    times.push_back(core->time_ns);
    lengths.push_back(bytes.size());
    probes.push_back(core->probe);
    all.push_back(std::to_string(core->cpu) + "@" + std::to_string(core->time_ns) + (late ? " late" : ""));
  }
  void gap(const Gap& gap) override {
    gaps.push_back(gap);
    std::string text =
        "gap " + std::to_string(gap.cpu) + " " + std::to_string(gap.after_ns) + "-" + std::to_string(gap.before_ns);
    for (size_t cause = 0; cause < gap.lost.size(); cause++)
      if (gap.lost[cause]) text += " " + std::to_string(cause) + "=" + std::to_string(gap.lost[cause]);
    all.push_back(text);
  }

  std::vector<std::string> all;
  std::vector<uint64_t> times;
  std::vector<size_t> lengths;
  std::vector<uint16_t> probes;
  std::vector<Gap> gaps;
};

class OrderTest : public testing::Test {
 protected:
  RecordBuilder at(uint64_t time, uint16_t cpu = 0) const { return RecordBuilder().time(time).cpu(cpu); }
  void add(const RecordBuilder& record) { order.add(record.bytes()); }
  void add(uint64_t time, uint16_t cpu = 0) { add(at(time, cpu)); }
  void finish(std::vector<LossCounts> last = {}) {
    order.finish([&](uint32_t cpu) { return last.at(cpu); }, static_cast<uint32_t>(last.size()));
  }
  static LossCounts counts(uint64_t ring, uint64_t nested = 0) { return {ring, 0, 0, nested}; }

  Notes notes;
  Order order{notes};
};

TEST_F(OrderTest, TheCpusAreMergedInTheOrderOfTime) {
  for (uint64_t time : {10, 40, 70}) add(time, 0);
  for (uint64_t time : {20, 50}) add(time, 1);
  for (uint64_t time : {5, 60}) add(time, 2);
  finish();
  EXPECT_THAT(notes.all, ElementsAre("2@5", "0@10", "1@20", "0@40", "1@50", "2@60", "0@70"));
}

TEST_F(OrderTest, OneCpusRecordsAreSortedToo) {
  add(30);
  add(20);
  add(10);
  finish();
  EXPECT_THAT(notes.all, ElementsAre("0@10", "0@20", "0@30"));
  EXPECT_EQ(order.late(), 0u);
}

TEST_F(OrderTest, EqualTimesKeepTheOrderOfArrival) {
  for (uint16_t probe : std::vector<uint16_t>{3, 1, 2, 0}) add(at(10, probe).probe(probe));
  finish();
  EXPECT_THAT(notes.probes, ElementsAre(3, 1, 2, 0));
}

TEST_F(OrderTest, ARecordWaitsForTheDelay) {
  add(kStart);
  order.advance(kStart);
  order.advance(kStart + kDelayNs - 1);
  EXPECT_THAT(notes.all, IsEmpty());
  order.advance(kStart + kDelayNs);
  EXPECT_EQ(notes.all.size(), 1u);
}

TEST_F(OrderTest, OnlyWhatIsOldEnoughIsHandedOn) {
  add(kStart);
  add(kStart + 1);
  order.advance(kStart + kDelayNs);
  EXPECT_THAT(notes.times, ElementsAre(kStart));
  EXPECT_FALSE(order.empty());
}

TEST_F(OrderTest, AtMostTheLimitIsHandedOnAtOnce) {
  for (uint64_t i = 0; i < 5; i++) add(kStart + i);
  EXPECT_FALSE(order.advance(kStart + 4 + kDelayNs, 3));
  EXPECT_EQ(notes.times.size(), 3u);
  EXPECT_TRUE(order.advance(kStart + 4 + kDelayNs, 2));
  EXPECT_EQ(notes.times.size(), 5u);
  add(kStart + 9 + kDelayNs);  // not due
  EXPECT_TRUE(order.advance(kStart + 5 + kDelayNs, 0));
  EXPECT_FALSE(order.empty());
}

TEST_F(OrderTest, ATimeBelowTheDelayHandsOnNothing) {
  add(1);
  order.advance(kDelayNs - 1);
  EXPECT_THAT(notes.all, IsEmpty());
}

TEST_F(OrderTest, ARecordWithinTheDelayIsSortedIn) {
  add(kStart + 500, 0);
  order.advance(kStart + kDelayNs);
  add(kStart + 100, 1);
  order.advance(kStart + 500 + kDelayNs);
  EXPECT_THAT(notes.times, ElementsAre(kStart + 100, kStart + 500));
  EXPECT_EQ(order.late(), 0u);
}

TEST_F(OrderTest, ARecordAfterTheDelayIsMarkedLateAndCounted) {
  add(kStart + 500, 0);
  order.advance(kStart + 500 + kDelayNs);
  add(kStart + 100, 1);
  add(kStart + 500, 1);  // the same time is not late
  add(kStart + 600, 1);
  order.advance(kStart + 600 + kDelayNs);
  EXPECT_THAT(notes.all, ElementsAre("0@1000000500", "1@1000000100 late", "1@1000000500", "1@1000000600"));
  EXPECT_EQ(order.late(), 1u);
}

TEST_F(OrderTest, ALateRecordMakesTheNextNoLater) {
  add(kStart + 500);
  finish();
  add(kStart + 100);
  finish();
  add(kStart + 200);
  finish();
  EXPECT_EQ(order.late(), 2u);
}

TEST_F(OrderTest, EmptyIsWhatItSays) {
  EXPECT_TRUE(order.empty());
  add(1);
  EXPECT_FALSE(order.empty());
  finish();
  EXPECT_TRUE(order.empty());
}

TEST_F(OrderTest, RecordsComeOutAsTheyWent) {
  auto record = at(1).device("veth0", 2).packet({1, 2, 3}).bytes();
  struct Same : OrderSink {
    void record(std::span<const std::byte> bytes, bool) override {
      same = std::equal(bytes.begin(), bytes.end(), wanted.begin(), wanted.end());
    }
    void gap(const Gap&) override {}
    RecordBuilder::Record wanted;
    bool same = false;
  } sink;
  sink.wanted = record;
  Order plain(sink);
  plain.add(record);
  std::fill(record.begin(), record.end(), std::byte{0xff});  // the ring is written again
  plain.finish([](uint32_t) { return LossCounts{}; }, 0);
  EXPECT_TRUE(sink.same);
}

TEST_F(OrderTest, AShortRecordIsMalformedAndLeftOut) {
  auto whole = at(1).bytes();
  for (size_t length : {size_t{0}, size_t{1}, sizeof(rec_core) - 1}) order.add(std::span(whole).first(length));
  finish();
  EXPECT_EQ(order.malformed(), 3u);
  EXPECT_THAT(notes.all, IsEmpty());
}

TEST_F(OrderTest, ARecordLargerThanAnyIsMalformed) {
  RecordBuilder::Record huge(1u << 20);
  order.add(huge);
  finish();
  EXPECT_EQ(order.malformed(), 1u);
  EXPECT_THAT(notes.all, IsEmpty());
}

TEST_F(OrderTest, TheSmallestRecordIsACore) {
  add(1);
  finish();
  EXPECT_THAT(notes.lengths, ElementsAre(sizeof(rec_core)));
  EXPECT_EQ(order.malformed(), 0u);
}

TEST_F(OrderTest, AHigherCountIsAGapBetweenTwoRecords) {
  add(at(10).lost(REC_LOSS_RING, 0));
  add(at(20).lost(REC_LOSS_RING, 5));
  add(at(30).lost(REC_LOSS_RING, 5));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("0@10", "gap 0 10-20 0=5", "0@20", "0@30"));
  EXPECT_EQ(order.lost(), counts(5));
}

TEST_F(OrderTest, AGapMayComeBeforeTheFirstRecord) {
  add(at(10).lost(REC_LOSS_RING, 2));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("gap 0 0-10 0=2", "0@10"));
}

TEST_F(OrderTest, EachCpuCountsForItself) {
  add(at(10, 0).lost(REC_LOSS_RING, 7));
  add(at(20, 1));
  add(at(30, 0).lost(REC_LOSS_RING, 7));
  add(at(40, 1).lost(REC_LOSS_RING, 1));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("gap 0 0-10 0=7", "0@10", "1@20", "0@30", "gap 1 20-40 0=1", "1@40"));
  EXPECT_EQ(order.lost(), counts(8));
}

TEST_F(OrderTest, SeveralCausesAreOneGap) {
  add(at(10).lost(REC_LOSS_RING, 1).lost(REC_LOSS_CALLS, 2).lost(REC_LOSS_UNFILTERED, 3).lost(REC_LOSS_NESTED, 4));
  add(at(20).lost(REC_LOSS_RING, 1).lost(REC_LOSS_CALLS, 2).lost(REC_LOSS_UNFILTERED, 4).lost(REC_LOSS_NESTED, 6));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("gap 0 0-10 0=1 1=2 2=3 3=4", "0@10", "gap 0 10-20 2=1 3=2", "0@20"));
  EXPECT_EQ(order.lost(), (LossCounts{1, 2, 4, 6}));
}

Gap skipped(uint64_t after_ns, uint64_t before_ns) {
  return {after_ns, before_ns, 77, {}, 1, 0, 3};
}

TEST_F(OrderTest, AGapThatIsKnownOfItselfStandsBeforeWhatIsOfALaterTimeThanItsEnd) {
  add(10);
  add(20);
  order.add(skipped(5, 15));
  add(30);
  order.add(skipped(15, 30));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("0@10", "gap 77 5-15", "0@20", "gap 77 15-30", "0@30"));
}

TEST_F(OrderTest, AGapThatIsKnownOfItselfWaitsForTheDelayAsRecordsDo) {
  order.add(skipped(kStart - 9, kStart));
  EXPECT_FALSE(order.empty());
  order.advance(kStart + kDelayNs - 1);
  EXPECT_THAT(notes.all, IsEmpty());
  order.advance(kStart + kDelayNs);
  EXPECT_THAT(notes.all, ElementsAre("gap 77 999999991-1000000000"));
  EXPECT_TRUE(order.empty());
}

TEST_F(OrderTest, AGapBehindTheLastRecordIsHandedOnAtTheEndBeforeThoseOfCpus) {
  add(10);
  order.add(skipped(5, 50));
  finish({counts(2)});
  EXPECT_THAT(notes.all, ElementsAre("0@10", "gap 77 5-50", "gap 0 10-0 0=2"));
}

TEST_F(OrderTest, WhereSomeAreLeftForLaterSoAreGapsBehindThem) {
  add(10);
  add(20);
  order.add(skipped(5, 30));
  EXPECT_FALSE(order.advance(kStart, 1));
  EXPECT_THAT(notes.all, ElementsAre("0@10"));
  EXPECT_TRUE(order.advance(kStart, 10));
  EXPECT_THAT(notes.all, ElementsAre("0@10", "0@20", "gap 77 5-30"));
}

TEST_F(OrderTest, ACountThatWrapsAroundGoesOn) {
  constexpr uint32_t half = 0x7fff'ffff;
  add(at(10).lost(REC_LOSS_RING, half));
  add(at(20).lost(REC_LOSS_RING, 0xffff'fffe));
  add(at(30).lost(REC_LOSS_RING, 3));
  finish();
  ASSERT_EQ(notes.gaps.size(), 3u);
  EXPECT_EQ(notes.gaps[1].lost[REC_LOSS_RING], half);
  EXPECT_EQ(notes.gaps[2].lost[REC_LOSS_RING], 5u);
  EXPECT_EQ(order.lost(), counts((uint64_t{1} << 32) + 3));
}

// A record that an interrupt's overtook was written with the count that was right when it began.
TEST_F(OrderTest, AnOlderCountIsNoLoss) {
  add(at(10).lost(REC_LOSS_RING, 5));
  add(at(20).lost(REC_LOSS_RING, 4));
  add(at(30).lost(REC_LOSS_RING, 5));
  finish();
  EXPECT_THAT(notes.all, ElementsAre("gap 0 0-10 0=5", "0@10", "0@20", "0@30"));
  EXPECT_EQ(order.lost(), counts(5));
}

TEST_F(OrderTest, WhatNoRecordToldIsAGapWithoutAnEnd) {
  add(at(10).lost(REC_LOSS_RING, 1));
  finish({counts(4, 2), counts(0), counts(0, 9)});
  EXPECT_THAT(notes.all, ElementsAre("gap 0 0-10 0=1", "0@10", "gap 0 10-0 0=3 3=2", "gap 2 0-0 3=9"));
  EXPECT_EQ(order.lost(), counts(4, 11));
}

TEST_F(OrderTest, NoGapIsToldWhereNothingMoreWasLost) {
  add(at(10).lost(REC_LOSS_RING, 4));
  finish({counts(4), counts(0)});
  EXPECT_EQ(notes.gaps.size(), 1u);
}

TEST_F(OrderTest, AFinalCountThatWrappedAroundGoesOn) {
  add(at(10).lost(REC_LOSS_RING, 0x7fff'ffff));
  add(at(20).lost(REC_LOSS_RING, 0xffff'fffe));
  finish({counts(1)});
  EXPECT_EQ(notes.gaps.back().lost[REC_LOSS_RING], 3u);
  EXPECT_EQ(order.lost(), counts((uint64_t{1} << 32) + 1));
}

TEST_F(OrderTest, ACountThatEndsBelowALastRecordsIsNoLoss) {
  add(at(10).lost(REC_LOSS_RING, 5));
  finish({counts(5)});
  finish({counts(5)});
  EXPECT_EQ(order.lost(), counts(5));
}

TEST_F(OrderTest, BeyondItsMemoryTheOldestGoOutEarly) {
  constexpr size_t kMemory = 1u << 20;
  Order small(notes, kMemory);
  auto record = [](uint64_t time) {
    return RecordBuilder().time(time).packet(std::vector<uint8_t>(4000, 'x')).bytes();
  };
  const size_t size = record(1).size();
  const size_t many = 4 * kMemory / size;
  for (size_t i = 0; i < many; i++) {
    small.add(record(kStart + i));
    ASSERT_LE((i + 1 - notes.times.size()) * size, kMemory + (512u << 10)) << i;
  }
  EXPECT_GE(notes.times.size(), many / 2);
  EXPECT_TRUE(std::is_sorted(notes.times.begin(), notes.times.end()));
  small.finish([](uint32_t) { return LossCounts{}; }, 0);
  EXPECT_EQ(notes.times.size(), many);
  EXPECT_TRUE(std::is_sorted(notes.times.begin(), notes.times.end()));
  EXPECT_EQ(small.late(), 0u);
}

TEST_F(OrderTest, AVeryLowMemoryStillHandsEverythingOn) {
  Order small(notes, 1);
  for (uint64_t time = 100; time > 0; time--) small.add(RecordBuilder().time(time).bytes());
  small.finish([](uint32_t) { return LossCounts{}; }, 0);
  EXPECT_EQ(notes.times.size(), 100u);
}

TEST_F(OrderTest, ALongRunUsesItsMemoryAgain) {
  uint64_t time = kStart;
  for (int round = 0; round < 200; round++) {
    for (uint16_t cpu = 0; cpu < 4; cpu++)
      for (int i = 0; i < 50; i++) add(at(time + static_cast<uint64_t>(i), cpu).packet(std::vector<uint8_t>(160, 'x')));
    time += kDelayNs;
    order.advance(time);
  }
  finish();
  EXPECT_EQ(notes.times.size(), 200u * 4 * 50);
  EXPECT_TRUE(std::is_sorted(notes.times.begin(), notes.times.end()));
}

TEST_F(OrderTest, AnOvertakenRecordMovesToItsPlaceAmongItsCpus) {
  for (uint64_t time : {10, 40, 20, 30, 25, 5, 50}) add(time, 0);
  for (uint64_t time : {22, 7, 45}) add(time, 1);
  finish();
  EXPECT_THAT(notes.times, ElementsAre(5, 7, 10, 20, 22, 25, 30, 40, 45, 50));
  EXPECT_EQ(order.late(), 0u);
}

// Whatever comes, and in whatever portions it is handed on: by time, and by arrival where times are equal.
TEST_F(OrderTest, ManyCpusAreMergedAsOneSortWould) {
  std::mt19937 random(7);
  std::vector<std::pair<uint64_t, uint16_t>> wanted;  // time, and the probe that tells records apart
  uint16_t number = 0;
  for (uint64_t round = 0; round < 300; round++) {
    for (int i = 0; i < 40; i++) {
      uint64_t time = kStart + round * kDelayNs + random() % (kDelayNs / 1000) * 1000;
      add(at(time, static_cast<uint16_t>(random() % 7 * (random() % 3))).probe(number));
      wanted.emplace_back(time, number++);
    }
    order.advance(kStart + round * kDelayNs + random() % kDelayNs);
  }
  finish();
  std::stable_sort(wanted.begin(), wanted.end(), [](auto& a, auto& b) { return a.first < b.first; });
  ASSERT_EQ(notes.times.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); i++) {
    ASSERT_EQ(notes.times[i], wanted[i].first) << i;
    ASSERT_EQ(notes.probes[i], wanted[i].second) << i;
  }
  EXPECT_EQ(order.late(), 0u);
}

TEST(RingBytes, AreEightMebibytesACpu) {
  EXPECT_EQ(ring_bytes_per_cpu(0, 1), 8u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(0, 64), 4u << 20);
}

TEST(RingBytes, AreAtMost256MebibytesTogether) {
  EXPECT_EQ(ring_bytes_per_cpu(0, 128), 2u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(0, 96), 2u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(0, 1024), 256u << 10);
}

TEST(RingBytes, AShareIsRoundedDownToAPowerOfTwo) {
  EXPECT_EQ(ring_bytes_per_cpu(8u << 20, 2), 4u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(8u << 20, 3), 2u << 20);
  EXPECT_EQ(ring_bytes_per_cpu((8u << 20) - 1, 2), 2u << 20);
}

TEST(RingBytes, AreAtLeastAPage) {
  auto page = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(ring_bytes_per_cpu(1, 1), page);
  EXPECT_EQ(ring_bytes_per_cpu(4096, 64), page);
}

TEST(RingBytes, AreAtMostAGibibyteACpu) {
  EXPECT_EQ(ring_bytes_per_cpu(uint64_t{16} << 30, 1), 1u << 30);
}

}  // namespace
}  // namespace skbtrail::stream
