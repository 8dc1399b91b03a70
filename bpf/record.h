/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record: what the kernel side writes for one event and what user space reads. This header is the only
 * description of the layout; BPF C and C++ both include it.
 *
 * A newcomer's mistake: a record has no length field. Its length is that of the ring entry it came in, to the byte;
 * packet bytes come last, and are all that is left.
 *
 *   +--------------------+ 0
 *   | struct rec_core    |            always
 *   +--------------------+ sizeof(struct rec_core)
 *   | section            |            present if core.sections has its bit; in the order of the table in sections.h;
 *   | section            |            every section's size is a multiple of 8
 *   | ...                |
 *   +--------------------+
 *   | packet bytes       |            from start_layer's first byte to the end
 *   +--------------------+
 *
 * All integers are in the byte order of the host that was traced, except where a field says big-endian.
 */
#ifndef SKBTRAIL_RECORD_H
#define SKBTRAIL_RECORD_H

#include "sections.h"

/* Why an event was lost. Each CPU counts for itself; every record carries the running counts of its CPU. */
enum rec_loss {
  REC_LOSS_RING = 0,       /* the ring of this CPU was full */
  REC_LOSS_CALLS = 1,      /* the table of entered calls was full, so the return of one is not seen */
  REC_LOSS_UNFILTERED = 2, /* as the first or the last, and some condition had not been evaluated yet: the event may not
                              have been asked for */
  REC_LOSS_NESTED = 3,     /* a probe was hit again on this CPU before it had ended; only before Linux 6.1, later
                              kernels skip such hits themselves and count them in recursion_misses */
  REC_LOSS_CAUSES = 4,
};

/* Where the packet bytes begin. */
enum rec_start {
  REC_START_NONE = 0,    /* no bytes */
  REC_START_LINK = 2,    /* at the link-layer header */
  REC_START_NETWORK = 3, /* at the network header; `protocol` says of which kind */
};

enum rec_flag {
  REC_FLAG_SKB_NOT_OWNED = 1 << 0, /* the skb may be another's by now: only its address is known; with address 0
                                 the probe has no skb */
  REC_FLAG_SYNTHESIZED = 1 << 1,   /* the skb has no headers yet; the bytes were made from socket and control block */
  REC_FLAG_VLAN = 1 << 2,          /* vlan_proto and vlan_tci hold a tag that is not in the bytes */
  REC_FLAG_NONLINEAR = 1 << 3,     /* part of the packet is in page fragments, beyond the bytes that can be shown */
  REC_FLAG_NO_READ = 1 << 4,       /* the bytes could not be read (fault) */
  REC_FLAG_LEN = 1 << 5,           /* len is known */
  REC_FLAG_MARK = 1 << 6,          /* mark is known */
  REC_FLAG_INDETERMINATE = 1 << 7, /* the packet filter needs bytes in page fragments that this kernel does not let it
                                  read, or asks for the direction (REC_FLAG_DIRECTION), so the event may not be one
                                  that was asked for */
  REC_FLAG_RETURN = 1 << 8,     /* a traced function returned; all but time, CPU, losses and result is what it was when
                                   the function was entered */
  REC_FLAG_ENTERED = 1 << 9,    /* a function was entered whose return is waited for: the result is not known yet */
  REC_FLAG_UNWRITTEN = 1 << 10, /* headers are not written yet: all of them, where there are no bytes; with MADE_HEADERS
                                   the transport header, made of socket and flow; else the IP header's length and
                                   checksum, instead of which are skb->len's and 0 */
  REC_FLAG_DIRECTION = 1 << 12, /* UNDECIDED: the filter holds for one direction alone, and the packet's is not known */
  REC_FLAG_PKT_TYPE = 1 << 11,  /* pkt_type is known though the skb is not: another program's capture says it */
};

struct rec_core {
  __u64 time_ns; /* CLOCK_MONOTONIC */
  __u64 skb;     /* address */
  __u64 sk;      /* address of the socket, 0: none */
  __u32 lost[REC_LOSS_CAUSES];
  __u32 len;   /* skb->len, bytes */
  __u32 mark;  /* skb->mark */
  __u16 probe; /* index into the session's probes */
  __u16 cpu;
  __u16 flags;          /* enum rec_flag */
  __u16 protocol;       /* skb->protocol, big-endian; 0 where not set yet */
  __u32 sections;       /* enum rec_section */
  __u16 vlan_proto;     /* big-endian */
  __u16 vlan_tci;       /* host order */
  __u16 network_offset; /* of the network header, from the start of the bytes; 0xffff: unknown */
  __u8 start_layer;     /* enum rec_start */
  __u8 pkt_type;        /* skb->pkt_type: PACKET_HOST, ... */
  __u32 wire_len;       /* length of the packet from the start of the bytes, in skb and fragments; 0: unknown */
};

/* Where a section begins that a record has beside `sections`; of those in front of it none is counted. */
static inline __u32 rec_offset_of(__u32 sections, __u32 section) {
  __u32 offset = sizeof(struct rec_core);

#define REC_STEP(bit, NAME, name, tail, of)         \
  if (section == REC_SECTION_##NAME) return offset; \
  if (sections & REC_SECTION_##NAME) offset += sizeof(struct rec_##name);
  REC_SECTIONS(REC_STEP)
#undef REC_STEP
  return offset;
}

#endif
