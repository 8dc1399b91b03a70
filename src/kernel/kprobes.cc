#include "kernel/kprobes.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "kernel/tiny_program.h"

namespace skbtrail::kernel {

namespace {

constexpr const char* kPmuType = "/sys/bus/event_source/devices/kprobe/type";
constexpr const char* kNoFunction = "skbtrail_has_no_such_function";

// Addresses that cannot be read are EFAULT (kernel/trace/bpf_trace.c), if it comes so far.
bool has_link_to_many(int type) {
  const auto loaded = load({BPF_PROG_TYPE_KPROBE, type});
  if (!loaded.program) return false;
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<uint32_t>(loaded.program.get());
  attributes.link_create.attach_type = static_cast<uint32_t>(type);
  attributes.link_create.kprobe_multi.cnt = 1;
  attributes.link_create.kprobe_multi.addrs = 1;
  const Fd link(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes))));
  return !link && errno == EFAULT;
}

}  // namespace

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
  return has_link_to_many(BPF_TRACE_KPROBE_MULTI);
}

bool has_kprobe_session() {
  return has_link_to_many(kKprobeSession);
}

}  // namespace skbtrail::kernel
