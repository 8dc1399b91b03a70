#include "kernel/process_cgroups.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "kernel/whole_file.h"

namespace skbtrail::kernel {

namespace {

constexpr size_t kPerPath = 96;  // beside its bytes

}  // namespace

std::string cgroup_in(std::string_view file) {
  constexpr std::string_view kGone = " (deleted)";  // proc_cgroup_show(), kernel/cgroup/cgroup.c
  std::string_view longest;
  bool is_unified = false;
  while (!file.empty()) {
    auto line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    const size_t controllers = line.find(':');
    const size_t path = controllers == std::string_view::npos ? controllers : line.find(':', controllers + 1);
    if (path == std::string_view::npos) continue;
    is_unified |= line.starts_with("0::");
    line.remove_prefix(path + 1);
    if (line.ends_with(kGone)) line.remove_suffix(kGone.size());
    if (line.size() > longest.size()) longest = line;
  }
  // What a process that is exiting has in v1, whatever it had before (proc_cgroup_show()).
  return longest == "/" && !is_unified ? std::string() : std::string(longest);
}

// Exact to a tick, and a third of what the exact clock costs: it is asked for with each event.
std::chrono::nanoseconds ProcessCgroups::coarse_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string_view ProcessCgroups::of(uint32_t pid, std::chrono::nanoseconds now) {
  const auto known = processes_.find(pid);
  if (known != processes_.end() && now - known->second.looked < kLookInterval) return known->second.path;
  const auto file = whole_file(fmt::format("{}/{}/cgroup", proc_, pid).c_str(), 4096);
  if (known != processes_.end()) {
    known->second.looked = now;
    if (auto path = file ? cgroup_in(*file) : ""; !path.empty()) known->second.path = keep(std::move(path));
    return known->second.path;
  }
  auto path = file ? cgroup_in(*file) : "";
  if (processes_.size() >= kMostProcesses) processes_.clear();
  return processes_.try_emplace(pid, Known{keep(std::move(path)), now}).first->second.path;
}

std::string_view ProcessCgroups::keep(std::string path) {
  if (path.empty()) return {};
  if (const auto known = paths_.find(path); known != paths_.end()) return *known;
  if (bytes_ + path.size() + kPerPath > kMostBytes) {
    kept_all_ = false;
    return {};
  }
  bytes_ += path.size() + kPerPath;
  return *paths_.insert(std::move(path)).first;
}

}  // namespace skbtrail::kernel
