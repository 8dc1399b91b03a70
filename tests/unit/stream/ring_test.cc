// Our own ring: what a reader makes of what programs write. The writer here does what bpf/emit.h does.
#include "stream/ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "stream/rings.h"

namespace skbtrail::stream {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint32_t kRoom = 64;
constexpr uint32_t kSegmentBits = 8;
constexpr uint64_t kSecret = 0x9e3779b97f4a7c15;

class Writer {
 public:
  explicit Writer(const RingShape& shape)
      : shape_(shape), memory_(shape.segments() * shape.pitch()), ends_(std::make_unique<ring_ends>()) {}

  struct Entry {
    uint64_t begin, after, size;
  };

  // Nothing: the ring is full.
  std::optional<Entry> take(uint64_t record) {
    const uint64_t size = ring_entry_for(record);
    std::atomic_ref<__u64> head(ends_->head);
    uint64_t at = head.load();
    for (;;) {
      if (at + size - std::atomic_ref<__u64>(ends_->tail).load(std::memory_order_acquire) > shape_.bytes)
        return std::nullopt;
      __u64 expected = at;
      const uint64_t after = ring_after(at, size, shape_.segment_bits);
      if (head.compare_exchange_strong(expected, after)) return Entry{at, after, size};
      at = expected;
    }
  }
  void complete(const Entry& entry, const std::string& record) {
    auto* at = reinterpret_cast<ring_entry*>(entry_at(entry.begin));
    std::memcpy(at + 1, record.data(), record.size());
    at->lengths = ring_lengths(static_cast<uint32_t>(entry.size), static_cast<uint32_t>(record.size()));
    std::atomic_ref<__u64>(at->tag).store(ring_tag(entry.begin, kSecret), std::memory_order_release);
  }
  void discard(const Entry& entry) { ends_->head = entry.begin; }
  bool write(const std::string& record) {
    const auto entry = take(record.size());
    if (entry) complete(*entry, record);
    return entry.has_value();
  }

  Ring reader() { return {shape_, kSecret, memory_.data(), ends_.get()}; }
  [[nodiscard]] const ring_ends& ends() const { return *ends_; }
  [[nodiscard]] std::byte* entry_at(uint64_t position) {
    const uint64_t segment = (position & (shape_.bytes - 1)) >> shape_.segment_bits;
    return memory_.data() + segment * shape_.pitch() + ring_offset(position, shape_.segment_bits);
  }

