/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record: what the kernel side writes for one event and what user space reads. This header is the only
 * description of the layout; BPF C and C++ both include it.
 *
 * A newcomer's mistake: a record has no length field. Its length is that of the ring entry it came in; packet bytes
 * come last, and there are `caplen` of them.
 *
 *   +--------------------+ 0
 *   | struct rec_core    |            always
 *   +--------------------+ sizeof(struct rec_core)
 *   | section, bit 0     |            present if core.sections has the bit; in the order of the bits;
 *   | section, bit 1     |            every section's size is a multiple of 8
 *   | ...                |
 *   +--------------------+
 *   | packet bytes       |            caplen bytes, from start_layer's first byte on
 *   +--------------------+
 *
 * All integers are in the byte order of the host that was traced, except where a field says big-endian.
 */
#ifndef SKBTRAIL_RECORD_H
#define SKBTRAIL_RECORD_H

#include <linux/types.h>

/* Why an event was lost. Each CPU counts for itself; every record carries the running counts of its CPU. */
enum rec_loss {
  REC_LOSS_RING = 0,       /* the ring of this CPU was full */
  REC_LOSS_TRACK = 1,      /* the table of calls was full, so the return of one is not seen */
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
  REC_FLAG_SKB_GONE = 1 << 0,     /* the skb may be somebody else's by now: only its address is known; with address 0
                                     the probe has no skb */
  REC_FLAG_MADE_HEADERS = 1 << 1, /* the skb has no headers yet; the bytes were made from socket and control block */
  REC_FLAG_VLAN = 1 << 2,         /* vlan_proto and vlan_tci hold a tag that is not in the bytes */
  REC_FLAG_NONLINEAR = 1 << 3,    /* part of the packet is in page fragments, beyond the bytes that can be shown */
  REC_FLAG_NO_READ = 1 << 4,      /* the bytes could not be read (fault) */
  REC_FLAG_LEN = 1 << 5,          /* len is known */
  REC_FLAG_MARK = 1 << 6,         /* mark is known */
  REC_FLAG_UNDECIDED = 1 << 7,    /* the packet filter needs bytes in page fragments that this kernel does not let it
                                     read, so the event may not be one that was asked for */
  REC_FLAG_RETURN = 1 << 8,     /* a traced function returned; all but time, CPU, losses and result is what it was when
                                   the function was entered */
  REC_FLAG_ENTERED = 1 << 9,    /* a function was entered whose return is waited for: the result is not known yet */
  REC_FLAG_UNWRITTEN = 1 << 10, /* headers are not written yet: all of them, where there are no bytes; with MADE_HEADERS
                                   the transport header, made of socket and flow; else the IP header's length and
                                   checksum, in the place of which stand skb->len's and 0 */
  REC_FLAG_PKT_TYPE = 1 << 11,  /* pkt_type is known though the skb is not: another program's capture says it */
};

/* Bits of rec_core.sections, and the order in which the sections stand. */
enum rec_section {
  REC_SECTION_DEVICE = 1 << 0,
  REC_SECTION_TASK = 1 << 1,
  REC_SECTION_DROP = 1 << 2,
  REC_SECTION_RESULT = 1 << 3,
  REC_SECTION_SKB = 1 << 4,
  REC_SECTION_ARGS = 1 << 5, /* struct rec_args and the bytes behind it */
  REC_SECTION_CALLER = 1 << 6,
  REC_SECTION_STACK = 1 << 7,
  REC_SECTION_BYTES = 1 << 15, /* caplen bytes at the end; its size is not fixed */
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
  __u16 sections;       /* enum rec_section */
  __u16 flags;          /* enum rec_flag */
  __u16 protocol;       /* skb->protocol, big-endian; 0 where not set yet */
  __u16 vlan_proto;     /* big-endian */
  __u16 vlan_tci;       /* host order */
  __u16 caplen;         /* packet bytes in this record */
  __u16 network_offset; /* of the network header, from the start of the bytes; 0xffff: unknown */
  __u8 start_layer;     /* enum rec_start */
  __u8 pkt_type;        /* skb->pkt_type: PACKET_HOST, ... */
  __u32 wire_len;       /* length of the packet from the start of the bytes, in skb and fragments; 0: unknown */
};

