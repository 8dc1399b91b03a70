/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * x86-64: by the stack. Softirqs and interrupts run on a stack of their CPU's, with two exceptions:
 *
 *   ksoftirqd serves softirqs on its own task's stack;
 *   an interrupt out of user mode, and the softirq at its end, run on the interrupted task's kernel stack, which is
 * empty then (arch/x86/include/asm/irq_stack.h). The registers saved at the top of that stack tell it: every entry but
 * a system call sets orig_ax to -1 (arch/x86/entry/entry_64.S, idtentry_body; entry_fred.c).
 *
 * Softirq and hardirq cannot be told apart in this way. The preempt count, which would say it exactly, is a per-CPU
 * variable that programs reach only where kallsyms lists variables (CONFIG_KALLSYMS_ALL); on other kernels an object
 * that mentions it is refused whole.
 */
#ifndef SKBTRAIL_ARCH_X86_H
#define SKBTRAIL_ARCH_X86_H

#define THREAD_SIZE 16384                 /* arch/x86/include/asm/page_64_types.h, without KASAN */
#define KSOFTIRQD   0x71726974666f736bULL /* "ksoftirq", the first eight bytes of the name */

struct pt_regs {
  unsigned long orig_ax;
  unsigned long sp;
  unsigned long ss; /* the last one */
} __attribute__((preserve_access_index));

/* Offsets into the saved registers (struct pt_regs of uapi/asm/ptrace.h) that hold integer arguments, by the calling
 * convention of the kernel; what a function returns; the stack pointer; where the program was called. */
#define REGISTER_ARG_0  "112" /* rdi */
#define REGISTER_ARG_1  "104" /* rsi */
#define REGISTER_ARG_2  "96"  /* rdx */
#define REGISTER_ARG_3  "88"  /* rcx */
#define REGISTER_ARG_4  "72"  /* r8 */
#define REGISTER_ARG_5  "64"  /* r9 */
#define REGISTER_RESULT "80"  /* rax */
#define REGISTER_STACK  "152" /* rsp */
#define REGISTER_IP     "128" /* rip */

/* A call leaves the return address on the stack, and a return takes it away. */
#define RETURN_ADDRESS_BYTES 8

/* Stores a word after all that was stored before, for another CPU that reads it first: stores are never seen in
 * another order. */
#define PUBLISH(word, value)            \
  do {                                  \
    asm volatile("" ::: "memory");      \
    *(volatile __u64*)(word) = (value); \
  } while (0)

/* Whether a pointer could be one of the kernel's: with four levels of page tables and with five the upper bits are set.
 * Others, where they are not canonical, would fault as no bad address of the kernel does: a load of one costs a
 * microsecond, though it yields zero in the end. */
static __always_inline bool is_kernel_address(__u64 address) {
  return address >> 56 == 0xff;
}

static __always_inline __u64 stack_pointer(__u64 registers) {
  __u64 pointer = 0;

  READ_KERNEL(pointer, pt_regs, registers, sp);
  return pointer;
}

/* They are on the stack, above the return address; of a function with any number of arguments as well (System V ABI,
 * 3.2.3 and 3.5.7). */
static __always_inline __u64 late_argument(const __u64* registers, __u8 position) {
  __u64 stack, value = 0;

  LOAD_REGISTER(stack, registers, REGISTER_STACK);
  bpf_probe_read_kernel(&value, sizeof(value), (const void*)(stack + RETURN_ADDRESS_BYTES + (position - 6) * 8));
  return value;
}

/* The registers that the task's way into the kernel saved. */
static __always_inline long entry_orig_ax(const struct task_view* task) {
  long orig_ax = -1;

  if (config.rdonly_cast) {
    struct task_struct* current = (void*)bpf_get_current_task_btf();
    return ((struct pt_regs*)bpf_task_pt_regs((void*)current))->orig_ax;
  }
  /* Before 6.2 the registers end where the stack does; the padding of FRED came with 6.9. */
  READ_KERNEL(orig_ax, pt_regs, task->stack + THREAD_SIZE - bpf_core_type_size(struct pt_regs), orig_ax);
  return orig_ax;
}

static __always_inline __u8 execution_context(const struct task_view* task, __u64 stack) {
  if (task->flags & PF_KTHREAD) {
    if (*(const __u64*)task->comm == KSOFTIRQD) return REC_CONTEXT_SOFTIRQ;
  } else if (entry_orig_ax(task) == -1) {
    return REC_CONTEXT_INTERRUPT;
  }
  if (!task->stack || !stack) return REC_CONTEXT_UNKNOWN;
  return stack - task->stack < THREAD_SIZE ? REC_CONTEXT_PROCESS : REC_CONTEXT_INTERRUPT;
}

#endif
