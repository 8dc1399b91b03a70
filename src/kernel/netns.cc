#include "kernel/netns.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "kernel/proc.h"
#include "kernel/process_cgroups.h"
#include "text/cgroup_path.h"

namespace skbtrail::kernel {

namespace fs = std::filesystem;

namespace {

constexpr size_t kShownIdLength = 12;

// Sets errno where there is none.
std::optional<uint32_t> inode(const std::string& path, const NetnsPaths& paths) {
  struct stat file {};
  struct statfs filesystem {};
  if (stat(path.c_str(), &file) != 0 || statfs(path.c_str(), &filesystem) != 0) return std::nullopt;
  bool is_namespace = paths.filesystem == 0 || filesystem.f_type == paths.filesystem;
  if (S_ISDIR(file.st_mode) || !is_namespace) {
    errno = S_ISDIR(file.st_mode) ? EISDIR : EINVAL;
    return std::nullopt;
  }
  return static_cast<uint32_t>(file.st_ino);
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string whole(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What a folder holds; what cannot be read is skipped, for processes come and go.
std::vector<fs::path> entries(const std::string& directory) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    paths.push_back(at->path());
  return paths;
}

// All processes, lowest number first.
std::vector<uint32_t> processes(const std::string& proc) {
  std::vector<uint32_t> pids;
  for (const auto& entry : entries(proc))
    if (auto pid = number(entry.filename().native())) pids.push_back(*pid);
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::string names_in(const std::string& directory) {
  std::string list;
  for (const auto& entry : entries(directory)) list += (list.empty() ? "" : ", ") + entry.filename().string();
  return list;
}

uint32_t resolve_container(std::string_view id, const NetnsPaths& paths) {
  std::map<std::string, uint32_t> found;
  for (uint32_t pid : processes(paths.proc)) {
    std::string container = container_in_cgroup(whole(fmt::format("{}/{}/cgroup", paths.proc, pid)));
    if (container.empty() || !container.starts_with(id) || found.contains(container)) continue;
    if (auto netns = inode(fmt::format("{}/{}/ns/net", paths.proc, pid), paths)) found.emplace(container, *netns);
  }
  if (found.empty() && !has_proc(paths.proc)) throw UnknownNetns(kNoProc);
  if (found.empty()) throw UnknownNetns(fmt::format("no process runs in a container whose id begins with '{}'", id));
  if (found.size() > 1)
    throw UnknownNetns(fmt::format("'{}' matches the ids of {} containers; give more characters", id, found.size()));
  return found.begin()->second;
}

}  // namespace

std::string container_in_cgroup(std::string_view cgroup) {
  return std::string(text::container_of(cgroup_in(cgroup)));
}

uint32_t resolve_netns(std::string_view text, const NetnsPaths& paths) {
  if (auto inum = number(text)) return *inum;
  if (text == "self") {
    if (auto inum = inode(paths.proc + "/self/ns/net", paths)) return *inum;
    const int error = errno;
    if (!has_proc(paths.proc)) throw UnknownNetns(kNoProc);
    throw UnknownNetns(fmt::format("cannot read {}/self/ns/net: {}", paths.proc, std::strerror(error)));
  }
  if (text.starts_with("pid:")) {
    auto pid = number(text.substr(4));
    if (!pid) throw UnknownNetns(fmt::format("'{}' is not a process number; write pid:N", text.substr(4)));
    if (auto inum = inode(fmt::format("{}/{}/ns/net", paths.proc, *pid), paths)) return *inum;
    const int error = errno;
    if (!has_proc(paths.proc)) throw UnknownNetns(kNoProc);
    throw UnknownNetns(
        fmt::format("there is no process {}, or its namespace may not be read: {}", *pid, std::strerror(error)));
  }
  if (text.starts_with("container:")) return resolve_container(text.substr(10), paths);
  std::string path =
      text.find('/') != std::string_view::npos ? std::string(text) : fmt::format("{}/{}", paths.run_netns, text);
  if (auto inum = inode(path, paths)) return *inum;
  int error = errno;
  std::string there = names_in(paths.run_netns);
  throw UnknownNetns(fmt::format("no network namespace '{}' ({}: {}); {}", text, path, std::strerror(error),
                                 there.empty() ? "/run/netns holds none: write an inode number, a path, pid:N, self "
                                                 "or container:ID"
                                               : "there are: " + there));
}

std::vector<NetnsDoor> netns_doors(const NetnsPaths& paths) {
  std::map<uint32_t, NetnsDoor> doors;
  const auto add = [&](const std::string& file, const std::string& devices) {
    if (const auto inum = inode(file, paths)) doors.try_emplace(*inum, NetnsDoor{*inum, file, devices});
  };
  for (uint32_t pid : processes(paths.proc)) {
    const std::string process = fmt::format("{}/{}", paths.proc, pid);
    add(process + "/ns/net", process + "/net/dev");
  }
  for (const auto& entry : entries(paths.run_netns)) add(entry, "");
  std::vector<NetnsDoor> found;
  for (auto& [inum, door] : doors) found.push_back(std::move(door));
  return found;
}

bool is_netns_found(uint32_t inum, const NetnsPaths& paths) {
  const auto doors = netns_doors(paths);
  return std::any_of(doors.begin(), doors.end(), [inum](const NetnsDoor& door) { return door.inum == inum; });
}

NetnsNames::NetnsNames(NetnsPaths paths) : paths_(std::move(paths)) {}

NetnsNames::Clock::time_point NetnsNames::Clock::now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time_point(std::chrono::seconds(time.tv_sec) + duration(time.tv_nsec));
}

void NetnsNames::look(Clock::time_point now) {
  looked_ = now;
  std::unordered_map<uint32_t, Name> found;
  auto add = [&](const std::string& file, auto text) {
    auto inum = inode(file, paths_);
    if (inum && !found.contains(*inum)) found.emplace(*inum, Name{text(), file, now});
  };
  const auto host = [] { return std::string("host"); };
  add(paths_.proc + "/1/ns/net", host);
  // Process 1 may not let itself be looked at. Kernel threads live where it began.
  if (found.empty() && first_line(paths_.proc + "/2/comm") == "kthreadd") add(paths_.proc + "/2/ns/net", host);
  for (const auto& entry : entries(paths_.run_netns)) add(entry, [&] { return entry.filename().string(); });
  for (uint32_t pid : processes(paths_.proc)) {
    std::string process = fmt::format("{}/{}", paths_.proc, pid);
    add(process + "/ns/net", [&] {
      std::string container = container_in_cgroup(whole(process + "/cgroup"));
      return container.empty() ? fmt::format("{}[{}]", first_line(process + "/comm"), pid)
                               : "container:" + container.substr(0, kShownIdLength);
    });
  }
  for (auto& [inum, name] : found) names_.insert_or_assign(inum, std::move(name));
}

const std::string& NetnsNames::name(uint32_t inum) {
  auto now = Clock::now();
  auto [known, added] = names_.try_emplace(inum, Name{std::to_string(inum), "", now});
  if (!added && now - known->second.checked < kLookInterval) return known->second.text;
  if (!known->second.file.empty() && inode(known->second.file, paths_) == inum) {
    known->second.checked = now;
    return known->second.text;
  }
  known->second = Name{std::to_string(inum), "", now};
  if (!looked_ || now - *looked_ >= kLookInterval) look(now);
  return names_.at(inum).text;
}

}  // namespace skbtrail::kernel