#define REC_IFNAMSIZ 16 /* IFNAMSIZ, uapi/linux/if.h */
#define REC_COMM     16 /* TASK_COMM_LEN, linux/sched.h */

struct rec_device {
  __u32 netns;   /* inode number; 0: unknown */
  __u32 ifindex; /* 0: no device */
  __u16 type;    /* ARPHRD_* */
  __u8 netns_from_socket;
  __u8 family; /* AF_* of the socket; 0: it has none, or an older version wrote this */
  __u8 pad[4];
  char name[REC_IFNAMSIZ];
};

enum rec_context {
  REC_CONTEXT_UNKNOWN = 0,
  REC_CONTEXT_PROCESS = 1, /* the task does this itself */
  REC_CONTEXT_SOFTIRQ = 2, /* from here on the task is anybody's */
  REC_CONTEXT_HARDIRQ = 3,
  REC_CONTEXT_INTERRUPT = 4, /* softirq or hardirq: this architecture does not say which */
};

struct rec_task {
  __u32 pid; /* thread group, in the initial PID namespace */
  __u32 tid;
  char comm[REC_COMM];
  __u8 context; /* enum rec_context */
  __u8 pad[7];
};

struct rec_drop {
  __u64 location;   /* return address in the function that freed the skb; 0: unknown */
  __u32 reason;     /* enum skb_drop_reason of the running kernel, subsystem in the high 16 bits */
  __u16 has_reason; /* 0: this kernel tells none (before 5.17) */
  __u8 cloned;      /* skb->cloned, which stays set when the clones are gone; 0 in recordings of the first versions */
  __u8 pad;
};

struct rec_result {
  __s64 value; /* what the traced step returned, for net_dev_xmit the NETDEV_TX_* or NET_XMIT_* code in the lower half;
                  of a function all bits of the register, of which its type may be fewer */
};

struct rec_skb {
  __u32 data_len;
  __u32 truesize;
  __u32 hash;
  __u32 priority;
  __u32 napi_id;
  __u32 iif; /* skb_iif */
  __u32 tail;
  __u32 end;
  __u32 users;
  __u32 dataref;
  __u32 gso_type;
  __u16 gso_size;
  __u16 gso_segs;
  __u16 queue_mapping;
  __u16 mac_len;
  __u16 headroom; /* data - head */
  __u16 mac_header;
  __u16 network_header;
  __u16 transport_header;
  __u16 nr_frags;
  __u8 ip_summed; /* CHECKSUM_NONE, _UNNECESSARY, _COMPLETE, _PARTIAL */
  __u8 cloned;
  __u8 encapsulation;
  __u8 shared_known; /* gso_*, nr_frags and dataref were read */
  __u8 pad[6];
};

/*
 * What the tracepoint hands out. Of which kind it is, and what is where in it, the format of the probe says
 * (src/event/event_format.h):
 *
 *   the trace record       as the event's format file describes it: fixed fields, and behind them the texts that
 *   | fixed | texts |      __data_loc fields point to, as far as there is room
 *
 *   the arguments          8 bytes each, where there is no format file
 *   | 0 | 1 | ...
 */
struct rec_args {
  __u16 size; /* bytes that follow this struct, a multiple of 8 */
  __u8 known; /* 0: the bytes are nothing; an interrupt came between the two programs that share the work */
  __u8 pad[5];
};

#define REC_CALLER_FRAMES 12
#define REC_STACK_FRAMES  100

/* The innermost return addresses, those of the programs and of the tracepoint's own code first; 0 behind the last. */
struct rec_caller {
  __u64 frames[REC_CALLER_FRAMES];
};

/* The whole stack is kept once in the map `stacks`: REC_STACK_FRAMES addresses, 0 behind the last. */
struct rec_stack {
  __u64 id; /* 0: not known, because it could not be taken, or not kept (counted as lost) */
};

#endif
