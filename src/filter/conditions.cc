#include "filter/conditions.h"

#include <dirent.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "event/socket_families.h"
#include "filter/glob.h"
#include "kernel/pid_namespace.h"
#include "kernel/proc.h"
#include "kernel/socket_owners.h"
#include "text/units.h"

namespace skbtrail::filter {

namespace {
// Of sockets whose skbs are packets: none known, inet, inet6, packet.
constexpr uint64_t kPacketFamilies = 1 | uint64_t{1} << AF_INET | uint64_t{1} << AF_INET6 | uint64_t{1} << AF_PACKET;

uint64_t families_in(const std::vector<std::string>& names) {
  uint64_t found = 0;
  for (const auto& name : names) {
    const auto family = event::family_number(name);
    if (!family)
      throw std::invalid_argument(
          fmt::format("--family: unknown family '{}'; allowed: all, {}", name, fmt::join(event::family_names(), ", ")));
    found |= uint64_t{1} << *family;
  }
  return found;
}

// The kernel hands out descriptors to those who may trace the process.
bool is_closed_to_us(uint32_t pid, const std::string& proc) {
  DIR* folder = opendir(fmt::format("{}/{}/fd", proc, pid).c_str());
  const bool closed = !folder && (errno == EACCES || errno == EPERM);
  if (folder) closedir(folder);
  return closed;
}

// Of --pid and --comm: processes whose sockets may not be asked for.
std::string hidden_sockets(const std::optional<uint32_t>& pid, const std::optional<std::string>& comm,
                           const std::string& proc) {
  constexpr const char* kWhy = "(CAP_SYS_PTRACE); of these, only what the process does itself is shown";
  std::vector<uint32_t> hidden;
  const auto glob = compile_glob(comm.value_or("*"));
  const auto look = [&](const kernel::Process& process) {
    if ((!pid || process.pid == *pid) && matches(glob, process.comm) && is_closed_to_us(process.pid, proc))
      hidden.push_back(process.pid);
    return false;
  };
  kernel::socket_inodes(look, proc);
  if (hidden.empty()) return "";
  if (hidden.size() == 1)
    return fmt::format(
        "{}: which sockets process {} has open already is not known, because {}/{}/fd may not be read {}",
        pid ? "--pid" : "--comm", hidden.front(), proc, hidden.front(), kWhy);
  return fmt::format(
      "--comm: which sockets {} processes called {} have open already is not known, because {}/{}/fd and others may "
      "not be read {}",
      hidden.size(), *comm, proc, hidden.front(), kWhy);
}

}  // namespace

void Conditions::set_netns(std::string_view text, const kernel::NetnsPaths& paths) {
  netns = kernel::resolve_netns(text, paths);
  netns_word = text;
  netns_by_number = text.find_first_not_of("0123456789") == std::string_view::npos;
}

void Conditions::set_ifname(std::string_view text) {
  ifname = DeviceNames::parse(text);
}

void Conditions::set_mark(std::string_view text) {
  size_t slash = text.find('/');
  auto value = static_cast<uint32_t>(text::parse_number(text.substr(0, slash), "--mark", UINT32_MAX));
  uint32_t mask = UINT32_MAX;
  if (slash != std::string_view::npos)
    mask = static_cast<uint32_t>(text::parse_number(text.substr(slash + 1), "--mark", UINT32_MAX));
  if ((value & ~mask) != 0)
    throw std::invalid_argument(
        fmt::format("--mark: {:#x} has bits outside of its mask {:#x}, so no mark could match", value, mask));
  mark = Mark{value, mask};
}

void Conditions::set_length(std::string_view text) {
  auto [min, max] = text::parse_range(text, "--len");
  length = Length{min, max};
}

void Conditions::set_pid(std::string_view text) {
  pid = static_cast<uint32_t>(text::parse_number(text, "--pid", INT32_MAX));
  if (*pid == 0) throw std::invalid_argument("--pid: 0 is the idle task, which owns no socket");
}

void Conditions::set_comm(std::string_view text) {
  try {
    compile_glob(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("--comm: '{}': {}", text, error.what()));
  }
  comm = text;
}

void Conditions::set_families(const std::vector<std::string>& named, const std::vector<std::string>& others) {
  families.reset();
  if (std::find(named.begin(), named.end(), "all") != named.end()) return;
  const uint64_t wanted = families_in(named);
  const bool alone = (wanted & kPacketFamilies) != 0;
  families = wanted | families_in(others) | (alone ? 0 : kPacketFamilies);
}

std::vector<uint64_t> Conditions::open_sockets() const {
  if (!pid && !comm) return {};
  const auto glob = compile_glob(comm.value_or("*"));
  return kernel::socket_inodes(
      [&](const kernel::Process& process) { return (!pid || process.pid == *pid) && matches(glob, process.comm); });
}

std::vector<std::string> Conditions::absences(const kernel::NetnsPaths& paths, const FoundDevices* devices) const {
  std::vector<std::string> found;
  if (pid && kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH)
    found.push_back(fmt::format("--pid: there is no process {} now; nothing is shown until there is one", *pid));
  if (pid)
    if (auto note = kernel::pid_note(*pid, paths.proc); !note.empty()) found.push_back("--pid: " + note);
  const bool can_look = kernel::has_proc(paths.proc);
  if ((pid || comm) && !can_look)
    found.push_back(fmt::format("{}: whose the sockets are that are open already is not known, because {}",
                                pid ? "--pid" : "--comm", kernel::kNoProc));
  if ((pid || comm) && can_look)
    if (auto note = hidden_sockets(pid, comm, paths.proc); !note.empty()) found.push_back(std::move(note));
  if (netns && netns_by_number && can_look && !kernel::is_netns_found(*netns, paths))
    found.push_back(fmt::format(
        "--netns: no process and no name in /run/netns leads to network namespace {} now; nothing is shown until there "
        "is one",
        *netns));
  if (!ifname) return found;
  const auto searched = devices ? *devices : find_devices(*ifname, netns, paths);
  found.insert(found.end(), searched.absent.begin(), searched.absent.end());
  return found;
}

std::string Conditions::comm_absence(const std::string& proc) const {
  if (!comm || !kernel::has_proc(proc)) return "";
  const auto glob = compile_glob(*comm);
  if (kernel::has_task([&](std::string_view name) { return matches(glob, name); }, proc)) return "";
  return fmt::format("--comm: no task is called {} now; nothing is shown until one is", *comm);
}

void Conditions::apply(skbtrail_config& config) const {
  if (netns) {
    config.match_netns = 1;
    config.netns = *netns;
  }
  if (ifname) ifname->apply(config);
  if (mark) {
    config.match_mark = 1;
    config.mark = mark->value;
    config.mark_mask = mark->mask;
  }
  if (length) {
    config.match_len = 1;
    config.len_min = length->min;
    config.len_max = length->max;
  }
  if (pid) {
    config.match_pid = 1;
    config.pid = *pid;
    if (const auto own = kernel::own_pid_namespace()) {
      config.pidns_device = own->device;
      config.pidns_inode = own->inode;
    }
  }
  if (families) {
    config.match_family = 1;
    config.families = *families;
  }
  if (comm) {
    config.match_comm = 1;
    config.comm = compile_glob(*comm);
  }
}

}  // namespace skbtrail::filter
