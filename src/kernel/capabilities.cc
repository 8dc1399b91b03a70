#include "kernel/capabilities.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

namespace skbtrail::kernel {

namespace {

// The inode number of the initial user namespace (PROC_USER_INIT_INO in include/linux/proc_ns.h).
constexpr ino_t kInitialUserNamespace = 0xEFFFFFFD;

struct Named {
  int capability;
  std::string_view name;
};

// Those that skbtrail speaks of.
constexpr Named kNames[] = {
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
    {CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE"},
    {CAP_SYSLOG, "CAP_SYSLOG"},
    {CAP_PERFMON, "CAP_PERFMON"},
    {CAP_BPF, "CAP_BPF"},
};

}  // namespace

Capabilities Capabilities::of_this_process() {
  struct stat own {};
  const bool elsewhere = stat("/proc/self/ns/user", &own) == 0 && own.st_ino != kInitialUserNamespace;
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct halves[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capget, &head, halves) != 0)
    return Capabilities(~uint64_t{0}, elsewhere);  // none have been known to fail
  return Capabilities(uint64_t{halves[1].effective} << 32 | halves[0].effective, elsewhere);
}

bool Capabilities::has(int capability) const {
  const auto effective = [this](int one) { return (effective_ >> one & 1) != 0; };
  if ((capability == CAP_BPF || capability == CAP_PERFMON) && effective(CAP_SYS_ADMIN)) return true;
  return effective(capability);
}

std::vector<int> Capabilities::lacking(const std::vector<int>& wanted) const {
  std::vector<int> missing;
  for (int capability : wanted)
    if (!has(capability)) missing.push_back(capability);
  return missing;
}

std::string capability_name(int capability) {
  for (const auto& known : kNames)
    if (known.capability == capability) return std::string(known.name);
  return fmt::format("capability {}", capability);
}

std::string capability_names(const std::vector<int>& capabilities) {
  std::string text;
  for (size_t i = 0; i < capabilities.size(); i++) {
    if (i > 0) text += i + 1 == capabilities.size() ? " and " : ", ";
    text += capability_name(capabilities[i]);
  }
  return text;
}

}  // namespace skbtrail::kernel
