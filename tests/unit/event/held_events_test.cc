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

const test::FakeNames kNames;

std::optional<HeldEvent> hold(HeldEvents& held, const test::RecordBuilder& record) {
  auto bytes = record.bytes();
  auto event = Event::decode(bytes, kNames);
  auto kept = held.hold(*event);
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});  // the ring is written over
  return kept;
}

TEST(HeldEvents, AnEventIsAsItWasWhenItsBytesAreGone) {
  HeldEvents held(RecordStore::kChunk);
  const auto kept = hold(held, test::full_record());
  ASSERT_TRUE(kept);
  const auto bytes = test::full_record().bytes();
  const auto given = Event::decode(bytes, kNames);
  const Event view = kept->view();
  Scratch first, second;
  for (const auto& field : fields()) EXPECT_EQ(field.get(view, first), field.get(*given, second)) << field.name;
}

TEST(HeldEvents, WhatWasSaidOfItBesideItsBytesIsKept) {
  HeldEvents held(RecordStore::kChunk);
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
  HeldEvents held(2 * RecordStore::kChunk);
  std::deque<HeldEvent> kept;
  while (auto one = hold(held, test::full_record())) kept.push_back(std::move(*one));
  EXPECT_EQ(held.refused(), 1);
  EXPECT_EQ(held.memory(), 2 * RecordStore::kChunk);
  const size_t size = test::full_record().bytes().size();
  EXPECT_EQ(kept.size(), 2 * (RecordStore::kChunk / ((size + 7) / 8 * 8)));
  // The oldest go, until a chunk is free.
  while (held.memory() > RecordStore::kChunk) kept.pop_front();
  EXPECT_TRUE(hold(held, test::full_record()));
}

TEST(HeldEvents, OneThatIsMovedIsLetGoOnce) {
  HeldEvents held(2 * RecordStore::kChunk);
  const auto fill = [&] {
    std::vector<HeldEvent> kept;  // which moves them as it grows
    while (auto one = hold(held, test::full_record())) kept.push_back(std::move(*one));
    kept.front() = std::move(kept.back());
    kept.pop_back();
    return kept.size();
  };
  const size_t first = fill();
  EXPECT_EQ(held.memory(), RecordStore::kChunk);  // the last chunk stays
  EXPECT_EQ(fill(), first);
}

}  // namespace
}  // namespace skbtrail::event
