// Counters of devices and queues in messages of rtnetlink, also in those that no kernel would send.
#include "counters/netlink.h"

#include <gtest/gtest.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstring>

namespace skbtrail::counters {
namespace {

using Bytes = std::vector<std::byte>;

template <typename T>
Bytes bytes_of(const T& value) {
  Bytes bytes(sizeof(T));
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const auto& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
    all.resize((all.size() + 3) & ~size_t{3});
  }
  return all;
}

Bytes attribute(uint16_t type, const Bytes& value) {
  const auto length = static_cast<uint16_t>(sizeof(rtattr) + value.size());
  return joined({bytes_of(rtattr{length, type}), value});
}

Bytes text(const char* words) {
  const auto* begin = reinterpret_cast<const std::byte*>(words);
  return {begin, begin + std::strlen(words) + 1};
}

Bytes message(uint16_t type, const Bytes& payload) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<uint32_t>(sizeof(head) + payload.size());
  head.nlmsg_type = type;
  return joined({bytes_of(head), payload});
}

Bytes link(int ifindex, const Bytes& statistics) {
  ifinfomsg head{};
  head.ifi_index = ifindex;
  return message(RTM_NEWLINK,
                 joined({bytes_of(head), attribute(IFLA_IFNAME, text("veth1")), attribute(IFLA_STATS64, statistics)}));
}

Bytes qdisc(uint32_t drops) {
  tcmsg head{};
  head.tcm_ifindex = 2;
  head.tcm_handle = 0x10000;
  gnet_stats_queue queue{};
  queue.drops = drops;
  return message(RTM_NEWQDISC, joined({bytes_of(head), attribute(TCA_KIND, text("tbf")),
                                       attribute(TCA_STATS2, attribute(TCA_STATS_QUEUE, bytes_of(queue)))}));
}

uint64_t value_of(const LinkCounters& link, std::string_view name) {
  for (const auto& [known, number] : link.values)
    if (known == name) return number;
  return UINT64_MAX;
}

TEST(CounterMessages, ADevicesCountersAreReadByTheirNames) {
  rtnl_link_stats64 statistics{};
  statistics.rx_dropped = 7;
  statistics.rx_missed_errors = 1ULL << 40;
  bool end = false;
  const auto links = links_in(link(2, bytes_of(statistics)), end);
  ASSERT_EQ(links.size(), 1u);
  EXPECT_EQ(links[0].name, "veth1");
  EXPECT_EQ(links[0].ifindex, 2u);
  EXPECT_EQ(value_of(links[0], "rx_dropped"), 7u);
  EXPECT_EQ(value_of(links[0], "rx_missed_errors"), 1ULL << 40);
  EXPECT_EQ(value_of(links[0], "rx_nohandler"), 0u);
  EXPECT_FALSE(end);
}

TEST(CounterMessages, CountersThatAnOlderKernelLacksAreNotKnown) {
  bool end = false;
  const auto links = links_in(link(2, Bytes(sizeof(uint64_t) * 8)), end);
  EXPECT_EQ(value_of(links.at(0), "rx_dropped"), 0u);
  EXPECT_EQ(value_of(links.at(0), "rx_nohandler"), UINT64_MAX);
}

TEST(CounterMessages, AQueuesDropsAreRead) {
  bool end = false;
  const auto qdiscs = qdiscs_in(joined({qdisc(12), message(NLMSG_DONE, {})}), end);
  ASSERT_EQ(qdiscs.size(), 1u);
  EXPECT_EQ(qdiscs[0].kind, "tbf");
  EXPECT_EQ(qdiscs[0].handle, 0x10000u);
  EXPECT_EQ(qdiscs[0].drops, 12u);
  EXPECT_TRUE(end);
}

TEST(CounterMessages, WhatIsCutAnywhereIsLeftOut) {
  rtnl_link_stats64 statistics{};
  const auto whole = joined({link(2, bytes_of(statistics)), qdisc(1)});
  for (size_t size = 0; size < whole.size(); size++) {
    bool end = false;
    const std::vector<std::byte> part(whole.begin(),
                                      whole.begin() + static_cast<ptrdiff_t>(size));  // ASan sees its end
    EXPECT_LE(links_in(part, end).size(), 1u);
    EXPECT_LE(qdiscs_in(part, end).size(), 1u);
  }
}

TEST(CounterMessages, LengthsThatLieEndTheReading) {
  for (const uint32_t length : {0u, 3u, 15u, 0xffffffffu}) {
    auto bytes = link(2, {});
    std::memcpy(bytes.data(), &length, sizeof(length));
    bool end = false;
    EXPECT_TRUE(links_in(bytes, end).empty()) << length;
  }
  for (const int lie : {0, 3, 0xffff}) {
    const auto length = static_cast<uint16_t>(lie);
    auto bytes = link(2, {});
    std::memcpy(bytes.data() + sizeof(nlmsghdr) + sizeof(ifinfomsg), &length, sizeof(length));
    bool end = false;
    EXPECT_EQ(links_in(bytes, end).at(0).name, "") << length;
  }
}

TEST(CounterMessages, DevicesWithoutANumberAreNone) {
  bool end = false;
  EXPECT_TRUE(links_in(link(0, {}), end).empty());
  EXPECT_TRUE(links_in(link(-1, {}), end).empty());
}

}  // namespace
}  // namespace skbtrail::counters
