// Whether there are kprobes, of both kinds. They are asked for something that cannot be given, so that nothing is
// attached: detaching a kprobe takes the kernel a tenth of a second.
#pragma once

namespace skbtrail::kernel {

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
