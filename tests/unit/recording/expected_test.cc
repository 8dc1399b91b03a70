#include "recording/expected.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <span>

#include "sample_records.h"

namespace skbtrail::recording {
namespace {

size_t bytes_not_zero(const rec_skb& skb) {
  const auto bytes = std::as_bytes(std::span(&skb, 1));
  return static_cast<size_t>(
      std::count_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; }));
}

TEST(Expected, WhateverStandsThereComesBack) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 20000; i++) {
    rec_skb skb{};
    for (auto& byte : std::as_writable_bytes(std::span(&skb, 1)))
      if (random() % 4) byte = static_cast<std::byte>(random());
    skb.shared_known &= 1;
    rec_core core{};
    core.len = static_cast<uint32_t>(random());
    const rec_skb was = skb;
    leave_out_expected(skb, core);
    put_back_expected(skb, core);
    ASSERT_EQ(std::memcmp(&skb, &was, sizeof(skb)), 0) << i;
  }
}

// Of a ping in Linux 6.18, at netif_receive_skb.
TEST(Expected, OfAnOrdinarySkbLittleIsLeft) {
  rec_skb skb{};
  skb.truesize = 768;
  skb.hash = 0x01020304;
  skb.tail = 162;
  skb.end = 192;
  skb.users = 1;
  skb.dataref = 1;
  skb.mac_len = 14;
  skb.headroom = 78;
  skb.mac_header = 64;
  skb.network_header = 78;
  skb.transport_header = 98;
  skb.shared_known = 1;
  rec_core core{};
  core.len = 84;
  leave_out_expected(skb, core);
  EXPECT_EQ(skb.tail, 0U);
  EXPECT_EQ(skb.end, 0U);
  EXPECT_EQ(skb.network_header, 0U);
  EXPECT_EQ(skb.transport_header, 20U);
  EXPECT_EQ(bytes_not_zero(skb), 9U);  // truesize 1, hash 4, mac_len, headroom, mac_header, transport_header
}

TEST(Expected, WhatWasNotReadCostsNothingMore) {
  rec_skb skb = test::full_skb();
  skb.shared_known = 0;
  skb.dataref = 0;
  leave_out_expected(skb, {});
  EXPECT_EQ(skb.dataref, 0U);
}

TEST(Expected, ACommIsLeftOutAndPutBackWhole) {
  rec_task task{100, 1, "sixteen-letters", REC_CONTEXT_SOFTIRQ, {}};
  const rec_task was = task;
  const uint32_t number = number_of_comm(task);
  leave_out_comm(task, number);
  EXPECT_EQ(task.comm[0], 0);
  EXPECT_EQ(task.context, REC_CONTEXT_SOFTIRQ);
  EXPECT_EQ(number_of_left_out_comm(task), number);
  put_back_comm(task, {was.comm, sizeof(was.comm)});
  EXPECT_EQ(std::memcmp(&task, &was, sizeof(task)), 0);
}

TEST(Expected, CommsHaveNumbersOfTheirOwn) {
  std::set<uint32_t> numbers;
  for (int i = 0; i < 20000; i++) {
    rec_task task{};
    fmt::format_to_n(task.comm, sizeof(task.comm), "{}{}", i % 2 ? "kworker/" : "a-long-name-", i / 2);
    numbers.insert(number_of_comm(task));
  }
  EXPECT_GE(numbers.size(), 19999U);
  EXPECT_EQ(numbers.count(0), 0U);
  EXPECT_EQ(number_of_comm({}), 0U);
}

}  // namespace
}  // namespace skbtrail::recording
