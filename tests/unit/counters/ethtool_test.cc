// Which of a driver's statistics count losses.
#include "counters/ethtool.h"

#include <gtest/gtest.h>

#include <cstring>

namespace skbtrail::counters {
namespace {

constexpr size_t kNameBytes = 32;

std::vector<std::byte> names(std::initializer_list<std::string_view> all) {
  std::vector<std::byte> bytes(all.size() * kNameBytes);
  size_t at = 0;
  for (const auto name : all) {
    std::memcpy(bytes.data() + at, name.data(), std::min(name.size(), kNameBytes));
    at += kNameBytes;
  }
  return bytes;
}

TEST(Ethtool, NamesOfLossesAreToldFromOthers) {
  for (const char* loss : {"rx_queue_0_drops", "rx_missed_errors", "rx_no_buffer_count", "tx_dropped", "RX_DISCARDS",
                           "rx_out_of_buffer", "port.rx_crc_errors", "rx_fifo_errors"})
    EXPECT_TRUE(may_be_loss(loss)) << loss;
  for (const char* other : {"rx_packets", "tx_queue_0_bytes", "peer_ifindex", "rx_corrected_errors", ""})
    EXPECT_FALSE(may_be_loss(other)) << other;
}

TEST(Ethtool, NamesAndValuesBelongTogetherByTheirPlace) {
  const std::vector<uint64_t> values{5, 7, 9};
  const auto read = statistics_in(names({"rx_packets", "rx_drops", "tx_drops"}), values);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0], (std::pair<std::string, uint64_t>("rx_drops", 7)));
  EXPECT_EQ(read[1], (std::pair<std::string, uint64_t>("tx_drops", 9)));
}

TEST(Ethtool, WhatOneOfBothLacksIsLeftOut) {
  const std::vector<uint64_t> one{5};
  EXPECT_EQ(statistics_in(names({"a_drops", "b_drops"}), one).size(), 1u);
  EXPECT_EQ(statistics_in(names({}), one).size(), 0u);
  auto cut = names({"a_drops", "b_drops"});
  cut.resize(kNameBytes + 5);
  EXPECT_EQ(statistics_in(cut, std::vector<uint64_t>{1, 2}).size(), 1u);
}

TEST(Ethtool, ANameWithoutAnEndIsAsLongAsItMayBe) {
  const std::string longest(kNameBytes, 'd');
  const auto read = statistics_in(names({std::string("drop") + longest}), std::vector<uint64_t>{1});
  EXPECT_EQ(read.at(0).first.size(), kNameBytes);
}

}  // namespace
}  // namespace skbtrail::counters
