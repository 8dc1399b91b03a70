// Programs at functions of the kernel.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/capability.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>

#include "kernel/fd.h"
#include "kernel/feature/checks.h"
#include "kernel/feature_probe.h"
#include "kernel/kprobes.h"

namespace skbtrail::kernel::feature {

namespace {

// A function of all kernels from 5.10 on, exported and so never inlined whole.
constexpr const char* kFunction = "__kfree_skb";

// So many modules are looked at, and functions in each: some live in sections that are gone after the module's start.
constexpr int kModules = 8;
constexpr int kFunctionsOfOne = 32;

Attempt attached(Fd link) {
  return link ? works() : refused("loaded, but not attached");
}

Attempt at_function(uint32_t btf_id, int attach_type, int module_btf = 0) {
  const Loaded loaded = load({BPF_PROG_TYPE_TRACING, attach_type, btf_id, module_btf});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  return attached(attach_traced(loaded.program));
}

Attempt of_kernel(const Host& host, int attach_type) {
  const uint32_t id = host.function_id(kFunction);
  return id == 0 ? refused(ENOENT, "no function __kfree_skb in the kernel's types") : at_function(id, attach_type);
}

Attempt kprobe_link(int type) {
  const Loaded loaded = load({BPF_PROG_TYPE_KPROBE, type});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  return attached(link_kprobes(loaded.program.get(), type, {.names = {&kFunction, 1}}));
}

struct FreeTypes {
  void operator()(btf* types) const { btf__free(types); }
};
using Types = std::unique_ptr<btf, FreeTypes>;

// The name of a module whose types these are; empty: they are no module's.
std::string module_of(int fd) {
  std::array<char, 64> name{};
  bpf_btf_info info{};
  info.name = reinterpret_cast<uint64_t>(name.data());
  info.name_len = name.size();
  uint32_t length = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0 || !info.kernel_btf) return "";
  const std::string text(name.data());
  return text == "vmlinux" ? "" : text;
}

// The first function of the module that takes a program.
Attempt first_function(const Host& host, uint32_t id, int fd, const std::string& module) {
  const Types types(btf__load_from_kernel_by_id_split(id, host.vmlinux));
  Attempt attempt = refused(ENOENT, module + " has no function that could be tried");
  if (!types) return attempt;
  int tries = 0;
  for (uint32_t type = btf__type_cnt(host.vmlinux); type < btf__type_cnt(types.get()); type++) {
    const btf_type* function = btf__type_by_id(types.get(), type);
    if (!btf_is_func(function)) continue;
    if (tries++ >= kFunctionsOfOne) break;
    attempt = at_function(type, BPF_TRACE_FENTRY, fd);
    if (attempt.outcome != Outcome::works) continue;
    attempt.detail = "tried in " + module;
    break;
  }
  return attempt;
}

}  // namespace

Attempt kprobe(const Host&) {
  std::ifstream file("/sys/bus/event_source/devices/kprobe/type");
  uint32_t type = 0;
  if (!(file >> type)) return refused(ENOENT, "no /sys/bus/event_source/devices/kprobe");
  const Loaded loaded = load({BPF_PROG_TYPE_KPROBE});
  if (!loaded.program) return refused(loaded.error, loaded.words);
  Attempt attempt = attached(attach_kprobe_event(loaded.program, type, kFunction));
  // 5.10 does not take CAP_PERFMON for it.
  if (attempt.error == EACCES) attempt.needs = {CAP_SYS_ADMIN};
  return attempt;
}

Attempt kprobe_multi(const Host&) {
  return kprobe_link(kKprobeMulti);
}
Attempt kprobe_session(const Host&) {
  return kprobe_link(kKprobeSession);
}
Attempt function_entry(const Host& host) {
  return of_kernel(host, BPF_TRACE_FENTRY);
}
Attempt function_exit(const Host& host) {
  return of_kernel(host, BPF_TRACE_FEXIT);
}

Attempt function_entry_in_module(const Host& host) {
  if (!host.vmlinux) return refused(ENOENT, host.types_error);
  Attempt attempt = idle("no module with types is loaded");
  uint32_t id = 0;
  int modules = 0;
  while (modules < kModules) {
    if (bpf_btf_get_next_id(id, &id) != 0) {
      if (errno != ENOENT) return refused("types of modules cannot be listed");
      break;
    }
    const Fd types(bpf_btf_get_fd_by_id(id));
    if (!types && errno == ENOENT) continue;  // unloaded just now
    if (!types) return refused("types of modules cannot be opened");
    const std::string module = module_of(types.get());
    if (module.empty()) continue;
    modules++;
    attempt = first_function(host, id, types.get(), module);
    if (attempt.outcome == Outcome::works) break;
  }
  return attempt;
}

}  // namespace skbtrail::kernel::feature
