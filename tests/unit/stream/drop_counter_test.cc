// Drops that are counted in the kernel, without a kernel.
#include "stream/drop_counter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "attach/fake_kernel.h"
#include "load/session_error.h"

namespace skbtrail::stream {
namespace {

load::Plan plan() {
  load::Plan plan;
  plan.probes.push_back({.name = "kfree_skb", .module = "vmlinux"});
  plan.rows = 5;
  return plan;
}

test::FakeKernel::Bytes bytes_of(const auto& value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

void add_row(test::FakeKernel& kernel, uint64_t location, uint32_t row) {
  drop_key key{};
  key.location = location;
  kernel.contents["drop_rows"][bytes_of(key)] = bytes_of(row);
}

void add_counts(test::FakeKernel& kernel, uint32_t row, std::initializer_list<drop_count> of_cpus) {
  const auto counts = std::as_bytes(std::span(of_cpus));
  kernel.contents["drop_counts"][bytes_of(row)] = {counts.begin(), counts.end()};
}

TEST(DropCounter, AddsTheCpusOfEachRow) {
  test::FakeKernel kernel;
  const DropCounter counter(plan(), kernel);
  add_row(kernel, 1, 2);
  add_row(kernel, 2, 3);
  add_row(kernel, 3, 1);
  add_counts(kernel, 0, {{4, 40}, {0, 0}});
  add_counts(kernel, 1, {{1, 10}, {0, 0}});
  add_counts(kernel, 2, {{2, 20}, {3, 30}});
  add_counts(kernel, 3, {{0, 0}, {0, 0}});
  const auto rows = counter.read();
  ASSERT_EQ(rows.size(), 3u);  // one of them has counted nothing
  EXPECT_EQ(rows[0].key.location, 1u);
  EXPECT_EQ(rows[0].count.packets, 5u);
  EXPECT_EQ(rows[0].count.bytes, 50u);
  EXPECT_EQ(rows[1].count.packets, 1u);
  EXPECT_EQ(rows[2].key.traits, DROP_OTHER);
  EXPECT_EQ(rows[2].count.packets, 4u);
}

TEST(DropCounter, LoadsOneProgramWithAsManyRows) {
  test::FakeKernel kernel;
  const DropCounter counter(plan(), kernel);
  ASSERT_EQ(kernel.attempts.size(), 1u);
  const auto& attempt = kernel.attempts.back();
  ASSERT_EQ(attempt.programs.size(), 1u);
  EXPECT_EQ(attempt.programs[0].target, "kfree_skb");
  const auto map =
      std::find_if(attempt.maps.begin(), attempt.maps.end(), [](auto& m) { return m.name == "drop_counts"; });
  ASSERT_NE(map, attempt.maps.end());
  EXPECT_EQ(map->entries, 6u) << "one is that of all others";
  EXPECT_EQ(kernel.updates["free_rows"].size(), 5u);
}

TEST(DropCounter, ReasonsAreToldToTheKernel) {
  test::FakeKernel kernel;
  auto choosy = plan();
  choosy.counted_reasons = REASONS_NOT_CHOSEN;
  choosy.reasons = {3, 4};
  const DropCounter counter(choosy, kernel);
  EXPECT_EQ(kernel.attempts.back().config.reason_choice, REASONS_NOT_CHOSEN);
  EXPECT_EQ(kernel.updates["chosen_reasons"].size(), 2u);
}

TEST(DropCounter, IsNothingWithoutItsProgram) {
  test::FakeKernel kernel;
  kernel.attachments["probe_00"] = EBUSY;
  EXPECT_THROW(DropCounter counter(plan(), kernel), load::SessionError);
}

TEST(DropCounter, WaitsForProgramsThatStillRun) {
  test::FakeKernel kernel;
  DropCounter counter(plan(), kernel);
  counter.detach();
  EXPECT_TRUE(kernel.waited);
}

}  // namespace
}  // namespace skbtrail::stream
