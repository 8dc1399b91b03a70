/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: what a tracepoint hands out, as its format file describes it.
 *
 * The record that a format file describes is made for programs of perf tracepoints only, and these get no pointer that
 * may be followed. So where both are wanted two programs hang on one tracepoint:
 *
 *   tracepoint hit ──► event_NN (perf)      copies the record into `stash`
 *                 └──► probe_NN (tp_btf)    does all the work, and takes the record from there
 *
 * The kernel calls them one after the other, in the order in which they were attached, on one CPU and without anybody
 * else of that tracepoint in between but an interrupt. A record that an interrupt left or took is told by the skb, or
 * by the task: then the arguments of this hit are unknown, and never another's.
 */
#ifndef SKBTRAIL_SECTION_ARGS_H
#define SKBTRAIL_SECTION_ARGS_H

#include "../source.h"

/* For the program of the perf event. What is after the record in the kernel's buffer is copied along and means nothing:
 * the fields say how long they are. */
static __always_inline void put_aside(const void* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];
  struct stash* slot;

  slot = bpf_map_lookup_elem(&stash, &number);
  if (!slot) return;
  slot->task = bpf_get_current_task();
  slot->full = !bpf_probe_read_kernel(slot->bytes, probe->args_size, context);
}

static __always_inline void fill_args(struct rec_args* section, const struct rare_source* from) {
  const volatile struct probe_config* probe = from->probe;
  __u32 program = from->program;
  struct stash* slot;
  __u8* bytes = (__u8*)(section + 1);

  __builtin_memset(section, 0, sizeof(*section));
  section->size = probe->args_size;
  if (probe->args_from == ARGS_FROM_CONTEXT) {
    section->known = !bpf_probe_read_kernel(bytes, probe->args_size, from->context);
    return;
  }
  slot = bpf_map_lookup_elem(&stash, &program);
  if (!slot) return;
  section->known = slot->full && slot->task == bpf_get_current_task() &&
                   !bpf_probe_read_kernel(bytes, probe->args_size, slot->bytes);
  slot->full = 0;
  if (from->skb && probe->args_skb && *(__u64*)(bytes + probe->args_skb) != from->skb) section->known = 0;
}

#endif
