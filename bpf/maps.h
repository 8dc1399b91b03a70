/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All maps and variables of the kernel side, in one place: what each holds, its key, and who sets its size. A size of 1
 * is that of a map that is not used; src/load and src/attach set it before loading, by the map's name.
 *
 *   both objects, the same maps            functions alone             tracepoints alone
 *   config, losses, targets                skb_copies                  shared_programs
 *   rings, their ends and segments         ip_hash_table
 *   scratch, gathered, stash, stacks       calls                       drops alone
 *   owned_inodes, owned_sockets, tasks                                 drop_rows, free_rows, drop_counts,
 *   follow_table, follow_hash, gate                                drop_memos, chosen_reasons
 */
#ifndef SKBTRAIL_MAPS_H
#define SKBTRAIL_MAPS_H

#include "config.h"
#include "drop_key.h"
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
  __uint(max_entries, 1);
  __type(key, __u32);
  __array(values, struct kernel_ring);
} rings SEC(".maps");

/*
 * One slot per program and CPU: where a record is built that the kernel's ring buffer will copy, and where packet bytes
 * are put that the packet filter cannot look at in place (filter.h). No lock is needed, because a program that is
 * running on a CPU cannot be entered again there: Linux 6.1 and later refuse it (commit 05b24ff9b2cf), and before that
 * tracepoints run with preemption off, so that only an interrupt can come between, and the tag, which is 1 meanwhile,
 * shows it; programs that are called by others (tracepoint.h) are not counted by the kernel, and are told by the tag,
 * too. Programs on kprobes of any kind exclude each other on a CPU (bpf_prog_active in kernel/trace/bpf_trace.c).
 *
 *   0            16                                   value size, set before loading
 *   | ring_entry | record, at most snaplen bytes of packet |
 */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, 8192); /* set before loading */
} scratch SEC(".maps");

/* Where fragments are copied to. One per CPU: a hit that interrupts another finds it busy. */
struct gathered {
  __u64 busy;
  __u8 bytes[SKBTRAIL_GATHERED_MAX];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct gathered);
} gathered SEC(".maps");

/* What a perf tracepoint's program puts aside for the typed one (section/args.h). One slot per probe and CPU. */
struct stash {
  __u64 full;
  __u64 task;
  __u8 bytes[];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(struct stash) + SKBTRAIL_ARGS_MAX); /* set before loading */
} stash SEC(".maps");

/* Whole stacks, by a hash of their addresses (section/stack.h). */
struct stack_frames {
  __u64 frames[REC_STACK_FRAMES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u64);
  __type(value, struct stack_frames);
} stacks SEC(".maps");

/* Where a stack is taken, one slot per probe and CPU as in `scratch`. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct stack_frames);
} stack_scratch SEC(".maps");

/* Sockets of wanted tasks, those used last: by the inode's number, and by struct sock (owner.h). */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1);
  __type(key, __u64);
  __type(value, __u8);
} owned_inodes SEC(".maps");

struct connection {
  __u64 addresses;
  __u64 ports;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1);
  __type(key, __u64);
  __type(value, struct connection);
} owned_sockets SEC(".maps");

/* The processes of a command (tasks.h), by their number: threads have it in common. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u8);
} tasks SEC(".maps");

/*
 * The packets that are followed, and those of stacks: struct follow_table (config.h) is the one element, which is of a
 * few bytes where nothing is followed.
 */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, 8); /* set before loading */
} follow_table SEC(".maps");

/* The packets that are followed, where the kernel has no atomic exchange (follow_hash.h). */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u64);
  __type(value, struct follow_value);
} follow_hash SEC(".maps");

/* The connections that are followed (conversation.h), by the addresses of both ends, in one order for both directions.
 * Those not used for longest make room for others. */
struct tuple {
  __u32 netns; /* inode number of the namespace; 0: the connection is followed at all */
  __be16 ports[2];
  __u32 ends[2][4]; /* addresses; of IPv4 the first words */
  __u8 protocol;
  __u8 family;
  __u8 pad[2];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1);
  __type(key, struct tuple);
  __type(value, __u8);
} conversations SEC(".maps");

/* Whether anything is followed: programs set it, and user space clears it. */
SEC(".bss.follow") struct follow_gate follow_gate = {};

#ifdef SKBTRAIL_DROPS

/* The number of the row of each key, and those that no key has yet (drop_count.h). */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, struct drop_key);
  __type(value, __u32);
} drop_rows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 1);
  __type(value, __u32);
} free_rows SEC(".maps");

/* Dropped packets by row, for each CPU by itself, so that CPUs do not wait for each other. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct drop_count);
} drop_counts SEC(".maps");

SEC(".bss.memos") struct drop_memos drop_memos[SKBTRAIL_CPUS] = {};

/* Drop reasons of --reason and --not-reason. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u8);
} chosen_reasons SEC(".maps");

#endif

#ifdef SKBTRAIL_FUNCTIONS

/* Longer than any kernel's struct sk_buff: 232 bytes, more with CONFIG options that no distribution sets. */
#define SKB_BYTES 512

struct skb_copy {
  __u8 bytes[SKB_BYTES];
};

/* One slot per program and CPU, as in `scratch`; one entry where skbs are typed. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct skb_copy);
} skb_copies SEC(".maps");

/* Filled before loading, and never changed. */
SEC(".bss.calls") struct ip_hash_table ip_hash_table = {};

/* By how many words the stack pointer at a return differed from the one at the entry, when one was found last; of so
 * many different ones. */
#define RETURN_PUSHES 4 /* a power of 2 */
SEC(".bss.returns") __u32 return_pushes = 0;

/*
 * Calls that were recorded and have not returned: what the record was, to be sent again with the result. Found by the
 * location of the return address on the stack, which no other call has meanwhile, and by the number of the probe: a
 * function that is jumped to from another's end has the same location.
 */
struct call_key {
  __u64 stack;
  __u64 number;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __uint(key_size, sizeof(struct call_key));
  __uint(value_size, 8192); /* set before loading */
} calls SEC(".maps");

#else

/* What tracepoints' own programs call (tracepoint.h). */
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, SKBTRAIL_SHARED);
  __type(key, __u32);
  __type(value, __u32);
} shared_programs SEC(".maps");

#endif

#endif
