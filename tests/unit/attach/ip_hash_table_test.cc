#include "attach/ip_hash_table.h"

#include <gtest/gtest.h>

#include <random>

namespace skbtrail::attach {
namespace {

// As bpf/function.h looks.
uint32_t looked_up(const IpHashTable& table, uint64_t address) {
  for (uint32_t i = 0; i < table.max_probes; i++) {
    const ip_hash_entry& entry = table.entries.at(ip_hash_slot(address, table.multiplier) + i);
    if (entry.address == static_cast<uint32_t>(address)) return entry.cookie;
  }
  return UINT32_MAX;
}

// As far apart as functions are, some of them in modules.
std::vector<Call> functions(size_t count) {
  std::mt19937_64 random(count);
  std::vector<Call> calls;
  uint64_t address = 0xffffffff81000000;
  for (size_t i = 0; i < count; i++) {
    address += 16 * (1 + random() % 200);
    calls.push_back({i % 8 ? address : address + 0x40000000, i});
  }
  return calls;
}

TEST(IpHashTable, EveryFunctionIsFound) {
  for (const size_t count : {size_t{1}, size_t{45}, size_t{1650}, size_t{5000}, size_t{8000}}) {
    const auto calls = functions(count);
    const auto table = IpHashTable::of(calls);
    EXPECT_TRUE(table.without_slot.empty()) << count;
    EXPECT_LE(table.max_probes, count <= 1650 ? 4 : SKBTRAIL_IP_HASH_PROBES) << count;
    for (const Call& call : calls) ASSERT_EQ(looked_up(table, call.address), call.cookie) << count;
  }
}

TEST(IpHashTable, WhatHasNoPlaceIsTold) {
  const auto calls = functions(40000);
  const auto table = IpHashTable::of(calls);
  ASSERT_GE(table.without_slot.size(), calls.size() - table.entries.size());
  for (const size_t i : table.without_slot) EXPECT_EQ(looked_up(table, calls[i].address), UINT32_MAX);
  EXPECT_EQ(looked_up(table, calls.front().address), calls.front().cookie);
}

TEST(IpHashTable, OfNothingThereIsNone) {
  EXPECT_EQ(IpHashTable::of({}).multiplier, 0U);
}

}  // namespace
}  // namespace skbtrail::attach
