/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a hit of a tracepoint is begun (hit.h): its arguments stand in an array, the verifier knows their types, and the
 * program has the probe for itself. bpf/function.h is its counterpart.
 */
#ifndef SKBTRAIL_TRACEPOINT_H
#define SKBTRAIL_TRACEPOINT_H

#include "args.h"

#define PROBE_ARGUMENT(context, probe, position) argument(context, position)

static __always_inline const void* skb_argument(const __u64* context, const volatile struct probe_config* probe,
                                                __u64* word) {
  (void)word;
  return argument(context, probe->skb_arg);
}

static __always_inline const void* sk_argument(const __u64* context, const volatile struct probe_config* probe,
                                               __u64 word) {
  (void)word;
  return argument(context, probe->sk_arg);
}

/* What the fields of the skb are read from. */
static __always_inline const struct sk_buff* readable_skb(const void* address, __u32 program) {
  (void)program;
  return address;
}

static __always_inline __u64 call_word_of(const __u64* context, __u32 program) {
  (void)context, (void)program;
  return 0;
}

/* No tracepoint stands where only a function would tell. */
static __always_inline __u64 headers_by_function(__u64 word, const volatile struct probe_config* probe) {
  (void)word, (void)probe;
  return HEADERS_WRITTEN;
}

static __always_inline __u64 flow_argument(const __u64* context, const volatile struct probe_config* probe) {
  (void)context, (void)probe;
  return 0;
}

static __always_inline __u16 probe_number(__u64 word, __u32 program) {
  (void)word;
  return program;
}

/* An address on the stack on which the hit happened: the arguments are there. A classic program, whose hit has no
 * packet, puts it where the address of one would be; a field of its own does not fit the stack of Linux 5.10 with
 * --comm. */
static __always_inline __u64 hit_stack(__u64 packet, const __u64* context, const volatile struct probe_config* probe) {
  return probe->classic ? packet : as_number(context);
}

static __always_inline void keep_for_return(struct ring_entry* entry, __u64 size, const __u64* context, __u32 program) {
  (void)entry, (void)size, (void)context, (void)program;
}

#endif
