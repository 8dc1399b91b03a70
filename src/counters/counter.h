// Counters of the kernel that may tell of packets that were dropped, many of which never had an skb.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace skbtrail::counters {

// Which counter it is.
struct Key {
  uint32_t netns = 0;  // 0: the host as a whole
  std::string group;   // "Udp", "interface", "driver", "qdisc", "conntrack", "softnet"
  std::string name;    // as the kernel has it: "RcvbufErrors"
  uint32_t ifindex = 0;
  std::string owner;  // "eth0", "eth0 tbf 1:", "CPU 3"; empty: of all

  auto operator<=>(const Key&) const = default;  // NOLINT(modernize-use-nullptr): there is no literal
};

struct Value {
  uint64_t number = 0;
  bool wraps = false;  // at 32 bits
};

// A device, by its number, which is not used again soon, and its name.
struct Device {
  uint32_t netns = 0;
  uint32_t ifindex = 0;
  std::string name;

  auto operator<=>(const Device&) const = default;  // NOLINT(modernize-use-nullptr): there is no literal
};

// All counters of one moment, or nearly.
struct Snapshot {
  std::map<Key, Value> values;
  std::set<Device> devices;
  std::set<uint32_t> namespaces;   // that were read
  std::set<uint32_t> not_entered;  // and those that are there and could not be
  size_t skipped = 0;              // namespaces beyond the most that are read
};

}  // namespace skbtrail::counters
