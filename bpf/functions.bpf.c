/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side of skbtrail on functions: programs for kprobes of every kind, each for all functions whose arguments
 * are alike, and for fentry, one for each function. It is an object of its own, so that a run without functions pays
 * nothing for it; maps that are not its own are those of skbtrail.bpf.c.
 */
#define SKBTRAIL_FUNCTIONS
#include "hit.h"
#include "listed.h"
#include "returned.h"
#include "stubs.h"

/* These have to return 0. */
#define ENTRY(high, low)                                       \
  SEC("?fentry") int entry_##high##low(const __u64* context) { \
    probe_hit(context, 0x##high##low);                         \
    return 0;                                                  \
  }
EVERY_FENTRY_STUB(ENTRY)

/* The saved stack pointer is that of the entry, but for the return address and what a kernel's return hook has pushed
 * before it saved the registers: with rethook (6.0), kretprobe before it, and the function graph tracer (6.14) it
 * differs. No other open call of the same function can lie within so few bytes. What was found last is tried first: it
 * stays the same. */
static __always_inline void returned(const __u64* context, __u16 number) {
  struct call_key key = {.number = number};
  __u64 stack = register_at_hit(context, true) - 2 * RETURN_ADDRESS_BYTES;
  __u32 last = *(volatile __u32*)&return_pushes & (RETURN_PUSHES - 1);
  __u64 result;

  LOAD_REGISTER(result, context, REGISTER_RESULT);
  key.stack = stack + last * RETURN_ADDRESS_BYTES;
  if (call_returned(&key, result)) return;
#pragma unroll
  for (__u32 pushes = 0; pushes < RETURN_PUSHES; pushes++) {
    key.stack = stack + pushes * RETURN_ADDRESS_BYTES;
    if (pushes == last || !call_returned(&key, result)) continue;
    *(volatile __u32*)&return_pushes = pushes;
    return;
  }
}

SEC("?kprobe") int function_returned(const __u64* context) {
  returned(context, attach_cookie(context));
  return 0;
}

/* Where no cookie says which function it was, each has a program of its own. Hidden: see handle(). */
__hidden __noinline int returned_from(const __u64* context, __u64 number) {
  int result = 0;

  returned(context, number);
  asm volatile("" : "+r"(result));
  return result;
}

#define RETURNED(high, low)                                        \
  SEC("?kprobe") int returned_##high##low(const __u64* context) {  \
    return returned_from(context, config.returned[0x##high##low]); \
  }
EVERY_STUB(RETURNED)

/* One program for entry and return (kprobe.session). 1: the kernel need not call it at the return. */
static __always_inline int session_hit(const __u64* context, __u32 number) {
  if (bpf_session_is_return(context)) {
    returned(context, attach_cookie(context));
    return 0;
  }
  return fast_reject(context, number) || !is_handled(context, number, 0);
}

/* Of which kind of kprobe, and where, user space says before loading. */
#define FUNCTION(high, low)                                                                                 \
  SEC("?kprobe") int function_##high##low(const __u64* context) {                                           \
    if (config.session && config.probes[0x##high##low].returns) return session_hit(context, 0x##high##low); \
    return probe_hit(context, 0x##high##low);                                                               \
  }
EVERY_KPROBE_STUB(FUNCTION)

EVERY_LIST_STUB(LIST_STUB)

#define LEAVE(high, low)                                      \
  SEC("?fexit") int leave_##high##low(const __u64* context) { \
    return traced_returned(context, 0x##high##low);           \
  }
EVERY_FENTRY_STUB(LEAVE)

DEFINE_PACKET_FILTER()

char LICENSE[] SEC("license") = SKBTRAIL_LICENSE;
