#include "kernel/devices.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <system_error>
#include <thread>

#include "kernel/fd.h"

namespace skbtrail::kernel {

namespace {

// A table like /proc/net/dev: after two lines of heading a device a line, "  eth0: 1 2 3". Nothing: it cannot be read.
std::optional<bool> is_listed(const WantedName& wanted, const std::string& table) {
  std::ifstream file(table);
  std::string line;
  if (!std::getline(file, line) || !std::getline(file, line)) return std::nullopt;
  while (std::getline(file, line)) {
    const size_t begin = line.find_first_not_of(' ');
    // A name has no colon (dev_valid_name(), net/core/dev.c).
    if (begin != std::string::npos && wanted(std::string_view(line).substr(begin, line.find(':') - begin))) return true;
  }
  return false;
}

// By a thread that enters the namespace, so that this one stays where it is. Nothing is called where that cannot be.
void inside(const NetnsDoor& door, const std::function<void()>& look) {
  const auto enter = [&] {
    const Fd file(open(door.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (file && setns(file.get(), CLONE_NEWNET) == 0) look();
  };
  try {
    std::thread(enter).join();
  } catch (const std::system_error&) {
    // No thread can be made, so nothing is known.
  }
}

std::optional<bool> is_listed_inside(const WantedName& wanted, const NetnsDoor& door, const NetnsPaths& paths) {
  std::optional<bool> found;
  inside(door, [&] { found = is_listed(wanted, paths.proc + "/thread-self/net/dev"); });
  return found;
}

bool is_there(const NetnsDoor& door) {
  struct stat file {};
  return stat(door.file.c_str(), &file) == 0 && static_cast<uint32_t>(file.st_ino) == door.inum;
}

// Of one look through all doors. Processes and namespaces come and go meanwhile: what is no longer there is skipped.
struct Look {
  bool found = false;
  bool any = false;      // a namespace was looked into
  bool refused = false;  // one is there and may not be looked into
  bool gone = false;     // one went away, or its process did
};

Look look_for(const WantedName& wanted, std::optional<uint32_t> netns, const NetnsPaths& paths) {
  Look look;
  for (const auto& door : netns_doors(paths)) {
    if (netns && door.inum != *netns) continue;
    const auto found = door.devices.empty() ? is_listed_inside(wanted, door, paths) : is_listed(wanted, door.devices);
    look.found |= found == true;
    look.any |= found.has_value();
    if (!found) (is_there(door) ? look.refused : look.gone) = true;
    if (look.found) break;
  }
  return look;
}

}  // namespace

std::optional<bool> has_device(std::string_view name, std::optional<uint32_t> netns, const NetnsPaths& paths) {
  return has_device([name](std::string_view device) { return device == name; }, netns, paths);
}

std::optional<bool> has_device(const WantedName& wanted, std::optional<uint32_t> netns, const NetnsPaths& paths) {
  // A namespace whose process went away may have another one, which the next look takes.
  constexpr int kLooks = 3;
  Look look;
  for (int i = 0; i < kLooks; i++) {
    look = look_for(wanted, netns, paths);
    if (look.found) return true;
    if (!look.gone) break;
  }
  return look.any && !look.refused ? std::optional<bool>(false) : std::nullopt;
}

namespace {

std::vector<Link> links(std::optional<uint32_t> netns, const NetnsPaths& paths,
                        const std::function<bool(const LinkNames&)>& wanted) {
  std::vector<Link> found;
  for (const auto& door : netns_doors(paths)) {
    if (netns && door.inum != *netns) continue;
    inside(door, [&] {
      for (auto& link : links_here())
        if (wanted(link)) found.push_back({std::move(link), door.inum});
    });
  }
  return found;
}

}  // namespace

std::vector<Link> links_with_other_names(std::optional<uint32_t> netns, const NetnsPaths& paths) {
  return links(netns, paths, [](const LinkNames& link) { return !link.other_names.empty(); });
}

std::vector<Link> links_with_xdp(const NetnsPaths& paths) {
  return links(std::nullopt, paths, [](const LinkNames& link) { return !link.xdp_programs.empty(); });
}

}  // namespace skbtrail::kernel
