// What counters gained between two looks.
#include "counters/gains.h"

#include <gtest/gtest.h>

namespace skbtrail::counters {
namespace {

constexpr uint32_t kNetns = 7;

Snapshot with(uint64_t number, bool wraps = false, uint32_t ifindex = 2) {
  Snapshot snapshot;
  snapshot.namespaces.insert(kNetns);
  snapshot.devices.insert({kNetns, ifindex, "veth1"});
  snapshot.values[{kNetns, "interface", "rx_dropped", ifindex, "veth1"}] = {number, wraps};
  return snapshot;
}

TEST(Gains, AreTheDifferenceSinceTheBeginAndSinceTheLastLook) {
  Gains gains;
  gains.begin(with(100));
  gains.update(with(103));
  gains.update(with(105));
  ASSERT_EQ(gains.all().size(), 1u);
  EXPECT_EQ(gains.all()[0].gained, 5u);
  EXPECT_EQ(gains.all()[0].more, 2u);
  gains.update(with(105));
  EXPECT_EQ(gains.all()[0].more, 0u);
}

TEST(Gains, WhatDidNotChangeIsNone) {
  Gains gains;
  gains.begin(with(100));
  gains.update(with(100));
  EXPECT_TRUE(gains.all().empty());
}

TEST(Gains, ACounterOf32BitsGoesRound) {
  Gains gains;
  gains.begin(with(0xfffffffe, true));
  gains.update(with(3, true));
  EXPECT_EQ(gains.all().at(0).gained, 5u);
}

TEST(Gains, ACounterThatWasResetCountsFromZero) {
  for (const bool wraps : {false, true}) {
    Gains gains;
    gains.begin(with(1000, wraps));
    gains.update(with(3, wraps));
    EXPECT_EQ(gains.all().at(0).gained, 3u) << wraps;
  }
}

TEST(Gains, ADeviceThatCameMeanwhileCountsFromZero) {
  Gains gains;
  gains.begin(with(5));
  auto next = with(5);
  next.devices.insert({kNetns, 3, "veth3"});
  next.values[{kNetns, "interface", "rx_dropped", 3, "veth3"}] = {4};
  gains.update(next);
  ASSERT_EQ(gains.all().size(), 1u);
  EXPECT_EQ(gains.all()[0].key.owner, "veth3");
  EXPECT_EQ(gains.all()[0].gained, 4u);
}

TEST(Gains, ADeviceThatGoesAwayIsNamedAndItsGainsStay) {
  Gains gains;
  gains.begin(with(5));
  gains.update(with(9));
  Snapshot without;
  without.namespaces.insert(kNetns);
  gains.update(without);
  ASSERT_EQ(gains.devices_gone().size(), 1u);
  EXPECT_EQ(gains.devices_gone().begin()->name, "veth1");
  EXPECT_EQ(gains.all().at(0).gained, 4u);
}

TEST(Gains, AnotherDeviceOfTheSameNameIsAnother) {
  Gains gains;
  gains.begin(with(50));
  gains.update(with(3, false, 8));
  EXPECT_EQ(gains.all().at(0).gained, 3u);
  EXPECT_EQ(gains.devices_gone().size(), 1u);
}

TEST(Gains, ANamespaceThatGoesAwayIsNamedWithoutItsDevices) {
  Gains gains;
  gains.begin(with(5));
  gains.update({});
  EXPECT_EQ(gains.namespaces_gone(), std::set<uint32_t>{kNetns});
  EXPECT_TRUE(gains.devices_gone().empty());
}

}  // namespace
}  // namespace skbtrail::counters
