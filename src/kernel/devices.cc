#include "kernel/devices.h"

#include <fcntl.h>
#include <sched.h>

#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "kernel/fd.h"

namespace skbtrail::kernel {

namespace {

// A table like /proc/net/dev: after two lines of heading a device a line, "  eth0: 1 2 3". Nothing: it cannot be read.
std::optional<bool> is_listed(std::string_view name, const std::string& table) {
  std::ifstream file(table);
  std::string line;
  if (!std::getline(file, line) || !std::getline(file, line)) return std::nullopt;
  while (std::getline(file, line)) {
    const size_t begin = line.find_first_not_of(' ');
    // A name has no colon (dev_valid_name(), net/core/dev.c).
    if (begin != std::string::npos && std::string_view(line).substr(begin, line.find(':') - begin) == name) return true;
  }
  return false;
}

// A thread that enters the namespace, so that this one stays where it is.
std::optional<bool> is_listed_inside(std::string_view name, const NetnsDoor& door, const NetnsPlaces& places) {
  std::optional<bool> found;
  const auto look = [&] {
    const Fd file(open(door.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (file && setns(file.get(), CLONE_NEWNET) == 0) found = is_listed(name, places.proc + "/thread-self/net/dev");
  };
  try {
    std::thread(look).join();
  } catch (const std::system_error&) {
    // No thread can be made, so nothing is known.
  }
  return found;
}

}  // namespace

std::optional<bool> has_device(std::string_view name, std::optional<uint32_t> netns, const NetnsPlaces& places) {
  bool seen_all = false;
  for (const auto& door : netns_doors(places)) {
    if (netns && door.inum != *netns) continue;
    const auto found = door.devices.empty() ? is_listed_inside(name, door, places) : is_listed(name, door.devices);
    if (found == true) return true;
    if (!found) return std::nullopt;
    seen_all = true;
  }
  return seen_all ? std::optional<bool>(false) : std::nullopt;
}

}  // namespace skbtrail::kernel
