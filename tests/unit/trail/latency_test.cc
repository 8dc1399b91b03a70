// Where the time of packets goes: percentiles, hops, and from one tracer to another.
#include "trail/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "trail/hops.h"
#include "trail/scene.h"

namespace skbtrail::trail {
namespace {

using test::kA;
using test::kB;
using test::kOther;
using test::kSkb;
using test::Scene;
using test::udp;

TEST(Histogram, OfNothingAllIsZero) {
  const Histogram none;
  for (const uint64_t value : {none.count(), none.sum(), none.min(), none.max(), none.percentile(99)})
    EXPECT_EQ(value, 0u);
}

TEST(Histogram, ShortTimesAreExact) {
  Histogram times;
  for (uint64_t ns = 1; ns <= 60; ns++) times.add(ns);
  EXPECT_EQ(times.percentile(50), 30u);
  EXPECT_EQ(times.percentile(90), 54u);
  EXPECT_EQ(times.percentile(100), 60u);
  EXPECT_EQ(times.min(), 1u);
  EXPECT_EQ(times.max(), 60u);
  EXPECT_EQ(times.sum(), 1830u);
}

// Against sorted values, from nanoseconds to minutes.
TEST(Histogram, APercentileIsAtMostOne32thLongerThanItIs) {
  std::mt19937_64 random(7);
  std::vector<uint64_t> all;
  Histogram times;
  for (int i = 0; i < 20'000; i++) {
    const uint64_t ns = random() >> (24 + random() % 40);
    all.push_back(ns);
    times.add(ns);
  }
  std::sort(all.begin(), all.end());
  for (const unsigned percent : {1u, 25u, 50u, 90u, 99u, 100u}) {
    const uint64_t exact = all[all.size() * percent / 100 - 1];
    EXPECT_GE(times.percentile(percent), exact) << percent;
    EXPECT_LE(times.percentile(percent), exact + exact / 32 + 1) << percent;
  }
}

TEST(Histogram, WhatTakesVeryLongIsCountedAndItsEndIsExact) {
  Histogram times;
  times.add(UINT64_MAX / 2);
  times.add(1);
  EXPECT_EQ(times.count(), 2u);
  EXPECT_EQ(times.percentile(99), UINT64_MAX / 2);
}

// "net_dev_queue > netif_rx 1000", the longest of each.
std::vector<std::string> hops_of(const Latency& latency) {
  std::vector<std::string> hops;
  for (const auto& hop : latency.hops())
    hops.push_back(hop.from.probe + " > " + hop.to.probe + " " + std::to_string(hop.times.max()));
  return hops;
}

Latency latency_of(const Scene& scene) {
  Latency latency;
  for (const auto& trail : scene.trails) latency.add(trail);
  return latency;
}

TEST(Latency, EachHopIsCountedByWhereItBeginsAndEnds) {
  Scene scene;
  for (uint16_t id = 1; id <= 3; id++) {
    test::cross(scene, kSkb + id * 0x100u, udp(id));
    scene.at("consume_skb", kSkb + id * 0x100u, kB, udp(id));
  }
  scene.end();
  const auto latency = latency_of(scene);
  EXPECT_EQ(hops_of(latency),
            (std::vector<std::string>{"net_dev_queue > net_dev_start_xmit 1000", "net_dev_start_xmit > netif_rx 1000",
                                      "netif_rx > netif_receive_skb 2000", "netif_receive_skb > consume_skb 1000"}));
  EXPECT_EQ(latency.hops()[1].from.netns, "host");
  EXPECT_EQ(latency.hops()[1].from.ifname, "v0");
  EXPECT_EQ(latency.hops()[1].to.netns, "7");
  EXPECT_EQ(latency.hops()[1].to.ifname, "v1");
  EXPECT_EQ(latency.hops()[1].times.count(), 3u);
  EXPECT_EQ(latency.total().count(), 3u);
  EXPECT_EQ(latency.total().max(), 5000u);
}

// A datagram that was read, and freed a second later, by whatever CPU.
TEST(Latency, TheTimeToADeferredFreeIsNobodys) {
  Scene scene;
  test::cross(scene, kSkb, udp(1));
  scene.at("sk_data_ready", kSkb, kB, udp(1));
  scene.now += 5'000'000;  // within the time that a trail waits
  scene.at("consume_skb", kSkb, test::kNowhere, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  const auto latency = latency_of(scene);
  for (const auto& hop : latency.hops()) {
    EXPECT_NE(hop.to.probe, "consume_skb");
    EXPECT_LT(hop.times.max(), 1'000'000u);
  }
  EXPECT_LT(latency.total().max(), 1'000'000u);
}

// It was delivered, and a copy of it was sent somewhat later.
TEST(SlowestHop, IsOnTheWayToWhatBecameOfThePacket) {
  Scene scene;
  test::cross(scene, kSkb, udp(1));
  scene.at("sk_data_ready", kSkb, kB, udp(1));
  scene.now += 5'000'000;
  scene.at("net_dev_queue", kOther, kA, udp(1));
  scene.end();
  ASSERT_EQ(scene.trails.size(), 1u);
  const Trail& trail = scene.trails[0];
  EXPECT_EQ(trail.fate, Fate::delivered);
  const SlowestHop slowest = slowest_hop(trail);
  ASSERT_NE(slowest.from, nullptr);
  EXPECT_EQ(trail.names->probe(slowest.from->probe), "netif_rx");
  EXPECT_EQ(slowest.ns, 2000u);
  EXPECT_LT(slowest.ns, trail.total_ns);
}

TEST(Latency, HopsBeyondTheLimitAreCountedTogether) {
  Scene scene;
  constexpr size_t kDevices = Latency::kMostHops + 10;
  for (uint32_t i = 0; i < kDevices; i++) {
    const std::string name = "v" + std::to_string(i);
    const test::Device device{1, i + 2, name.c_str()};
    const auto id = static_cast<uint16_t>(i + 1);
    scene.at("net_dev_queue", kSkb, device, udp(id));
    scene.at("consume_skb", kSkb, device, udp(id));
  }
  scene.end();
  const auto latency = latency_of(scene);
  EXPECT_EQ(latency.hops().size(), Latency::kMostHops);
  EXPECT_EQ(latency.others().count(), 10u);
}

TEST(Latency, NamesThatAreTheSameAreOneHop) {
  Scene scene;
  for (uint32_t i = 0; i < 3; i++) {
    const test::Device device{1, i + 2, "eth0"};
    const auto id = static_cast<uint16_t>(i + 1);
    scene.at("net_dev_queue", kSkb, device, udp(id));
    scene.at("consume_skb", kSkb, device, udp(id));
  }
  scene.end();
  EXPECT_EQ(latency_of(scene).hops().size(), 1u);
}

Between::IsAt at(std::string_view probe) {
  return [probe](const event::Names& names, uint16_t number) { return names.probe(number) == probe; };
}

TEST(Between, TheTimeIsFromTheFirstStepAtOneToTheFirstAtTheOtherBehindIt) {
  Scene scene;
  test::cross(scene, kSkb, udp(1));                 // to netif_receive_skb: 4 us
  scene.at("net_dev_queue", kOther, kA, udp(2));    // goes no further
  scene.at("netif_receive_skb", kSkb, kB, udp(3));  // was not seen before
  scene.end();
  Between between(at("net_dev_queue"), at("netif_receive_skb"));
  for (const auto& trail : scene.trails) between.add(trail);
  EXPECT_EQ(between.times().count(), 1u);
  EXPECT_EQ(between.times().max(), 4000u);
  EXPECT_EQ(between.without_to(), 1u);
  EXPECT_EQ(between.without_from(), 1u);
  for (size_t row = 0; row < Between::kRows; row++) EXPECT_EQ(between.row(row), Between::begin_of(row) == 2000) << row;
}

TEST(Between, RowsBeginAtOneTwoAndFive) {
  const std::vector<uint64_t> begins{0, 1, 2, 5, 10, 20, 50, 100};
  for (size_t row = 0; row < begins.size(); row++) EXPECT_EQ(Between::begin_of(row), begins[row]);
  EXPECT_EQ(Between::begin_of(Between::kRows - 1), 1'000'000'000'000u);
}

}  // namespace
}  // namespace skbtrail::trail
