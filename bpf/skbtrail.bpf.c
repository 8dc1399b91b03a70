/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side of skbtrail on tracepoints: one program for each, all alike, and those that several share
 * (tracepoint.h).
 *
 * The attach target of every program is set by user space before loading, and whether it is one with types; programs
 * that are not used are not loaded.
 */
#include "hit.h"
#include "lineage.h"
#include "merges.h"
#include "stack_packet.h"
#include "stubs.h"

static __always_inline int tracepoint_hit(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];

  if (fast_reject(context, number)) return 0;
  if (!probe->shared) return slow_path(context, number, find_skb(context, probe));
  bpf_tail_call((void*)context, &shared_programs, probe->shared - 1);
  return 0;
}

#define PROBE(high, low)                                       \
  SEC("?tp_btf") int probe_##high##low(const __u64* context) { \
    return tracepoint_hit(context, 0x##high##low);             \
  }
EVERY_STUB(PROBE)

/*
 * An interrupt may enter a shared program that runs: the kernel counts who is in the program that was attached, and not
 * in the one that it calls. Since Linux 6.13 (bpf_enable_priv_stack(), kernel/bpf/verifier.c) x86 gives a program whose
 * entries it counts a stack for each CPU, on which both would write. It does not where there is a tail call in the
 * program, so there is one, which leads nowhere.
 */
static __always_inline void keep_to_task_stack(const __u64* context) {
  if (!context[0]) bpf_tail_call((void*)context, &shared_programs, SKBTRAIL_SHARED);
}

#define SHARED(high, low)                                          \
  SEC("?raw_tp") int shared_##high##low(const __u64* context) {    \
    keep_to_task_stack(context);                                   \
    return slow_path(context, SKBTRAIL_PROBES + 0x##high##low, 0); \
  }
EVERY_SHARED_STUB(SHARED)

/* Of perf tracepoints, where the record of a format file is wanted: puts it aside for the program above, or makes the
 * whole event where no such program can be attached (system calls are no tracepoints of their own). */
__hidden __noinline int event_hit(void* context, __u32 number) {
  const struct followed nothing = {};
  struct hit hit = {};
  int result = 0;

  if (number >= SKBTRAIL_PROBES || !match_current()) return 0;
  if (config.probes[number].args_from == ARGS_FROM_STASH) {
    put_aside(context, number);
  } else if (match_not_owned(context, &config.probes[number]) && !asks_for_location()) {
    __u64 registers;

    /* The kernel puts the registers where the record's common fields are; our own stack may lie anywhere. Those of user
     * space (system calls, before 6.12) are kept on the kernel's stack. */
    if (bpf_probe_read_kernel(&registers, sizeof(registers), context)) return 0;
    hit.view.address = stack_pointer(registers);
    if (!(hit.view.address >> 63)) hit.view.address = registers;
    HIDE_RANGE(hit.view.address);
    if (match_owner_or_task(0, hit_stack(hit.view.address, context, &config.probes[number])))
      record(context, number, &hit, 0, &nothing);
  }
  asm volatile("" : "+r"(result));
  return result;
}

/* 0 would keep the event from everybody else who counts or samples it (perf_trace_run_bpf_submit). */
#define EVENT(high, low)                            \
  SEC("?tp") int event_##high##low(void* context) { \
    event_hit(context, 0x##high##low);              \
    return 1;                                       \
  }
EVERY_STUB(EVENT)

DEFINE_PACKET_FILTER()

/* Some helpers (the ring buffer is not among them, bpf_probe_read_kernel is) are for GPL-compatible programs. */
char LICENSE[] SEC("license") = SKBTRAIL_LICENSE;
