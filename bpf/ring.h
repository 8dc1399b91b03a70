/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings through which records go to user space where the kernel has what they take (Linux 6.2; before that the
 * kernel's own ring buffers serve). A ring belongs to one CPU, and nothing is locked and nothing copied: a record is
 * built where it will be read. This header is the only description of the layout; BPF C and C++ both include it.
 *
 * All rings lie in one array that user space maps. A ring is so many segments in a row, each with room after it for
 * the entry that begins last, so that every entry is in one piece:
 *
 *      segment 0                          segment 1                                 of one ring
 *   | entry | entry | ...   | entry  ..|..| entry | ...                   |....|
 *   |<------ 1 << segment_bits ----->| room |
 *
 *   entry:  | tag | lengths | record, padded to 8 |
 *
 * A position counts the bytes from the first entry of all on, and only grows; what is left of a segment that ends is
 * counted, too. The tag is set when the record is complete: it says at which position the entry is, in a way that
 * no packet can guess, so that it is told from whatever an earlier round or a packet left at that position. The reader
 * needs to know nothing of the writer but tags, and writes nothing to the segments: memory that both write to goes to
 * and fro between their CPUs.
 *
 *   tail                                  head
 *    |                                     |
 *    v                                     v
 *   | complete | complete | being written | what was there before ...
 *
 * At the end of a run the reader closes a ring: it is full from then on, whatever is read, and what finds no room is
 * not lost, for it is of after the end.
 *
 * Several programs may write to one ring at the same time: one in an interrupt of another, and those of a CPU that came
 * online after the start. Each takes its room with one atomic step. A record's length of 0: there is none after all.
 */
#ifndef SKBTRAIL_RING_H
#define SKBTRAIL_RING_H

#include <linux/types.h>

#define SKBTRAIL_RINGS 1024         /* a power of two */
#define RING_CLOSED    (1ULL << 63) /* larger than any position: a head is as far before it as no ring has bytes */

struct ring_entry {
  __u64 tag;     /* ring_tag() of its position */
  __u64 lengths; /* ring_lengths() */
};

/* What the two sides tell each other of a ring. Each writes to a cache line of its own, and both may be late to see it:
 * a tail that is too low makes the ring look fuller than it is. */
struct ring_ends {
  __u64 head; /* programs: where the next entry will be */
  __u64 pad[7];
  __u64 tail;        /* the reader: all before this was read; with RING_CLOSED at the end */
  __u32 need_wakeup; /* the reader sets it and wants the bell to be rung; who rings it sets it to 0 */
  __u32 pad_after[13];
};

/* `secret`: a random number of the session's own. */
static inline __u64 ring_tag(__u64 position, __u64 secret) {
  return position ^ secret;
}

/*   | record's length | entry's length |
 *   63               32                0 */
static inline __u64 ring_lengths(__u32 entry, __u32 record) {
  return (__u64)record << 32 | entry;
}

static inline __u32 ring_entry_length(__u64 lengths) {
  return (__u32)lengths;
}

static inline __u32 ring_record_length(__u64 lengths) {
  return (__u32)(lengths >> 32);
}

/* Of an entry whose record has so many bytes. */
static inline __u64 ring_entry_for(__u64 record) {
  return (sizeof(struct ring_entry) + record + 7) & ~7ULL;
}

/* Where an entry at `position` is in its segment. */
static inline __u64 ring_offset(__u64 position, __u32 segment_bits) {
  return position & ((1ULL << segment_bits) - sizeof(__u64));
}

/* The position after an entry: where it ends, or the next segment, if this one has ended. */
static inline __u64 ring_after(__u64 position, __u64 entry, __u32 segment_bits) {
  __u64 segment = 1ULL << segment_bits;

  if (ring_offset(position, segment_bits) + entry < segment) return position + entry;
  return (position | (segment - 1)) + 1;
}

#endif
