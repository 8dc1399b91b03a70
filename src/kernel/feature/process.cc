// What the process may do, and what the system keeps from everybody.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

// What the rings take (8 MiB a CPU, at most 256 MiB, see stream/session.h), and as much as the rest may need.
constexpr uint64_t kRingBytes = 8 << 20, kRingsBytes = 256 << 20, kRest = 8 << 20;

uint64_t needed_bytes() {
  const auto cpus = static_cast<uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  return std::min(cpus * kRingBytes, kRingsBytes) + kRest;
}

// Makes a map without libbpf, which raises the limit where it may.
bool makes_map() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = sizeof(uint64_t);
  attributes.max_entries = 1;
  return static_cast<bool>(Fd(static_cast<int>(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes)))));
}

// Kernels before 5.11 count maps as locked memory: then none can be made where the limit is zero.
bool maps_count_as_locked(const rlimit& limit) {
  rlimit zero = limit;
  zero.rlim_cur = 0;
  if (!makes_map() || setrlimit(RLIMIT_MEMLOCK, &zero) != 0) return true;
  const bool counted = !makes_map();
  setrlimit(RLIMIT_MEMLOCK, &limit);
  return counted;
}

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

// A look at the limit is enough, and spares the host the memory.
Attempt locked_memory(const Host&) {
  const Fd one(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "skbtrail_check", 0, 0, kRingBytes, nullptr));
  const int error = errno;
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  const std::string needed =
      fmt::format("the limit is {} KiB, the rings and maps need {}", limit.rlim_cur >> 10, needed_bytes() >> 10);
  if (!one) return refused(error, limit.rlim_cur == RLIM_INFINITY ? "no limit on locked memory" : needed);
  if (limit.rlim_cur >= needed_bytes() || !maps_count_as_locked(limit)) return works();
  return refused(EPERM, needed);
}

Attempt network_namespaces(const Host&) {
  struct stat file {};
  return stat("/proc/self/ns/net", &file) == 0 ? works() : refused();
}

}  // namespace skbtrail::kernel::feature