 private:
  RingShape shape_;
  std::vector<std::byte> memory_;
  std::unique_ptr<ring_ends> ends_;
};

std::vector<std::string> read(Ring& ring, size_t limit = SIZE_MAX) {
  std::vector<std::string> records;
  ring.drain(limit, [&](std::span<const std::byte> record) {
    records.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
  });
  return records;
}

struct RingTest : testing::Test {
  Writer writer{{1024, kSegmentBits, kRoom}};
  Ring ring = writer.reader();
};

TEST_F(RingTest, WhatIsWrittenIsReadInOrderAndOnce) {
  EXPECT_THAT(read(ring), IsEmpty());
  writer.write("one");
  writer.write("two and a half");
  EXPECT_THAT(read(ring), ElementsAre("one", "two and a half"));
  EXPECT_THAT(read(ring), IsEmpty());
}

TEST_F(RingTest, WhatIsBeingWrittenHoldsUpWhatComesBehindIt) {
  const auto first = writer.take(5);
  writer.write("second");
  EXPECT_THAT(read(ring), IsEmpty());
  writer.complete(*first, "first");
  EXPECT_THAT(read(ring), ElementsAre("first", "second"));
}

TEST_F(RingTest, WhatWasNeverFinishedIsLeftOutWhenAsked) {
  EXPECT_FALSE(ring.skip_unfinished());
  (void)writer.take(40);
  writer.write("second");
  (void)writer.take(40);
  for (int i = 0; i < 5; i++) writer.write("in the next segment");
  (void)writer.take(40);
  EXPECT_THAT(read(ring), IsEmpty());
  EXPECT_TRUE(ring.skip_unfinished());
  EXPECT_THAT(read(ring), ElementsAre("second"));
  EXPECT_TRUE(ring.skip_unfinished());
  EXPECT_EQ(read(ring).size(), 5u);
  EXPECT_TRUE(ring.skip_unfinished());
  EXPECT_THAT(read(ring), IsEmpty());
  EXPECT_FALSE(ring.skip_unfinished());
}

TEST_F(RingTest, AnEntryWithoutARecordIsPassedOver) {
  writer.complete(*writer.take(40), "");
  writer.write("record");
  EXPECT_EQ(ring.drain(1, [](auto) {}), 1u);
  EXPECT_EQ(writer.ends().tail, writer.ends().head);
}

TEST_F(RingTest, ARecordMayBeShorterThanItsRoom) {
  writer.complete(*writer.take(40), "short");
  writer.write("next");
  EXPECT_THAT(read(ring), ElementsAre("short", "next"));
}

TEST_F(RingTest, NoMoreAreTakenThanAskedFor) {
  for (const char* text : {"a", "b", "c"}) writer.write(text);
  EXPECT_THAT(read(ring, 2), ElementsAre("a", "b"));
  EXPECT_THAT(read(ring, 2), ElementsAre("c"));
}

TEST_F(RingTest, WhatAnEarlierRoundOrAPacketLeftIsNoEntry) {
  // Each record is full of tags, as a sender would make them that does not know the secret.
  std::string record;
  for (uint64_t position = 0; position < 5; position++) record.append(reinterpret_cast<const char*>(&position), 8);
  for (int i = 0; i < 500; i++) {
    writer.write(record);
    EXPECT_THAT(read(ring), ElementsAre(record));
    EXPECT_THAT(read(ring), IsEmpty());
  }
}

TEST_F(RingTest, RoomThatWasGivenBackIsTakenAgain) {
  const auto entry = writer.take(40);
  std::memset(writer.entry_at(entry->begin), 'x', entry->size);  // begun, and not asked for
  writer.discard(*entry);
  EXPECT_THAT(read(ring), IsEmpty());
  writer.write("another");
  EXPECT_THAT(read(ring), ElementsAre("another"));
}

TEST_F(RingTest, AFullRingTakesNothingAndLosesNothingThatItHas) {
  std::vector<std::string> written;
  for (int i = 0;; i++) {
    const std::string record = "record " + std::to_string(i);
    if (!writer.write(record)) break;
    written.push_back(record);
  }
  EXPECT_GE(written.size(), 1024 / ring_entry_for(10) - 1);
  EXPECT_EQ(read(ring), written);
  EXPECT_TRUE(writer.write("again"));
  EXPECT_THAT(read(ring), ElementsAre("again"));
}

TEST_F(RingTest, AnEntryThatBeginsInASegmentIsInOnePiece) {
  // Entries of 48 bytes: the sixth begins at 240 of 256.
  for (int i = 0; i < 5; i++) writer.write(std::string(32, 'x'));
  const auto entry = writer.take(32);
  EXPECT_EQ(entry->begin, 240u);
  EXPECT_EQ(entry->after, 256u) << "the next segment";
  writer.complete(*entry, std::string(32, 'y'));
  writer.write("first of its segment");
  const auto records = read(ring);
  EXPECT_EQ(records[5], std::string(32, 'y'));
  EXPECT_EQ(records[6], "first of its segment");
}

TEST_F(RingTest, AnEntryThatEndsWithItsSegmentIsFollowedByTheNext) {
  for (int i = 0; i < 4; i++) writer.write(std::string(48, 'x'));
  EXPECT_EQ(writer.ends().head, 256u);
  writer.write("next");
  EXPECT_EQ(read(ring).back(), "next");
}

TEST_F(RingTest, WhoeverSleepsIsToldOnce) {
  EXPECT_FALSE(ring.fall_asleep());
  EXPECT_TRUE(ring.fall_asleep());
  EXPECT_EQ(writer.ends().need_wakeup, 1u);
  ring.wake();
  EXPECT_EQ(writer.ends().need_wakeup, 0u);
  EXPECT_FALSE(ring.fall_asleep());
}

TEST_F(RingTest, AnotherReaderGoesOnWhereTheRingIs) {
  writer.write("gone");
  read(ring);
  Ring another = writer.reader();
  writer.write("there");
  EXPECT_THAT(read(another), ElementsAre("there"));
}

TEST(RingAtOnce, TwoWritersAndAReaderAgree) {
  Writer writer({4096, 9, kRoom});
  Ring ring = writer.reader();
  constexpr int kEach = 20000;
  const auto write = [&](char who) {
    std::mt19937 random(static_cast<unsigned>(who));
    for (int i = 0; i < kEach;) {
      std::string record = who + std::to_string(i);
      record.resize(std::max(record.size(), size_t{1} + random() % 47), '.');
      i += writer.write(record);
    }
  };
  std::thread a(write, 'a'), b(write, 'b');
  std::array<int, 2> next{};
  int wrong = 0;
  while (next[0] + next[1] < 2 * kEach)
    ring.drain(SIZE_MAX, [&](std::span<const std::byte> record) {
      const std::string text(reinterpret_cast<const char*>(record.data()), record.size());
      int& expected = next[text[0] == 'b'];
      wrong += std::atoi(text.c_str() + 1) != expected++;
    });
  a.join();
  b.join();
  EXPECT_EQ(wrong, 0);
}

TEST(RingShape, IsThatOfTheLargestEntryAtLeast) {
  EXPECT_EQ(ring_shape(4096, 3000).bytes, 8192u);
  EXPECT_EQ(ring_shape(4096, 1000).bytes, 4096u);
}

TEST(RingShape, HasSegmentsOfAMebibyteAtMost) {
  EXPECT_EQ(ring_shape(8u << 20, 704).segments(), 8u);
  EXPECT_EQ(ring_shape(1u << 20, 704).segments(), 1u);
  EXPECT_EQ(ring_shape(4096, 704).segments(), 1u);
  EXPECT_EQ(ring_shape(8u << 20, 704).pitch(), (1u << 20) + 704);
}

}  // namespace
}  // namespace skbtrail::stream
