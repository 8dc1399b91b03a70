/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a record is built, and how it gets to the reader. With our own rings (ring.h) both are the same memory: room is
 * reserved in the ring of this CPU, and once the record is complete its tag is set. With the kernel's ring buffers a
 * record is built in `scratch` and copied. Without room it is counted as lost.
 *
 * A wake-up is sent only where the reader had read everything and says that it sleeps; with the kernel's, by their own
 * rule, which is the same but for the saying. A reader that drains every millisecond gets none, or one per drain and
 * CPU.
 */
#ifndef SKBTRAIL_EMIT_H
#define SKBTRAIL_EMIT_H

#include "arch.h"
#include "scratch.h"

/* Room for an entry that was taken. */
struct room {
  __u32 ring;
  __u64 begin, end; /* positions */
  __u64 size;
};

#define RING_FULL (~0ULL)

/* Where an entry may begin, RING_FULL: nowhere. */
static __always_inline __u64 reservable(struct ring_ends* ends, __u64 size) {
  __u64 head = *(volatile __u64*)&ends->head;

  return head + size - *(volatile __u64*)&ends->tail > config.ring_bytes ? RING_FULL : head;
}

/* Another writer took what we wanted: an interrupt, or one of the few CPUs that share the ring. A function of its own,
 * hidden as handle() is: it is rarely called. */
__hidden __noinline __u64 reserve_next(__u64 ring, __u64 size) {
  struct ring_ends* ends = &ring_ends[ring & (SKBTRAIL_RINGS - 1)];
  __u64 head = RING_FULL;

#pragma unroll
  for (int tries = 0; tries < 4; tries++) {
    head = reservable(ends, size);
    if (head == RING_FULL) break;
    if (__sync_val_compare_and_swap(&ends->head, head, ring_after(head, size, config.segment_bits)) == head)
      return head;
  }
  return RING_FULL;
}

static __always_inline struct ring_entry* reserve(struct room* room, __u64 size) {
  struct ring_ends* ends;
  __u64 head, end;
  __u32 segment;
  __u8* bytes;

  HIDE_RANGE(size);
  room->size = size;
  room->ring = config.ring_of[bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1)] & (SKBTRAIL_RINGS - 1);
  ends = &ring_ends[room->ring];
  head = reservable(ends, size);
  end = ring_after(head, size, config.segment_bits);
  if (head != RING_FULL && __sync_val_compare_and_swap(&ends->head, head, end) != head) {
    head = reserve_next(room->ring, size);
    end = ring_after(head, size, config.segment_bits);
  }
  if (head == RING_FULL) return 0;
  HIDE_RANGE(head);
  HIDE_RANGE(end);
  room->begin = head;
  room->end = end;
  segment = ((__u64)room->ring * config.ring_bytes + (head & (config.ring_bytes - 1))) >> config.segment_bits;
  bytes = bpf_map_lookup_elem(&ring_segments, &segment);
  return bytes ? (struct ring_entry*)(bytes + ring_offset(head, config.segment_bits)) : 0;
}

/* Whoever finds the reader need_wakeup wakes it. A function of its own, hidden as handle() is: it is rarely called.
 */
__hidden __noinline int wake_reader(__u64 ring) {
  __u64 nothing = 0;
  __u32 slot = 0;
  void* bell;
  int result = 0;

  if (__sync_val_compare_and_swap(&ring_ends[ring & (SKBTRAIL_RINGS - 1)].need_wakeup, 1, 0) == 1) {
    bell = bpf_map_lookup_elem(&rings, &slot);
    /* Where there is no room the bell is still ringing. */
    if (bell) bpf_ringbuf_output(bell, &nothing, sizeof(nothing), BPF_RB_FORCE_WAKEUP);
  }
  asm volatile("" : "+r"(result));
  return result;
}

/* As if it had never been taken; not if another writer has reserved room after it meanwhile. */
static __always_inline bool discard(const struct room* room) {
  return __sync_val_compare_and_swap(&ring_ends[room->ring].head, room->end, room->begin) == room->end;
}

/* `record` bytes of it are the record; 0: there is none. */
static __always_inline void commit(const struct room* room, struct ring_entry* entry, __u64 record) {
  if (!record && discard(room)) return;
  entry->lengths = ring_lengths(room->size, record);
  PUBLISH(&entry->tag, ring_tag(room->begin, config.ring_secret));
  if (*(volatile __u32*)&ring_ends[room->ring].need_wakeup) wake_reader(room->ring);
}

static __always_inline void hand_to_kernel(struct rec_core* core, __u64 size) {
  __u32 slot = core->cpu;
  void* ring;

  if (slot >= config.ring_slots) slot = 0;
  ring = bpf_map_lookup_elem(&rings, &slot);
  if (!ring || bpf_ringbuf_output(ring, core, size, 0)) count_loss(REC_LOSS_RING);
}

/* Room for a record of so many bytes at most. `taken`: the hit has its slot of `scratch` already. */
static __always_inline struct ring_entry* begin_entry(struct room* room, __u32 program, __u64 record, bool taken) {
  if (!config.ring_slots) return reserve(room, ring_entry_for(record));
  return taken ? own_scratch(program) : take_scratch(program);
}

/* All conditions hold. A ring of our own that is closed has no losses. */
static __always_inline void count_no_entry(const struct room* room) {
  if (config.ring_slots) return count_loss(REC_LOSS_NESTED);
  if (*(volatile __u64*)&ring_ends[room->ring & (SKBTRAIL_RINGS - 1)].tail & RING_CLOSED) return;
  count_loss(REC_LOSS_RING);
}

/* `record` as in commit(). */
static __always_inline void end_entry(const struct room* room, struct ring_entry* entry, __u64 record) {
  if (!config.ring_slots) return commit(room, entry, record);
  if (record) hand_to_kernel((struct rec_core*)(entry + 1), record);
  entry->tag = 0;
}

/* A record that lies elsewhere. */
static __always_inline void emit(struct rec_core* core, __u64 size) {
  struct room room;
  struct ring_entry* entry;

  if (config.ring_slots) return hand_to_kernel(core, size);
  entry = reserve(&room, ring_entry_for(size));
  if (!entry) return count_no_entry(&room);
  bpf_probe_read_kernel(entry + 1, size, core);
  commit(&room, entry, size);
}

#endif
