/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every step uses: counters, numbers and pointers as the verifier should see them, names that match a pattern.
 */
#ifndef SKBTRAIL_CORE_H
#define SKBTRAIL_CORE_H

#include "kernel_differences.h"

static __always_inline void count_loss(enum rec_loss cause) {
  __u32 cpu = bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1);
  __sync_fetch_and_add(&cpu_losses[cpu].lost[cause], 1);
}

static __always_inline void count_other(enum other_count what) {
  __u32 cpu = bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1);
  __sync_fetch_and_add(&cpu_losses[cpu].others[what], 1);
}

/*
 * Takes from the verifier what it knows of a number. Ways through a program that differ only in such knowledge are then
 * one to it, and what follows is verified once and not once for each of them. What is added is zero, but the difference
 * of two pointers is any number to every verifier (adjust_reg_min_max_vals in kernel/bpf/verifier.c).
 */
#define HIDE_RANGE(number)                                                      \
  do {                                                                          \
    __u64 zero_;                                                                \
    asm volatile("%1 = r10\n%1 -= r10\n%0 += %1" : "+r"(number), "=&r"(zero_)); \
  } while (0)
#define HIDDEN_RANGE(value)  \
  ({                         \
    __u64 number_ = (value); \
    HIDE_RANGE(number_);     \
    number_;                 \
  })

/* A register with a pointer as one with a number. Of a constant, NULL, some verifiers (6.18) know what it is
 * afterwards. */
#define POINTER_TO_NUMBER(number) asm volatile("%0 = be64 %0\n%0 = be64 %0" : "+r"(number))

/*
 * A pointer as a number. Needed where the verifier believes in a pointer more than we do, and takes a check for NULL
 * out of the program as one that never holds.
 */
static __always_inline __u64 as_number(const void* pointer) {
  __u64 number = (__u64)pointer;

  POINTER_TO_NUMBER(number);
  return number;
}

/* Neither NULL nor an error pointer. */
static __always_inline bool is_object(__u64 number) {
  return number - 1 < (__u64)-4096;
}

/* A typed pointer that may be NULL and one that is not are the same to the verifier from here on. */
#define MERGE_STATES(type, pointer)                  \
  do {                                               \
    __u64 number_ = (__u64)(pointer);                \
    if (config.rdonly_cast) {                        \
      POINTER_TO_NUMBER(number_);                    \
      HIDE_RANGE(number_);                           \
      (pointer) = TYPED(type, (const void*)number_); \
    }                                                \
  } while (0)

/* Whether a name of at most 15 bytes is of a pattern; bpf/config.h draws the automaton. */
static __always_inline bool match_glob(const volatile struct glob_automaton* glob, const char* name) {
  __u64 states = glob->begin;

  for (int i = 0; i < SKBTRAIL_COMM; i++) {
    __u8 byte = name[i];

    if (!byte) break;
    states = glob_step(states, glob->stays, glob->next[byte]);
  }
  return states & glob->end;
}

#endif
