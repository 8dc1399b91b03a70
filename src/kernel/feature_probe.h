// BPF programs of a few instructions, to find out what this kernel loads and attaches.
//
// What a newcomer would get wrong: a program that loads is not yet one that can be attached (fentry on x86 needs a
// trampoline, kprobe.multi needs CONFIG_FPROBE), so checks do both. Everything hangs on the descriptors returned here
// and is gone when they are closed. Failure: an empty Fd, errno, and the verifier's last words where it has some.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/fd.h"

namespace skbtrail::kernel {

using Code = std::vector<bpf_insn>;

namespace code {

bpf_insn move_number(uint8_t to, int32_t number);
bpf_insn move(uint8_t to, uint8_t from);
bpf_insn add(uint8_t to, int32_t number);
// to = *(u64 *)(from + offset)
bpf_insn load(uint8_t to, uint8_t from, int16_t offset);
// *(u64 *)(r10 + offset) = number
bpf_insn store_on_stack(int16_t offset, int32_t number);
bpf_insn call(int32_t helper);
bpf_insn call_kernel_function(int32_t btf_id);
// Two instructions: to = the map.
Code load_map(uint8_t to, int map_fd);
bpf_insn leave();

}  // namespace code

// r0 = 0; exit
Code nothing();

struct FeatureProbe {
  bpf_prog_type type = BPF_PROG_TYPE_TRACING;
  int attach_type = 0;  // expected_attach_type
  uint32_t btf_id = 0;  // what a program of type tracing hangs on
  int module_btf = 0;   // descriptor of the BTF that the id is of; 0: the kernel proper's
  Code code = nothing();
  int target_program = 0;  // of the BPF program that it hangs on, of whose BTF the id is; 0: it hangs on the kernel
};

struct Loaded {
  Fd program;
  int error = 0;      // errno
  std::string words;  // the verifier's
};

Loaded load(const FeatureProbe& program);

// All that follow return an empty Fd with errno where it cannot be attached.
Fd attach_raw_tracepoint(const char* name, const Fd& program);
// tp_btf, fentry, fexit: the program says where.
Fd attach_traced(const Fd& program);
// Through perf_event_open(2): a kprobe at a function's begin, and the tracepoint with this number in tracefs.
Fd attach_kprobe_event(const Fd& program, uint32_t pmu_type, const char* function);
Fd attach_tracepoint_event(const Fd& program, uint64_t id);

}  // namespace skbtrail::kernel
