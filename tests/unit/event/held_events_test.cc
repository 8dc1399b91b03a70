// Events that outlive the call in which they came, and the memory that they take.
#include "event/held_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "event/fields.h"
#include "fake_names.h"
#include "record_builder.h"
#include "sample_records.h"

namespace skbtrail::event {
namespace {

using test::RecordBuilder;

const test::FakeNames kNames;
constexpr size_t kChunk = RecordBlocks::kChunk;

std::optional<HeldEvent> hold(HeldEvents& held, const test::RecordBuilder& record) {
  auto bytes = record.bytes();
  auto event = Event::decode(bytes, kNames);
  auto kept = held.hold(*event);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});  // the ring is written over
  return kept;
}

std::optional<HeldEvent> hold_bytes(HeldEvents& held, std::vector<std::byte> bytes) {
  const auto event = Event::decode(bytes, kNames);
  auto kept = held.hold(*event);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});
  return kept;
}

TEST(HeldEvents, AnEventIsAsItWasWhenItsBytesAreGone) {
  HeldEvents held(kChunk);
  const auto kept = hold(held, test::full_record());
  ASSERT_TRUE(kept);
  const auto bytes = test::full_record().bytes();
  const auto given = Event::decode(bytes, kNames);
  const Event view = kept->view();
  Scratch first, second;
  for (const auto& field : fields()) EXPECT_EQ(field.of(view, first), field.of(*given, second)) << field.name;
}

TEST(HeldEvents, WhatWasSaidOfItBesideItsBytesIsKept) {
  HeldEvents held(kChunk);
  const auto bytes = test::full_record().stack(7).bytes();
  auto event = Event::decode(bytes, kNames);
  ASSERT_TRUE(event->stack);
  event->late = true;
  event->stack = nullptr;
  const auto kept = held.hold(*event);
  EXPECT_TRUE(kept->view().late);
  EXPECT_FALSE(kept->view().stack);
}

TEST(HeldEvents, WhereThereIsNoRoomItIsRefusedAndCounted) {
  HeldEvents held(2 * kChunk);
  std::deque<HeldEvent> kept;
  while (auto one = hold(held, test::full_record())) kept.push_back(std::move(*one));
  EXPECT_EQ(held.refused(), 1);
  EXPECT_EQ(held.memory(), 2 * kChunk);
  // Whichever goes makes room for one.
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 3));
  EXPECT_TRUE(hold(held, test::full_record()));
}

// As a trail that stays open while thousands come and go.
TEST(HeldEvents, OneThatIsHeldForLongKeepsNoRoomButItsOwn) {
  HeldEvents held(4 * kChunk);
  std::deque<HeldEvent> recent;
  std::vector<HeldEvent> old;
  for (int i = 0; i < 50'000; i++) {
    auto one = hold(held, test::full_record());
    ASSERT_TRUE(one) << i;
    if (i % 1000 == 0)
      old.push_back(std::move(*one));
    else
      recent.push_back(std::move(*one));
    if (recent.size() > 100) recent.pop_front();
  }
  EXPECT_LE(held.memory(), 4 * kChunk);
}

// Sizes from a record without sections to one with the longest packet, let go in any order.
TEST(HeldEvents, RecordsOfAllSizesAreAsTheyWere) {
  HeldEvents held(4u << 20);
  std::vector<std::pair<HeldEvent, std::vector<std::byte>>> kept;
  for (size_t size = 0, i = 0; size < 60'000; size += 37 + size / 16, i++) {
    auto record = RecordBuilder().packet(std::vector<uint8_t>(size, static_cast<uint8_t>(i))).bytes();
    auto event = hold_bytes(held, record);
    ASSERT_TRUE(event) << size;
    kept.emplace_back(std::move(*event), record);
    if (i % 3 == 2) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2));
  }
  for (const auto& [event, record] : kept) {
    const Event view = event.view();
    const auto* begin = reinterpret_cast<const std::byte*>(view.core);
    EXPECT_TRUE(std::equal(record.begin(), record.end(), begin)) << record.size();
  }
  kept.clear();
  EXPECT_LE(held.memory(), 16 * kChunk);  // what is spare
}

TEST(HeldEvents, NamesThatOwnThemselvesLiveAsLongAsAnEventOfTheirs) {
  HeldEvents held(kChunk);
  auto names = std::make_shared<test::FakeNames>();
  std::weak_ptr<const Names> living = names;
  const auto bytes = test::full_record().bytes();
  auto first = held.hold(*Event::decode(bytes, *names));
  auto second = held.hold(*Event::decode(bytes, *names));
  names.reset();
  first.reset();
  EXPECT_EQ(second->view().names->name(NameKind::netns, 1), "host");
  second.reset();
  EXPECT_TRUE(living.expired());
}

TEST(HeldEvents, OneThatIsMovedIsLetGoOnce) {
  HeldEvents held(2 * kChunk);
  const auto fill = [&] {
    std::vector<HeldEvent> kept;  // which moves them as it grows
    while (auto one = hold(held, test::full_record())) kept.push_back(std::move(*one));
    kept.front() = std::move(kept.back());
    kept.pop_back();
    return kept.size();
  };
  const size_t first = fill();
  EXPECT_EQ(held.memory(), 2 * kChunk);  // spare
  EXPECT_EQ(fill(), first);
}

}  // namespace
}  // namespace skbtrail::event
