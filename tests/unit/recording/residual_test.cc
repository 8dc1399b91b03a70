#include "recording/residual.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <span>

#include "recording/format.h"
#include "sample_records.h"

namespace skbtrail::recording {
namespace {

template <typename Section>
size_t bytes_not_zero(const Section& section) {
  const auto bytes = std::as_bytes(std::span(&section, 1));
  return static_cast<size_t>(
      std::count_if(bytes.begin(), bytes.end(), [](std::byte byte) { return byte != std::byte{0}; }));
}

template <typename Section>
Section any(std::mt19937_64& random) {
  Section section{};
  for (auto& byte : std::as_writable_bytes(std::span(&section, 1)))
    if (random() % 4) byte = static_cast<std::byte>(random());
  return section;
}

TEST(Expected, WhateverStandsThereComesBack) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 20000; i++) {
    auto skb = any<rec_skb>(random);
    skb.shared_known &= 1;
    auto core = any<rec_core>(random);
    if (random() % 2) core.start_layer = random() % 2 ? REC_START_LINK : REC_START_NETWORK;
    const rec_skb was = skb;
    const rec_core core_was = core;
    to_residual(skb, core);
    to_residual(core);
    from_residual(core, kVersion);
    from_residual(skb, core, kVersion);
    ASSERT_EQ(std::memcmp(&skb, &was, sizeof(skb)), 0) << i;
    ASSERT_EQ(std::memcmp(&core, &core_was, sizeof(core)), 0) << i;
  }
}

// Of a ping in Linux 6.18, at netif_receive_skb.
rec_skb skb_of_ping() {
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
  return skb;
}

rec_core core_of_ping() {
  rec_core core{};
  core.len = 84;
  core.protocol = htons(ETH_P_IP);
  core.start_layer = REC_START_LINK;
  core.network_offset = 14;
  core.wire_len = 98;
  core.sections = REC_SECTION_DEVICE | REC_SECTION_TASK | REC_SECTION_SKB | REC_SECTION_BYTES;
  core.flags = REC_FLAG_LEN | REC_FLAG_MARK;
  return core;
}

TEST(Expected, OfAnOrdinarySkbLittleIsLeft) {
  rec_skb skb = skb_of_ping();
  rec_core core = core_of_ping();
  to_residual(skb, core);
  to_residual(core);
  EXPECT_EQ(skb.tail, 0U);
  EXPECT_EQ(skb.end, 0U);
  EXPECT_EQ(skb.mac_len, 0U);
  EXPECT_EQ(skb.network_header, 0U);
  EXPECT_EQ(skb.transport_header, 20U);
  EXPECT_EQ(bytes_not_zero(skb), 8U);   // truesize 1, hash 4, headroom, mac_header, transport_header
  EXPECT_EQ(bytes_not_zero(core), 1U);  // wire_len, which is that of the block
}

TEST(Expected, WhereThereIsNoLinkLayerTheLengthIsCountedFromTheNetworkHeader) {
  rec_skb skb = skb_of_ping();
  rec_core core = core_of_ping();
  core.start_layer = REC_START_NETWORK;
  core.network_offset = 0;
  core.wire_len = 84;
  to_residual(skb, core);
  EXPECT_EQ(core.len, 0U);
  EXPECT_EQ(skb.network_header, 0U);
}

// As version 2 left them out.
TEST(Expected, OfAnOlderVersionLessIsPutBack) {
  rec_skb skb = skb_of_ping();
  rec_core core = core_of_ping();
  const rec_skb was = skb;
  const rec_core core_was = core;
  to_residual(skb, core);
  to_residual(core);
  skb.mac_len = 14;
  core.len = 84;
  core.protocol = htons(ETH_P_IP);
  from_residual(core, 2);
  from_residual(skb, core, 2);
  EXPECT_EQ(std::memcmp(&skb, &was, sizeof(skb)), 0);
  EXPECT_EQ(std::memcmp(&core, &core_was, sizeof(core)), 0);
}

TEST(Expected, WhatWasNotReadCostsNothingMore) {
  rec_skb skb = test::full_skb();
  skb.shared_known = 0;
  skb.dataref = 0;
  rec_core core{};
  to_residual(skb, core);
  EXPECT_EQ(skb.dataref, 0U);
}

TEST(Expected, ACommIsLeftOutAndPutBackWhole) {
  rec_task task{100, 1, "sixteen-letters", REC_CONTEXT_SOFTIRQ, {}};
  const rec_task was = task;
  const uint32_t number = number_of_comm(task);
  name_comm(task, number);
  EXPECT_EQ(task.comm[0], 0);
  EXPECT_EQ(task.context, REC_CONTEXT_SOFTIRQ);
  EXPECT_EQ(number_of_named_comm(task), number);
  restore_comm(task, {was.comm, sizeof(was.comm)});
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
