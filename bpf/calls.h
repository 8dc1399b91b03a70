/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slots of calls that were recorded and have not returned, where rings are our own (maps.h draws them).
 *
 *   entry   claim_call() ─► the record is made in the slot
 *   return                  find_call() ─► it is sent, with the result ─► end_call()
 *
 * The stack pointer that is saved at a return is that of the entry but for what a kernel's return hook pushed before it
 * saved the registers: with rethook (6.0), kretprobe before it, and the function graph tracer (6.14) it differs. No
 * other open call of the same function can lie within so few bytes. So a slot's hash is of a block of the stack, and
 * all its slots are looked at.
 *
 * Both are global functions: the verifier looks at each once, whoever calls it.
 */
#ifndef SKBTRAIL_CALLS_H
#define SKBTRAIL_CALLS_H

#include "core.h"

#define RETURN_PUSHES_MAX 3 /* words that a return hook pushes */
#define CALL_BLOCK_BITS   6 /* of the stack: an address >> 6 */

static __always_inline __u32 first_call_slot(__u64 block, __u64 number) {
  return ((block ^ number << 40) * 0x9e3779b97f4a7c15ULL >> 32) & (SKBTRAIL_CALLS - 1);
}

static __always_inline struct call_key* open_call(__u32 slot) {
  return bpf_map_lookup_elem(&open_calls, &slot);
}

/* A slot for the call, counted from 1; 0: all that it might have are taken. One whose return was missed
 * keeps its slot. */
__noinline __u64 claim_call(__u64 stack, __u64 number) {
  __u32 first = first_call_slot(stack >> CALL_BLOCK_BITS, number);
  struct call_key* call;

#pragma unroll
  for (int i = 0; i < SKBTRAIL_CALL_PROBES; i++) {
    call = open_call(first + i);
    if (call && *(volatile __u64*)&call->stack == stack && call->number == number) return first + i + 1;
  }
#pragma unroll
  for (int i = 0; i < SKBTRAIL_CALL_PROBES; i++) {
    call = open_call(first + i);
    if (!call || *(volatile __u64*)&call->stack || __sync_val_compare_and_swap(&call->stack, 0, stack)) continue;
    call->number = number;
    return first + i + 1;
  }
  return 0;
}

static __always_inline __u64 find_call_in(__u64 block, __u64 stack, __u64 most, __u64 number) {
  __u32 first = first_call_slot(block, number);

#pragma unroll
  for (int i = 0; i < SKBTRAIL_CALL_PROBES; i++) {
    const struct call_key* call = open_call(first + i);

    if (call && *(volatile const __u64*)&call->stack - stack <= most && call->number == number) return first + i + 1;
  }
  return 0;
}

/* The slot of the call whose stack is at `stack`, or at most so many bytes above; 0: it was not recorded. */
__noinline __u64 find_call(__u64 stack, __u64 most, __u64 number) {
  __u64 first = stack >> CALL_BLOCK_BITS, last = (stack + most) >> CALL_BLOCK_BITS;
  __u64 found = find_call_in(first, stack, most, number);

  return found || first == last ? found : find_call_in(last, stack, most, number);
}

static __always_inline void end_call(__u32 slot) {
  struct call_key* call = open_call(slot);

  if (call) *(volatile __u64*)&call->stack = 0;
}

#endif
