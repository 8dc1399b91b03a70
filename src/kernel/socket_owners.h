// Which tasks there are, and which sockets processes have open, from /proc. What may not be looked at, or ends
// meanwhile, is skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::kernel {

struct Process {
  uint32_t pid;
  std::string comm;
};

// Inode numbers of the sockets of every process that is wanted, each once. `proc` is where procfs is mounted.
std::vector<uint64_t> socket_inodes(const std::function<bool(const Process&)>& wanted,
                                    const std::string& proc = "/proc");

// Whether a task, of any process, has a wanted name.
bool has_task(const std::function<bool(std::string_view comm)>& wanted, const std::string& proc = "/proc");

}  // namespace skbtrail::kernel
