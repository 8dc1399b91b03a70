/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sections: the caller, and the kernel stack. Whole stacks are kept once, in a hash map by a hash of their addresses:
 * the kernel's own stack map has one slot for each hash, and drops every stack that falls on another's.
 *
 * The first frames are those of our own programs and of the tracepoint's code; user space, which has their names, takes
 * them off (src/event/call_path.h).
 */
#ifndef SKBTRAIL_SECTION_STACK_H
#define SKBTRAIL_SECTION_STACK_H

#include "../source.h"

static __always_inline void fill_caller(struct rec_caller* section, const struct rare_source* from) {
  __builtin_memset(section, 0, sizeof(*section));
  bpf_get_stack((void*)from->context, section->frames, sizeof(section->frames), 0);
}

/* Every frame counts, also the zeros after the last: no branches for the verifier to follow. */
static __always_inline __u64 stack_hash(const struct stack_frames* stack) {
  __u64 hash = 0x9e3779b97f4a7c15ULL;

#pragma unroll
  for (int i = 0; i < REC_STACK_FRAMES; i++) {
    hash = (hash ^ stack->frames[i]) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  return hash;
}

/* Hidden: see handle(). */
__hidden __noinline __u64 keep_stack(void* context, __u32 number) {
  struct stack_frames* stack = bpf_map_lookup_elem(&stack_scratch, &number);
  __u64 id;

  if (!stack) return 0;
  __builtin_memset(stack, 0, sizeof(*stack));
  if (bpf_get_stack(context, stack->frames, sizeof(stack->frames), 0) <= 0) return 0;
  id = stack_hash(stack);
  if (bpf_map_lookup_elem(&stacks, &id)) return id;
  if (!bpf_map_update_elem(&stacks, &id, stack, BPF_ANY)) return id;
  count_other(COUNT_STACKS_SKIPPED);
  return 0;
}

static __always_inline void fill_stack(struct rec_stack* section, const struct rare_source* from) {
  section->id = keep_stack((void*)from->context, from->program);
}

#endif
