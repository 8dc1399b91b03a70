// What rtnetlink says of network devices, as far as their names go, and their XDP programs:
//
//   nlmsghdr | ifinfomsg | IFLA_IFNAME "v1" | IFLA_PROP_LIST ( IFLA_ALT_IFNAME "Ethernet0-1" | ... ) | ...
//                        | IFLA_XDP ( IFLA_XDP_DRV_PROG_ID 17 | ... )
//
// Alternative names came with Linux 5.5 (commit 36fbf1e52bd3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace skbtrail::kernel {

struct LinkNames {
  uint32_t ifindex = 0;
  std::string name;
  std::vector<std::string> other_names;
  std::vector<uint32_t> xdp_programs = {};  // their numbers, each once
};

// Of every device in the messages of one read(2). `end`: the last one was among them, or an error. What is no whole
// message is skipped.
std::vector<LinkNames> links_in(std::span<const std::byte> messages, bool& end);

// Of all devices of the namespace that the calling thread is in; none where the kernel does not say.
std::vector<LinkNames> links_here();

}  // namespace skbtrail::kernel
