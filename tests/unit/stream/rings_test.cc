// Rings of a session on memory that no kernel writes to: which CPU writes where, and who is woken when.
#include "stream/rings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cstring>
#include <set>

#include "attach/fake_kernel.h"
#include "bpf/config.h"

namespace skbtrail::stream {
namespace {

using std::chrono::milliseconds;

constexpr uint32_t kRoom = 256;

struct RingsTest : testing::Test {
  test::FakeKernel kernel;
  std::unique_ptr<load::BpfObject> object;
  std::unique_ptr<Rings> rings;
  std::optional<load::Mapping> segments, ends;

  void start(RingKind kind = RingKind::own) {
    rings = std::make_unique<Rings>(kernel, kind, 1 << 16, kRoom, kernel.possible);
    object = kernel.open({}, nullptr);
    rings->connect(*object);
    if (kind != RingKind::own) return;
    segments.emplace(rings->memory().segments, size_t{rings->memory().bytes}, PROT_READ | PROT_WRITE);
    ends.emplace(object->map(".bss.rings"), sizeof(ring_ends) * SKBTRAIL_RINGS, PROT_READ | PROT_WRITE);
  }

  // What a program on CPU 0 does (bpf/emit.h): takes room, writes, completes, and rings for a reader that sleeps.
  ring_entry* take() {
    ring_ends& end = ends->as<ring_ends>()[0];
    auto* entry = reinterpret_cast<ring_entry*>(segments->as<std::byte>() + end.head);
    entry->lengths = ring_lengths(static_cast<uint32_t>(ring_entry_for(8)), 8);
    position = end.head;
    end.head += ring_entry_for(8);
    return entry;
  }
  void complete(ring_entry* entry) {
    std::atomic_ref<__u64>(entry->tag).store(ring_tag(position, rings->memory().secret));
  }
  [[nodiscard]] bool sees_sleeper() const { return ends->as<ring_ends>()[0].need_wakeup != 0; }
  void ring_if_asleep() {
    if (std::atomic_ref<__u32>(ends->as<ring_ends>()[0].need_wakeup).exchange(0)) kernel.wake_reader();
  }
  size_t drain() {
    return rings->drain(100, [](auto) {}).records;
  }
  [[nodiscard]] bool is_woken() const {
    pollfd state{rings->poll_fd(), POLLIN, 0};
    return poll(&state, 1, 0) == 1;
  }
  void sleep_deeply() {
    while (rings->fall_asleep() != milliseconds::max()) ASSERT_EQ(drain(), 0u);
  }
  uint64_t position = 0;
};

TEST_F(RingsTest, AReaderLooksAgainBeforeItSleepsForAMomentAndThenForLong) {
  start();
  EXPECT_EQ(rings->fall_asleep(), milliseconds{0}) << "what came before this call";
  EXPECT_EQ(drain(), 0u);
  EXPECT_EQ(rings->fall_asleep(), milliseconds{2}) << "a program may not have seen it";
  EXPECT_EQ(drain(), 0u);
  EXPECT_EQ(rings->fall_asleep(), milliseconds::max());
}

TEST_F(RingsTest, WhatComesWhileItSleepsWakesItOnce) {
  start();
  sleep_deeply();
  complete(take());
  ring_if_asleep();
  EXPECT_TRUE(is_woken());
  EXPECT_EQ(drain(), 1u);
  for (size_t ring = 0; ring < 2; ring++)
    EXPECT_EQ(ends->as<ring_ends>()[ring].need_wakeup, 0u) << "nobody rings again";
}

TEST_F(RingsTest, ADrainSaysWhetherMoreMayBeLeft) {
  start();
  complete(take());
  complete(take());
  const auto none = [](auto) {};
  EXPECT_FALSE(rings->drain(1, none).all) << "one is left";
  EXPECT_FALSE(rings->drain(1, none).all) << "none is, but the ring gave as many as it was asked for";
  EXPECT_TRUE(rings->drain(1, none).all);
}

TEST_F(RingsTest, AClosedRingIsReadAndStaysFull) {
  start();
  // As bpf/emit.h has it.
  const auto is_full = [&] {
    const ring_ends& end = ends->as<ring_ends>()[0];
    return end.head + ring_entry_for(8) - end.tail > rings->memory().bytes;
  };
  complete(take());
  ring_entry* entry = take();  // completed when the ring is closed
  EXPECT_FALSE(is_full());
  EXPECT_TRUE(rings->close());
  EXPECT_TRUE(is_full());
  EXPECT_EQ(drain(), 1u);
  EXPECT_TRUE(is_full());
  complete(entry);
  EXPECT_EQ(drain(), 1u);
  EXPECT_TRUE(is_full());
  EXPECT_EQ(rings->skip_unfinished(), 0u);
}

TEST_F(RingsTest, TheKernelsRingsCannotBeClosed) {
  start(RingKind::of_kernel);
  EXPECT_FALSE(rings->close());
}

TEST_F(RingsTest, NobodyRingsForAReaderThatIsAwake) {
  start();
  complete(take());
  EXPECT_FALSE(sees_sleeper());
  EXPECT_EQ(drain(), 1u);
  EXPECT_FALSE(is_woken());
}

TEST_F(RingsTest, AWakeUpThatIsLostBeforeTheReaderSaidThatItSleepsIsMadeUpFor) {
  start();
  EXPECT_EQ(drain(), 0u);
  complete(take());
  ring_if_asleep();  // and none was
  EXPECT_EQ(rings->fall_asleep(), milliseconds{0});
  EXPECT_EQ(drain(), 1u);
}

TEST_F(RingsTest, AWakeUpThatIsLostAfterwardsCostsAMoment) {
  start();
  ring_entry* entry = take();
  const bool saw = sees_sleeper();
  EXPECT_EQ(rings->fall_asleep(), milliseconds{0});
  EXPECT_EQ(drain(), 0u);
  complete(entry);  // by a program that had looked before
  ASSERT_FALSE(saw);
  EXPECT_EQ(rings->fall_asleep(), milliseconds{2}) << "and not for long";
  EXPECT_EQ(drain(), 1u);
}

TEST_F(RingsTest, ASpuriousWakeUpIsNoReasonToSleepForLong) {
  start();
  sleep_deeply();
  ring_entry* entry = take();
  ring_if_asleep();  // for a record that is after one that is being written
  EXPECT_EQ(drain(), 0u);
  EXPECT_EQ(rings->fall_asleep(), milliseconds{0});
  EXPECT_EQ(drain(), 0u);
  EXPECT_EQ(rings->fall_asleep(), milliseconds{2});
  complete(entry);
  EXPECT_TRUE(sees_sleeper()) << "so this one rings again";
  EXPECT_EQ(drain(), 1u);
}

TEST_F(RingsTest, ABellWithoutARecordLetsItSleepAgain) {
  start();
  sleep_deeply();
  kernel.wake_reader();
  EXPECT_EQ(drain(), 0u);
  EXPECT_EQ(rings->fall_asleep(), milliseconds::max()) << "all rings still say that it sleeps";
}

TEST_F(RingsTest, EveryCpuThatIsOnlineHasARingOfItsOwn) {
  kernel.possible = 4;
  kernel.online = {0, 1, 2, 3};
  start();
  const auto& of = rings->memory().of_cpu;
  EXPECT_EQ(std::set(of.begin(), of.begin() + 4).size(), 4u);
  EXPECT_EQ(rings->bytes(), 4 * uint64_t{rings->memory().bytes});
}

TEST_F(RingsTest, ACpuThatComesOnlineLateWritesIntoNoOthersRing) {
  kernel.possible = 4;
  kernel.online = {0, 2, 3};
  start();
  const auto& of = rings->memory().of_cpu;
  EXPECT_EQ(std::set(of.begin(), of.begin() + 4).size(), 4u);
}

TEST_F(RingsTest, ItsRingDoesNotMakeTheOthersSmaller) {
  kernel.online = {0, 1};
  start();
  const uint32_t all_online = rings->memory().bytes;
  kernel.possible = 8;
  start();
  EXPECT_EQ(rings->memory().bytes, all_online);
}

TEST_F(RingsTest, CpusThatMayComeShareAFewRingsWhereTheyAreMany) {
  kernel.possible = 128;
  kernel.online = {0, 1, 2, 3, 4, 5, 6, 7};
  start();
  const auto& of = rings->memory().of_cpu;
  EXPECT_EQ(std::set(of.begin(), of.begin() + 128).size(), 10u) << "a quarter more";
  for (uint32_t cpu = 8; cpu < 128; cpu++) EXPECT_GE(of[cpu], 8) << cpu;
}

TEST_F(RingsTest, KernelsRingsAreConnectedForEveryCpuThatIsPossible) {
  kernel.possible = 4;
  kernel.online = {0, 1};
  start(RingKind::of_kernel);
  EXPECT_EQ(kernel.updates["rings"].size(), 4u);
}

TEST(RingBytes, AreAPowerOfTwoAndAPageAtLeast) {
  EXPECT_EQ(ring_bytes_per_cpu(0, 4), 8u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(0, 64), 4u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(3 << 20, 2), 1u << 20);
  EXPECT_EQ(ring_bytes_per_cpu(1, 2), 4096u);
}

}  // namespace
}  // namespace skbtrail::stream
