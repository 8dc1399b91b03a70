/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tasks of a command (match_tasks): the event counts if the task on the CPU is one of its processes, whatever the
 * CPU does in between. That is how events of a task are counted by perf, which schedules them with the task: what a
 * softirq does on the task's time is its event as well.
 *
 * User space puts the command into the table before it is executed. What it forks is added here, so nothing is read
 * from /proc and no fork is missed. A process leaves the table when its task is freed, which is after its last event
 * and before its number comes again.
 *
 * In a PID namespace of its own user space knows other numbers than the kernel does. It puts them in with a bit that no
 * number has, and the process is there by the kernel's number from its first hit on (Linux 5.7).
 */
#ifndef SKBTRAIL_TASKS_H
#define SKBTRAIL_TASKS_H

#include "core.h"

/* Whether user space named the task on the CPU. Another thread of it may be asked the same at the same time. Out of the
 * program for its stack; hidden as handle() is. */
__hidden __noinline int match_named_task(void) {
  struct bpf_pidns_info numbers = {};
  __u32 process = bpf_get_current_pid_tgid() >> 32, named;
  __u8 yes = 1;
  int result = 0;

  if (!bpf_get_ns_current_pid_tgid(config.pidns_device, config.pidns_inode, &numbers, sizeof(numbers))) {
    named = numbers.tgid | SKBTRAIL_TASK_OF_NAMESPACE;
    if (bpf_map_lookup_elem(&tasks, &named)) {
      if (bpf_map_update_elem(&tasks, &process, &yes, BPF_ANY)) count_other(COUNT_TASKS_SKIPPED);
      bpf_map_delete_elem(&tasks, &named);
      result = 1;
    } else {
      result = bpf_map_lookup_elem(&tasks, &process) != 0;
    }
  }
  asm volatile("" : "+r"(result));
  return result;
}

static __always_inline bool match_current(void) {
  __u32 process;

  if (!config.match_tasks) return true;
  process = bpf_get_current_pid_tgid() >> 32;
  if (bpf_map_lookup_elem(&tasks, &process)) return true;
  return config.pidns_inode && match_named_task();
}

/* Arguments: the parent, which is the task on the CPU, and its child. */
SEC("?tp_btf") int tasks_fork(const __u64* context) {
  const struct task_struct* child = (const void*)context[1];
  __u32 process;
  __u8 yes = 1;

  if (!match_current()) return 0;
  process = child->tgid;
  if (bpf_map_update_elem(&tasks, &process, &yes, BPF_ANY)) count_other(COUNT_TASKS_SKIPPED);
  return 0;
}

SEC("?tp_btf") int tasks_free(const __u64* context) {
  const struct task_struct* task = (const void*)context[0];
  __u32 process = task->tgid;

  /* The leader is freed after all other threads. */
  if (task->pid == task->tgid) bpf_map_delete_elem(&tasks, &process);
  return 0;
}

#endif
