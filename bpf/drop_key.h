/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `drop --table` counts dropped packets by, in the kernel. Shared by BPF C and C++; a key has no padding, for it
 * is hashed whole.
 */
#ifndef SKBTRAIL_DROP_KEY_H
#define SKBTRAIL_DROP_KEY_H

#include <linux/types.h>

#define SKBTRAIL_NO_NEXT_HEADER 255 /* IANA reserves it */

/* What of a packet tells a false alarm from a drop (src/event/benign.h), as far as the kernel side looks. */
enum drop_trait {
  DROP_HAS_REASON = 1 << 0,
  DROP_COPIED_REPLY = 1 << 1,      /* an answer to a ping, of which there are copies */
  DROP_ONLY_ACKNOWLEDGES = 1 << 2, /* TCP to this host without SYN and payload */
  DROP_TIME_WAIT = 1 << 3,         /* the kernel says that the socket it was for is in TIME_WAIT */
  DROP_INDETERMINATE = 1 << 4,     /* the packet filter could not tell whether it is asked for */
  DROP_OTHER = 1 << 7,             /* no drops in particular: those that found no row; the rest of the key is zero */
};

struct drop_key {
  __u64 location; /* the code that freed it */
  __u64 name[2];  /* of the device, padded with zeros; all zeros: there is none */
  __u32 reason;
  __u32 netns;      /* 0: unknown */
  __u32 ifindex;    /* 0: there is no device */
  __u16 protocol;   /* Ethernet type, in host order; 0: unknown */
  __u8 next_header; /* of IP, after extension headers */
  __u8 traits;      /* enum drop_trait */
};

/* The row of all drops that found none. */
#define SKBTRAIL_OTHER_DROPS 0

/* Rows that a CPU found before, by a hash of their keys: what is dropped, is dropped again. */
#define SKBTRAIL_MEMO_BITS 3

struct drop_memo {
  struct drop_key key;
  __u32 row; /* 0: none */
  __u32 pad;
};

struct drop_memos {
  struct drop_memo of[1 << SKBTRAIL_MEMO_BITS];
};

struct drop_count {
  __u64 packets;
  __u64 bytes; /* skb->len */
};

/* Which reasons are counted. */
enum reason_choice {
  REASONS_ALL = 0,
  REASONS_CHOSEN = 1,     /* those of the map */
  REASONS_NOT_CHOSEN = 2, /* all others */
};

#endif
