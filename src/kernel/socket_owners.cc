#include "kernel/socket_owners.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace skbtrail::kernel {
namespace {

namespace fs = std::filesystem;

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A socket's descriptor is a link to "socket:[INODE]".
std::optional<uint64_t> inode_of(std::string_view link) {
  constexpr std::string_view kBegin = "socket:[";
  if (!link.starts_with(kBegin) || !link.ends_with(']')) return std::nullopt;
  return number_of<uint64_t>(link.substr(kBegin.size(), link.size() - kBegin.size() - 1));
}

// Calls for every entry; one that goes away ends it.
template <typename Take>
void each_entry(const fs::path& directory, Take take) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) take(it->path());
}

std::optional<std::string> comm_of(const fs::path& task) {
  std::ifstream file(task / "comm");
  std::string comm;
  if (!std::getline(file, comm)) return std::nullopt;
  return comm;
}

void add_sockets(const fs::path& process, std::vector<uint64_t>& inodes) {
  each_entry(process / "fd", [&](const fs::path& descriptor) {
    std::error_code error;
    const fs::path link = fs::read_symlink(descriptor, error);
    if (auto inode = error ? std::nullopt : inode_of(link.native())) inodes.push_back(*inode);
  });
}

}  // namespace

std::vector<uint64_t> socket_inodes(const std::function<bool(const Process&)>& wanted, const std::string& proc) {
  std::vector<uint64_t> inodes;
  each_entry(proc, [&](const fs::path& path) {
    auto pid = number_of<uint32_t>(path.filename().native());
    if (!pid) return;
    const auto comm = comm_of(path);
    if (comm && wanted({*pid, *comm})) add_sockets(path, inodes);
  });
  std::sort(inodes.begin(), inodes.end());
  inodes.erase(std::unique(inodes.begin(), inodes.end()), inodes.end());
  return inodes;
}

bool has_task(const std::function<bool(std::string_view)>& wanted, const std::string& proc) {
  bool found = false;
  const auto look = [&](const fs::path& task) {
    const auto comm = comm_of(task);
    found |= comm && wanted(*comm);
  };
  each_entry(proc, [&](const fs::path& path) {
    if (!found && number_of<uint32_t>(path.filename().native())) each_entry(path / "task", look);
  });
  return found;
}

}  // namespace skbtrail::kernel
