/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which context the CPU is in. Every architecture tells it elsewhere; each has a file of its own with these:
 *
 *   __u8 execution_context(const struct task_view* task, __u64 stack)      enum rec_context
 *
 *   __u64 stack_pointer(__u64 registers)      of a struct pt_regs
 *
 *   __u64 late_argument(const __u64* registers, __u8 position)      at a function's entry, from the seventh (6) on
 *
 *   REGISTER_...                              where saved registers hold what, see arch_x86.h
 *
 * `stack` is an address on the stack that this program was called on.
 */
#ifndef SKBTRAIL_ARCH_H
#define SKBTRAIL_ARCH_H

#include "core.h"

/* What is needed of the task on the CPU. */
struct task_view {
  __u64 address;
  __u64 stack; /* the lower end of its kernel stack */
  __u32 flags; /* PF_* */
  const char* comm;
};

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

#define LOAD_REGISTER(value, registers, offset) \
  asm volatile("%0 = *(u64 *)(%1 + " offset ")" : "=r"(value) : "r"(registers))

#if defined(__TARGET_ARCH_x86)
#include "arch_x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arch_arm64.h"
#else
#error "arch.h: say for this architecture how to tell the context"
#endif

#endif
