/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The return of a function whose entry was recorded and kept (function.h): of kprobes, of fentry, of BPF programs. */
#ifndef SKBTRAIL_RETURNED_H
#define SKBTRAIL_RETURNED_H

#include "hit.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct tcf_result {
  __u32 classid;
};

#pragma clang attribute pop

/* What a function returned; of a classifier the class that it chose, too (struct rec_result). */
static __always_inline __u64 result_and_class(const struct rec_core* core, __u64 result) {
  __u64 chosen = *(const __u64*)core->lost; /* keep_for_return() */
  __u32 class = 0;

  if (!chosen || !bpf_core_field_exists(struct tcf_result, classid)) return result;
  READ_KERNEL(class, tcf_result, chosen, classid);
  POINTER_TO_NUMBER(result); /* it is none here, and the verifier sees all functions' (fexit) */
  return (__u32)result | (__u64) class << 32;
}

static __always_inline bool is_told(const struct rec_core* core, __u64 result) {
  return core->lost[2] != RETURNS_REFUSALS || (__u32)result;
}

/* Sends again what was kept, with the result. False: nothing was. Hidden: see handle(). */
__hidden __noinline int call_returned(const struct call_key* key, __u64 result) {
  struct ring_entry* kept = bpf_map_lookup_elem(&calls, key);
  struct rec_core* core;
  struct rec_result* section;
  __u64 size;

  if (!kept) return 0;
  core = (struct rec_core*)(kept + 1);
  if (is_told(core, result)) {
    size = core->time_ns;
    core->flags |= REC_FLAG_RETURN;
    result = result_and_class(core, result);
    stamp(core);
    section = (struct rec_result*)((__u8*)core + rec_offset_of(core->sections, REC_SECTION_RESULT));
    section->value = result;
    barrier_var(size);
    if (size > sizeof(struct rec_core) && size <= config.call_room - sizeof(struct ring_entry)) emit(core, size);
  }
  bpf_map_delete_elem(&calls, key);
  return 1;
}

/* At the return of a function that fentry is at: the arguments are where they were, and the result after them. */
static __always_inline int traced_returned(const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  struct call_key key = {.stack = as_number(context), .number = probe->number};

  call_returned(&key, (__u64)argument(context, probe->result_at));
  return 0;
}

#endif
