/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the task on the CPU, and whether it is doing this itself. In a softirq or interrupt it is merely the task
 * that was interrupted.
 */
#ifndef SKBTRAIL_SECTION_TASK_H
#define SKBTRAIL_SECTION_TASK_H

#include "../source.h"

static __always_inline void read_task_typed(struct rec_task* section, struct task_view* view) {
  const struct task_struct* task = TYPED(task_struct, (const void*)view->address);
  const __u64* comm = (const __u64*)task->comm;
  __u64* to = (__u64*)section->comm;

  section->pid = task->tgid;
  section->tid = task->pid;
  to[0] = comm[0];
  to[1] = comm[1];
  view->stack = (__u64)task->stack;
  view->flags = task->flags;
}

static __always_inline void read_task_by_address(struct rec_task* section, struct task_view* view) {
  __u64 ids = bpf_get_current_pid_tgid();

  section->pid = ids >> 32;
  section->tid = ids;
  bpf_get_current_comm(section->comm, sizeof(section->comm));
  READ_KERNEL(view->stack, task_struct, view->address, stack);
  READ_KERNEL(view->flags, task_struct, view->address, flags);
}

static __always_inline void read_task(struct rec_task* section, __u64 stack) {
  struct task_view view = {.address = bpf_get_current_task(), .comm = section->comm};

  __builtin_memset(section, 0, sizeof(*section));
  if (config.rdonly_cast)
    read_task_typed(section, &view);
  else
    read_task_by_address(section, &view);
  section->context = execution_context(&view, stack);
}

static __always_inline void fill_task(struct rec_task* section, const struct source* from) {
  read_task(section, hit_stack(from->packet, from->context, from->probe));
}

#endif
