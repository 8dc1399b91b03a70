// Kprobes at many functions by one link, and whether there are kprobes of either kind. To find that out they are asked
// for something that cannot be given, so that nothing is attached: detaching a kprobe takes the kernel a tenth of a
// second.
#pragma once

#include <cstdint>
#include <span>

#include "kernel/fd.h"

namespace skbtrail::kernel {

// Attach types of the stable enum in linux/bpf.h; older headers lack them.
inline constexpr int kKprobeMulti = 42;    // Linux 5.18
inline constexpr int kKprobeSession = 56;  // Linux 6.10; the program is called at the return as well

// Where a link is to be: names or addresses, and for each the cookie that the program is told, or none at all.
struct KprobeTargets {
  std::span<const char* const> names = {};
  std::span<const unsigned long> addresses = {};
  std::span<const uint64_t> cookies = {};
};

// Of a program that was loaded for this attach type. By bpf(2) itself, for libbpf 1.1 knows no sessions. Refused for
// one target all are refused, and the kernel does not say for which: an empty Fd and errno.
Fd link_kprobes(int program, int attach_type, const KprobeTargets& targets, uint32_t flags = 0);

// The kernel has the perf event source of kprobes (CONFIG_KPROBE_EVENTS).
bool has_kprobes();

// Why a kprobe through perf_event_open(2) is refused, as an errno; 0: it is not. ENOENT: there are none.
int kprobe_refusal();

// Whether there are links to many functions, kprobe.multi (Linux 5.18 with CONFIG_FPROBE), and this process may make
// them.
bool has_kprobe_multi();
// The same of those whose programs are called at the return as well, kprobe.session (Linux 6.10).
bool has_kprobe_session();

}  // namespace skbtrail::kernel
