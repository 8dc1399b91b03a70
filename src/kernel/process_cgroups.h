// In which control group a process is, from /proc/PID/cgroup, which has a line for each hierarchy:
//
//   0::/system.slice/ssh.service                 cgroup v2
//   4:memory:/docker/0123..., 1:name=systemd:/   v1, where v2 may be there as well
//
// Of several the longest path is taken: it tells most. What is known of a process is looked at again after
// kLookInterval, and stays when the process is gone, for its last events come later than it went. Of one that was gone
// before it was asked for nothing is known.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace skbtrail::kernel {

// The path in the text of such a file; empty: there is none.
std::string cgroup_in(std::string_view file);

class ProcessCgroups {
 public:
  static constexpr std::chrono::seconds kLookInterval{1};
  static constexpr size_t kMostProcesses = 65'536;  // that are remembered at the same time
  static constexpr size_t kMostBytes = 16u << 20;   // of different paths; further ones are not known

  // `proc` is where procfs is mounted, that of the PID namespace in which processes have the numbers asked for.
  explicit ProcessCgroups(std::string proc = "/proc") : proc_(std::move(proc)) {}

  // Empty: not known. Valid as long as this lives. `now` on any clock that only goes forward.
  std::string_view of(uint32_t pid) { return of(pid, coarse_now()); }
  std::string_view of(uint32_t pid, std::chrono::nanoseconds now);

  [[nodiscard]] bool kept_all() const { return kept_all_; }

 private:
  struct Known {
    std::string_view path;
    std::chrono::nanoseconds looked{};
  };

  static std::chrono::nanoseconds coarse_now();
  std::string_view keep(std::string path);

  std::string proc_;
  std::unordered_map<uint32_t, Known> processes_;
  std::unordered_set<std::string> paths_;
  size_t bytes_ = 0;
  bool kept_all_ = true;
};

}  // namespace skbtrail::kernel
