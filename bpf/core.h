/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What every step uses: configuration, maps, the scratch space a record is built in, loss counters, typed pointers.
 */
#ifndef SKBTRAIL_CORE_H
#define SKBTRAIL_CORE_H

#include "config.h"
#include "kernel_types.h"
#include "ring.h"

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Read-only once loaded: the verifier folds every value. */
SEC(".rodata.config") const volatile struct skbtrail_config config = {};

/* Mapped by user space, which reads it when no record came after a loss. */
SEC(".bss.losses") struct cpu_losses cpu_losses[SKBTRAIL_CPUS] = {};

/* Mapped by user space, which writes it. */
SEC(".bss.targets") struct targets targets = {};

/* The ends of our own rings (ring.h), mapped by user space. */
SEC(".bss.rings") struct ring_ends ring_ends[SKBTRAIL_RINGS] = {};

/* Their segments: those of the first ring, those of the second, ... Made and mapped by user space. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1); /* a template only */
  __uint(key_size, sizeof(__u32));
  __uint(value_size, 8192); /* set before loading */
} ring_segments SEC(".maps");

struct kernel_ring {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096); /* a template only: user space makes them */
};

/* Where the kernel's ring buffers serve, one slot per possible CPU; CPUs that were offline at the start share the one
 * of another. Else the first slot is the bell, which wakes the reader. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 1); /* set before loading */
  __type(key, __u32);
  __array(values, struct kernel_ring);
} rings SEC(".maps");

/*
 * Where a record is built that the kernel's ring buffer will copy: one slot per program and CPU. No lock is needed,
 * because a program that is running on a CPU cannot be entered again there: Linux 6.1 and later refuse it (commit
 * 05b24ff9b2cf), and before that tracepoints run with preemption off, so that only an interrupt can come between, and
 * the tag, which is 1 meanwhile, shows it. Programs on kprobes of any kind exclude each other on a CPU
 * (bpf_prog_active in kernel/trace/bpf_trace.c).
 *
 *   0            16                                   value size, set before loading
 *   | ring_entry | record, at most snaplen bytes of packet |
 */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1); /* set before loading, where it is used */
  __uint(key_size, sizeof(__u32));
  __uint(value_size, 8192); /* the same */
} scratch SEC(".maps");

static __always_inline void count_loss(enum rec_loss cause) {
  __u32 cpu = bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1);
  __sync_fetch_and_add(&cpu_losses[cpu].lost[cause], 1);
}

static __always_inline void count_other(enum other_count what) {
  __u32 cpu = bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1);
  __sync_fetch_and_add(&cpu_losses[cpu].others[what], 1);
}

static void* (*const bpf_rdonly_cast)(const void* object, __u32 btf_id) = (void*)KERNEL_RDONLY_CAST;

/*
 * A pointer that may be NULL or stale. From 6.2 on the verifier trusts tracepoint arguments and some of what they point
 * to: it removes checks for NULL and lets the program read without fault handling. The cast takes that trust away, so
 * that a bad pointer reads as zeros. Before 6.2 there is neither the trust nor the cast.
 */
#define TYPED(type, pointer) \
  ((struct type*)(config.rdonly_cast ? bpf_rdonly_cast((pointer), config.types.type) : (void*)(pointer)))

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

/* Neither NULL nor an error in a pointer's place. */
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

/*
 * A field of a device, a socket or a namespace. In programs on tracepoints the verifier knows the type of every
 * pointer; in those on functions only where it can be told with a cast, else each field is read by address.
 */
#ifdef SKBTRAIL_FUNCTIONS
#define LOAD(object, field)                                              \
  ({                                                                     \
    const __typeof__(*(object))* object_ = (object);                     \
    config.rdonly_cast ? object_->field : BPF_CORE_READ(object_, field); \
  })
#else
#define LOAD(object, field) ((object)->field)
#endif

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

/* A kernel struct at an address that is not typed. For rare steps: a typed load is four times cheaper. */
#define READ_KERNEL(destination, type, address, field)       \
  bpf_probe_read_kernel(&(destination), sizeof(destination), \
                        (const void*)((address) + bpf_core_field_offset(struct type, field)))

#endif
