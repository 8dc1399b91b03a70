/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hit of a probe: what programs on tracepoints (skbtrail.bpf.c) and on functions (functions.bpf.c) have in common.
 *
 *   prefilter ─► identify ─► filter, or followed already ─► record
 *   filter.h     identify.h  filter.h   follow.h            build.h, emit.h
 *
 * A hit that is refused costs only what was looked at until then; where the kernel lets us look at packet bytes in
 * place nothing was copied, and nothing but the packet filter was called (on CPUs that guard returns against
 * speculation, a call in a call costs as much as all the rest). What is done with a hit that is asked for is one step,
 * instead of which another may be, such as a table that counts.
 */
#ifndef SKBTRAIL_HIT_H
#define SKBTRAIL_HIT_H

#include "build.h"
#include "conversation.h"

/*
 * A hit that could not be refused at once. Out of the program, so that what most hits are is a few lines of code that
 * lie together, and so that the object holds this once and not in each program.
 *
 * Hidden makes it static to the verifier, as its pointers ask, and not to the compiler, which puts static functions
 * after all others (packet_filter has to be the last). Returns whether it was asked for.
 *
 * `number` has 64 bits because it is put aside on the stack, and older verifiers forget there what has fewer. `listed`
 * is the address of an skb that no argument leads to (VIA_LIST).
 */
__hidden __noinline int handle(const __u64* context, __u64 number, __u64 listed) {
  struct hit hit = {}; /* on ways that only the verifier believes in, what is not set would be read */
  struct followed
      packet; /* not of the hit: its address is given away, and what is beside it could not be in registers */
  const struct sock* sk;
  int result = 0;

  know_nothing(&packet);
  if (number < SKBTRAIL_PROGRAMS && identify_skb(&hit, context, number, listed)) {
    result = filter(&hit, &sk, &packet, context, number) != VERDICT_NO;
    if (result) {
      record(context, number, &hit, sk, &packet);
      end_if_here(&hit, &packet, context, &config.probes[number]);
    }
    if (config.follow) end_other(&hit, &packet, context, &config.probes[number]);
  }
  asm volatile("" : "+r"(result)); /* or what the verifier lets out of no function is left in its register */
  return result;
}

/* Whether it was asked for. Whether the packet is of a connection is asked before and after, and not within: on the
 * stack of Linux 5.10, which is 512 bytes for all calls, nothing has room beside handle(). */
static __always_inline bool is_handled(const __u64* context, __u64 number, __u64 listed) {
  int joined = config.conversations ? join_conversation(context, number, listed) : JOINED_NOT;
  int wanted = handle(context, number, listed);

  if (config.conversations && (wanted || joined == JOINED_AT_END)) keep_conversation(context, number, listed, joined);
  return wanted;
}

static __always_inline int slow_path(const __u64* context, __u64 number, __u64 listed) {
  is_handled(context, number, listed);
  return 0;
}

static __always_inline int probe_hit(const __u64* context, __u32 number) {
  return fast_reject(context, number) ? 0 : slow_path(context, number, 0);
}

#endif
