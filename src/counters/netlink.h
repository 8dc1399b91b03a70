// What rtnetlink says of the counters of devices and of their queues, in the messages of one read(2). Whatever bytes
// there are, what is no whole message is skipped.
//
//   nlmsghdr | ifinfomsg | IFLA_IFNAME "v1" | IFLA_STATS64 (struct rtnl_link_stats64) | ...
//   nlmsghdr | tcmsg | TCA_KIND "tbf" | TCA_STATS2 ( TCA_STATS_QUEUE (struct gnet_stats_queue) ) | ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skbtrail::counters {

struct LinkCounters {
  uint32_t ifindex = 0;
  std::string name;
  std::vector<std::pair<std::string_view, uint64_t>> values;  // by the kernel's names, of those that may be losses
};
struct QdiscCounters {
  uint32_t ifindex = 0;
  std::string kind;
  uint32_t handle = 0;  // 0x10000 is 1:
  uint32_t drops = 0;   // wraps
};

// `end`: the last one was among them, or an error.
std::vector<LinkCounters> links_in(std::span<const std::byte> messages, bool& end);
std::vector<QdiscCounters> qdiscs_in(std::span<const std::byte> messages, bool& end);

// Of the namespace that the calling thread is in.
std::vector<LinkCounters> links_here();
std::vector<QdiscCounters> qdiscs_here();

}  // namespace skbtrail::counters
