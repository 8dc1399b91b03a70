// What the process may do, and what the system keeps from everybody.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "kernel/fd.h"
#include "kernel/feature/checks.h"

namespace skbtrail::kernel::feature {

namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// More than kernels before 5.11 let a process lock by default (64 KiB, with systemd 8 MiB), and what a CPU's ring has.
constexpr uint32_t kRingBytes = 8 << 20;

}  // namespace

Attempt has_capability(const Host& host, int capability) {
  if (host.capabilities.has(capability)) return works();
  if (host.capabilities.in_user_namespace())
    return refused(0, "in a user namespace of its own: capabilities do not count");
  // No program is of a kind that changes packets, so the kernel does not ask for this one.
  if (capability == CAP_NET_ADMIN) return idle("not held, and not needed");
  if (capability == CAP_SYS_RESOURCE && locked_memory(host).outcome == Outcome::works)
    return idle("not held; locked memory suffices");
  return refused(0);
}

Attempt lockdown(const Host&) {
  const std::string line = first_line("/sys/kernel/security/lockdown");
  if (line.empty()) return idle("none, or securityfs is not mounted");
  const size_t begin = line.find('['), end = line.find(']');
  if (begin == std::string::npos || end == std::string::npos) return idle(line);
  const std::string mode = line.substr(begin + 1, end - begin - 1);
  return mode == "confidentiality" ? refused(0, mode) : works(mode == "none" ? "kernel is not locked down" : mode);
}

Attempt unprivileged_bpf(const Host&) {
  const std::string value = first_line("/proc/sys/kernel/unprivileged_bpf_disabled");
  if (value.empty()) return idle("kernel.unprivileged_bpf_disabled cannot be read");
  return idle(fmt::format("unprivileged_bpf_disabled={}, without effect", value));
}

Attempt locked_memory(const Host&) {
  const Fd ring(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "skbtrail_check", 0, 0, kRingBytes, nullptr));
  if (ring) return works();
  const int error = errno;
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  return refused(error, limit.rlim_cur == RLIM_INFINITY
                            ? "no limit on locked memory"
                            : fmt::format("limit on locked memory: {} KiB", limit.rlim_cur / 1024));
}

Attempt network_namespaces(const Host&) {
  struct stat file {};
  return stat("/proc/self/ns/net", &file) == 0 ? works() : refused();
}

}  // namespace skbtrail::kernel::feature
