/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tasks of a command (match_tasks): the event counts if the task on the CPU is one of its processes, whatever the
 * CPU does in between. That is how events of a task are counted by perf, which schedules them with the task: what a
 * softirq does on the task's time is its event as well.
 *
 * User space puts the command into the table before it is executed. What it forks is added here, so nothing is read
 * from /proc and no fork is missed. A process leaves the table when its task is freed, which is after its last event
 * and before its number comes again.
 */
#ifndef SKBTRAIL_TASKS_H
#define SKBTRAIL_TASKS_H

#include "core.h"

static __always_inline bool match_current(void) {
  __u32 process;

  if (!config.match_tasks) return true;
  process = bpf_get_current_pid_tgid() >> 32;
  return bpf_map_lookup_elem(&tasks, &process);
}

/* Arguments: the parent, which is the task on the CPU, and its child. */
SEC("?tp_btf/sched_process_fork") int tasks_fork(const __u64* context) {
  const struct task_struct* child = (const void*)context[1];
  __u32 process;
  __u8 yes = 1;

  if (!match_current()) return 0;
  process = child->tgid;
  if (bpf_map_update_elem(&tasks, &process, &yes, BPF_ANY)) count_other(COUNT_TASKS_LEFT_OUT);
  return 0;
}

SEC("?tp_btf/sched_process_free") int tasks_free(const __u64* context) {
  const struct task_struct* task = (const void*)context[0];
  __u32 process = task->tgid;

  /* The leader is freed behind all other threads. */
  if (task->pid == task->tgid) bpf_map_delete_elem(&tasks, &process);
  return 0;
}

#endif
