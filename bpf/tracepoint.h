/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a hit of a tracepoint is begun (hit.h): its arguments are in an array. bpf/function.h is its counterpart. Two
 * kinds of programs:
 *
 *   own      the verifier knows the arguments' types, and the program has the probe for itself
 *   shared   one for all tracepoints whose records are alike (Linux 6.10): each has a small program of its own, which
 *            refuses what can be refused at once and goes on in the shared one (a tail call). So the verifier looks at
 *            the work once, and the kernel, which drops nested hits of one and the same program, still counts by
 *            tracepoint: what is called so is not counted. The cookie of the tracepoint says which it is. Arguments are
 *            numbers: programs whose tracepoints have arguments of different types may not call each other
 *            (__bpf_prog_map_compatible in kernel/bpf/core.c), so they are of the kind without types (raw_tp).
 */
#ifndef SKBTRAIL_TRACEPOINT_H
#define SKBTRAIL_TRACEPOINT_H

#include "args.h"

#define PROBE_ARGUMENT(context, probe, position) argument(context, position)

/* The cookie of a tracepoint whose program is shared. */
static __always_inline __u64 attach_cookie(const __u64* context) {
  return bpf_get_attach_cookie((void*)context);
}

/* The verifier wants a constant position from the context, and none from where it lies. */
static __always_inline const void* argument_at(const __u64* context, __u64 position) {
  if (position == SKBTRAIL_COOKIE_NO_ARG) return 0;
  return *(const void* const*)bpf_rdonly_cast((const void*)(as_number(context) + position * sizeof(__u64)),
                                              config.bytes_type);
}

/* An argument of a section, whose position is the probe's or, in a shared program, in the cookie. */
#define ARGUMENT_OR_COOKIE(from, position, AT)                                                                 \
  ((from)->probe->position == SKBTRAIL_ARG_IN_COOKIE ? (__u64)argument_at((from)->context, AT((from)->cookie)) \
                                                     : (__u64)argument((from)->context, (from)->probe->position))
#define HAS_ARGUMENT(from, position, AT)                                                            \
  ((from)->probe->position == SKBTRAIL_ARG_IN_COOKIE ? AT((from)->cookie) != SKBTRAIL_COOKIE_NO_ARG \
                                                     : (from)->probe->position != SKBTRAIL_NO_ARG)

/* `cookie` as in function.h. */
static __always_inline const void* skb_argument(const __u64* context, const volatile struct probe_config* probe,
                                                __u64* cookie) {
  if (probe->skb_arg == SKBTRAIL_ARG_IN_COOKIE)
    return argument_at(context, COOKIE_SKB_AT(*cookie = attach_cookie(context)));
  return argument(context, probe->skb_arg);
}

static __always_inline const void* sk_argument(const __u64* context, const volatile struct probe_config* probe,
                                               __u64 cookie) {
  if (probe->sk_arg == SKBTRAIL_ARG_IN_COOKIE) return argument_at(context, COOKIE_SK_AT(cookie));
  return argument(context, probe->sk_arg);
}

/* What the fields of the skb are read from. */
static __always_inline const struct sk_buff* readable_skb(const void* address, __u32 program) {
  return config.probes[program].by_cookie ? TYPED(sk_buff, address) : address;
}

static __always_inline __u64 attach_cookie_of(const __u64* context, __u32 program) {
  return config.probes[program].by_cookie ? attach_cookie(context) : 0;
}

/* No tracepoint is where only a function would tell. */
static __always_inline __u64 headers_by_function(__u64 cookie, const volatile struct probe_config* probe) {
  (void)cookie, (void)probe;
  return HEADERS_WRITTEN;
}

/* enum packet_direction, as far as the tracepoint tells. */
static __always_inline __u64 direction_by_probe(__u64 cookie, const volatile struct probe_config* probe) {
  return (probe->by_cookie ? COOKIE_DIRECTION(cookie) : 0) | probe->direction;
}

static __always_inline __u64 flow_argument(const __u64* context, const volatile struct probe_config* probe) {
  (void)context, (void)probe;
  return 0;
}

static __always_inline __u16 probe_number(__u64 cookie, __u32 program) {
  return config.probes[program].by_cookie ? cookie : program;
}

/* An address on the stack on which the hit happened: the arguments are there. A perf program, whose hit has no
 * packet, puts it where the address of one would be; a field of its own does not fit the stack of Linux 5.10 with
 * --comm. */
static __always_inline __u64 hit_stack(__u64 packet, const __u64* context, const volatile struct probe_config* probe) {
  return probe->perf_event ? packet : as_number(context);
}

static __always_inline void keep_for_return(struct ring_entry* entry, __u64 size, const __u64* context, __u32 program) {
  (void)entry, (void)size, (void)context, (void)program;
}

#endif
