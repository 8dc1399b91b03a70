// Ways to attach a loaded program to functions of the kernel, one file each. Everything hangs on the
// descriptors that come back and is detached when they are closed.
//
//   kprobe.multi   all functions in one call (Linux 5.18 with CONFIG_FPROBE)
//   kprobe         one perf event each, 2 to 30 ms each, so by many threads (any kernel with CONFIG_KPROBE_EVENTS)
//   fentry         a program for each function, which was loaded for it (Linux 5.5)
//
// A function that is refused costs only itself.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernel/fd.h"

namespace skbtrail::attach {

// One place in the kernel.
struct Target {
  std::string name;
  uint64_t address = 0;  // 0: the kernel hides it, and the name has to do
  uint64_t cookie = 0;   // what bpf_get_attach_cookie() says in the program
  int program = -1;      // of kprobes: in the place of the one for all targets
};

struct Attached {
  std::vector<kernel::Fd> links;
  std::vector<uint64_t> cookies;  // beside them, where each is for one target
  size_t targets = 0;             // that are attached
};

// `error` is an errno.
using Refuse = std::function<void(const Target& target, int error)>;

enum class At : uint8_t { entry, exit, both };

// Told now and then by who attaches or detaches one by one: so many are done.
using Progress = std::function<void(size_t done)>;

// Cookies need Linux 5.18; `program` was loaded for this kind of attachment, for At::both for kprobe.session.
Attached attach_kprobe_multi(int program, std::span<const Target> targets, At at, const Refuse& refuse);

// Without `with_cookies` (before Linux 5.15) the program has to know by itself where it was called.
Attached attach_kprobes(int program, std::span<const Target> targets, At at, bool with_cookies, const Refuse& refuse,
                        const Progress& progress);
// Whether programs on kprobes are told their cookie.
bool kprobe_cookies_work();
// Hits that the kernel skipped before any program was asked, because a kprobe or the function tracer was at work on
// that CPU already. Linux 6.7 tells it (missed in struct bpf_link_info); before that, and of others than links of
// kprobes, 0.
uint64_t missed_hits(int link);
// Closes them by many threads: the kernel waits for a grace period at each. Returns how many hits each had missed until
// then.
std::vector<uint64_t> close_all(std::vector<kernel::Fd>& links, const Progress& progress);

// The program knows its place. An empty Fd and errno where it is refused.
kernel::Fd attach_fentry(int program);

}  // namespace skbtrail::attach
