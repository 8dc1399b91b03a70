/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * arm64: by the preempt count in the task's thread_info (arch/arm64/include/asm/thread_info.h), whose layout is the
 * same everywhere (include/linux/preempt.h):
 *
 *   bits  8-15  softirq: bit 8 while one is served, from bit 9 on the depth of local_bh_disable
 *   bits 16-19  hard interrupt
 */
#ifndef SKBTRAIL_ARCH_ARM64_H
#define SKBTRAIL_ARCH_ARM64_H

#define SOFTIRQ_SERVED 0x00000100u
#define HARDIRQ_MASK   0x000f0000u

/* See arch_x86.h; struct user_pt_regs of uapi/asm/ptrace.h. */
#define REGISTER_ARG_0  "0"
#define REGISTER_ARG_1  "8"
#define REGISTER_ARG_2  "16"
#define REGISTER_ARG_3  "24"
#define REGISTER_ARG_4  "32"
#define REGISTER_ARG_5  "40"
#define REGISTER_ARG_6  "48"
#define REGISTER_ARG_7  "56"
#define REGISTER_RESULT "0"
#define REGISTER_STACK  "248" /* sp */
#define REGISTER_IP     "256" /* pc */

#define RETURN_ADDRESS_BYTES 16 /* no return address is there, but frames are aligned so */

/* See arch_x86.h. An atomic step that returns something is a full barrier (Documentation/atomic_t.txt). */
#define PUBLISH(word, value) ((void)__sync_lock_test_and_set((word), (value)))

/* Whether a pointer could be one of the kernel's: bit 55 says which page tables it goes by; what is above may be a tag.
 */
static __always_inline bool is_kernel_address(__u64 address) {
  return address >> 55 & 1;
}

/* The stack pointer is after the 31 general registers (arch/arm64/include/asm/ptrace.h). */
static __always_inline __u64 stack_pointer(__u64 registers) {
  __u64 pointer = 0;

  bpf_probe_read_kernel(&pointer, sizeof(pointer), (const void*)(registers + 31 * sizeof(__u64)));
  return pointer;
}

/* Two more are in registers, the others on the stack, each in eight bytes; of a function with any number of arguments
 * as well (AAPCS64, 6.8.2). */
static __always_inline __u64 late_argument(const __u64* registers, __u8 position) {
  __u64 stack, value = 0;

  if (position == 6) {
    LOAD_REGISTER(value, registers, REGISTER_ARG_6);
  } else if (position == 7) {
    LOAD_REGISTER(value, registers, REGISTER_ARG_7);
  } else {
    LOAD_REGISTER(stack, registers, REGISTER_STACK);
    bpf_probe_read_kernel(&value, sizeof(value), (const void*)(stack + (position - 8) * 8));
  }
  return value;
}

static __always_inline __u8 execution_context(const struct task_view* task, __u64 stack) {
  __u32 count;

  (void)stack;
  if (READ_KERNEL(count, task_struct, task->address, thread_info.preempt.count)) return REC_CONTEXT_UNKNOWN;
  if (count & HARDIRQ_MASK) return REC_CONTEXT_HARDIRQ;
  if (count & SOFTIRQ_SERVED) return REC_CONTEXT_SOFTIRQ;
  return REC_CONTEXT_PROCESS;
}

#endif
