// What this process may do, as the kernel evaluates it where BPF and tracing are concerned.
//
// Source: CapEff in /proc/self/status. In a user namespace of its own a process may have every capability and yet none
// that counts here, because the kernel asks for these in the initial namespace (kernel/capability.c, capable()).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skbtrail::kernel {

class Capabilities {
 public:
  // Where /proc cannot be read it is taken for having all, and the kernel's refusal is what counts.
  static Capabilities of_this_process();
  // One bit a capability, CAP_CHOWN the lowest, as in CapEff.
  explicit Capabilities(uint64_t effective, bool in_user_namespace = false)
      : effective_(in_user_namespace ? 0 : effective), in_user_namespace_(in_user_namespace) {}

  // Has it, or one that includes it: CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON, which Linux 5.8 split off.
  [[nodiscard]] bool has(int capability) const;
  [[nodiscard]] std::vector<int> lacking(const std::vector<int>& wanted) const;
  // In a user namespace that is not the initial one: those it has there do not count.
  [[nodiscard]] bool in_user_namespace() const { return in_user_namespace_; }

 private:
  uint64_t effective_;
  bool in_user_namespace_;
};

// "CAP_BPF"; "capability 41" for one that is not known here.
std::string capability_name(int capability);
// "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN".
std::string capability_names(const std::vector<int>& capabilities);

}  // namespace skbtrail::kernel
