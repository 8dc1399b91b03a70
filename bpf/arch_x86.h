/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * x86-64: by the stack. Interrupts and softirqs run on a stack of their CPU's (do_softirq_own_stack), with one
 * exception: ksoftirqd serves softirqs on its own task's stack. Softirq and hardirq cannot be told apart in this way.
 *
 * The preempt count, which would say it exactly, is a per-CPU variable that programs reach only where kallsyms lists
 * variables (CONFIG_KALLSYMS_ALL); on other kernels an object that mentions it is refused whole.
 */
#ifndef SKBTRAIL_ARCH_X86_H
#define SKBTRAIL_ARCH_X86_H

#define THREAD_SIZE 16384                 /* arch/x86/include/asm/page_64_types.h, without KASAN */
#define KSOFTIRQD   0x71726974666f736bULL /* "ksoftirq", the first eight bytes of the name */

static __always_inline __u8 execution_context(const struct task_view* task, __u64 stack) {
  if ((task->flags & PF_KTHREAD) && *(const __u64*)task->comm == KSOFTIRQD) return REC_CONTEXT_SOFTIRQ;
  if (!task->stack || !stack) return REC_CONTEXT_UNKNOWN;
  return stack - task->stack < THREAD_SIZE ? REC_CONTEXT_PROCESS : REC_CONTEXT_INTERRUPT;
}

#endif
