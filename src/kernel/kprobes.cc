#include "kernel/kprobes.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "kernel/feature_probe.h"

namespace skbtrail::kernel {

namespace {

constexpr const char* kPmuType = "/sys/bus/event_source/devices/kprobe/type";
constexpr const char* kNoFunction = "skbtrail_has_no_such_function";

// Names that cannot be read are EFAULT (kernel/trace/bpf_trace.c), if it comes so far.
bool has_link_to_many(int type) {
  const auto loaded = load({BPF_PROG_TYPE_KPROBE, type});
  if (!loaded.program) return false;
  const char* const nowhere = nullptr;
  const Fd link = link_kprobes(loaded.program.get(), type, {.names = {&nowhere, 1}});
  return !link && errno == EFAULT;
}

}  // namespace

Fd link_kprobes(int program, int attach_type, const KprobeTargets& targets, uint32_t flags) {
  bpf_attr attributes{};
  auto& link = attributes.link_create;
  link.prog_fd = static_cast<__u32>(program);
  link.attach_type = static_cast<__u32>(attach_type);
  link.kprobe_multi.flags = flags;
  link.kprobe_multi.cnt = static_cast<__u32>(std::max(targets.names.size(), targets.addresses.size()));
  if (!targets.names.empty()) link.kprobe_multi.syms = reinterpret_cast<__u64>(targets.names.data());
  if (!targets.addresses.empty()) link.kprobe_multi.addrs = reinterpret_cast<__u64>(targets.addresses.data());
  if (!targets.cookies.empty()) link.kprobe_multi.cookies = reinterpret_cast<__u64>(targets.cookies.data());
  return Fd(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes))));
}

bool has_kprobes() {
  return access(kPmuType, F_OK) == 0;
}

// A function that is not there is ENOENT (kernel/trace/trace_kprobe.c, EINVAL before 5.18), if it comes so far.
int kprobe_refusal() {
  std::ifstream file(kPmuType);
  perf_event_attr attributes{};
  if (!(file >> attributes.type)) return ENOENT;
  attributes.size = sizeof(attributes);
  attributes.kprobe_func = reinterpret_cast<uint64_t>(kNoFunction);
  const Fd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  return event || errno == ENOENT || errno == EINVAL ? 0 : errno;
}

bool has_kprobe_multi() {
  return has_link_to_many(kKprobeMulti);
}

bool has_kprobe_session() {
  return has_link_to_many(kKprobeSession);
}

}  // namespace skbtrail::kernel
