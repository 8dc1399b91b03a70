/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sections of a record: their structs, and the table that everything is made from which knows their order or size.
 * On the kernel side that is where each is and how long a record can be (build.h), in user space the decoding of a
 * record (src/event/event.cc) and what recordings say of them (src/recording/sections.h).
 *
 * A new section is its struct and its row here, what fills it (a header in section/, included below), and what is shown
 * of it (src/event/section/).
 */
#ifndef SKBTRAIL_SECTIONS_H
#define SKBTRAIL_SECTIONS_H

#include <linux/types.h>

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
  __u8 time_wait;   /* the socket it was for is in TIME_WAIT; 0: it is not, or the kernel does not tell */
};

struct rec_result {
  __s64 value; /* what the traced step returned, for net_dev_xmit the NETDEV_TX_* or NET_XMIT_* code in the lower half;
                  of a function all bits of the register, of which its type may be fewer. Of a classifier (section
                  `tc`) the upper half is the class that it chose, 0: none */
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
 *   the trace record       as the event's format file describes it: fixed fields, and after them the texts that
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

/* The innermost return addresses, those of the programs and of the tracepoint's own code first; 0 after the last. */
struct rec_caller {
  __u64 frames[REC_CALLER_FRAMES];
};

/* The whole stack is kept once in the map `stacks`: REC_STACK_FRAMES addresses, 0 after the last. */
struct rec_stack {
  __u64 id; /* 0: not known, because it could not be taken, or not kept (counted as lost) */
};

enum rec_conntrack_known {
  REC_CONNTRACK_SKB = 1 << 0,  /* address and info: skb->_nfct was read */
  REC_CONNTRACK_CONN = 1 << 1, /* status: there is a connection, and the kernel's types tell what it is like */
  REC_CONNTRACK_MARK = 1 << 2, /* mark: CONFIG_NF_CONNTRACK_MARK */
  REC_CONNTRACK_ZONE = 1 << 3, /* zone: CONFIG_NF_CONNTRACK_ZONES */
};

/* The connection to which conntrack counts the packet. */
struct rec_conntrack {
  __u64 address; /* of the struct nf_conn; 0: none (yet), or the packet is not tracked */
  __u32 status;  /* enum ip_conntrack_status */
  __u32 mark;
  __u16 zone;
  __u8 info;  /* enum ip_conntrack_info, of the packet */
  __u8 known; /* enum rec_conntrack_known */
  __u8 pad[4];
};

/* One direction of a connection. Addresses of IPv4 are in the first four bytes. */
struct rec_tuple {
  __u8 source[16], destination[16];
  __be16 source_port, destination_port; /* of ICMP its identifier; type and code */
};

/* Whom the connection of the packet is between, as its packets come and as answers to them do. */
struct rec_nat {
  struct rec_tuple original, reply;
  __u32 status;  /* enum ip_conntrack_status */
  __u16 family;  /* AF_* */
  __u8 protocol; /* of IP */
  __u8 known;    /* 0: there is no connection, or it could not be read */
};

/* At which hook of netfilter: the struct nf_hook_state among a function's arguments. */
struct rec_hook {
  __u32 in_ifindex, out_ifindex; /* 0: none */
  char in[REC_IFNAMSIZ], out[REC_IFNAMSIZ];
  __u8 family; /* NFPROTO_* */
  __u8 hook;   /* NF_INET_*, NF_ARP_* and the like, as the family has them */
  __u8 known;  /* 0: it could not be read */
  __u8 pad[5];
};

#define REC_TABLE_NAME 64 /* longer names, which nftables allows, are cut */

/* Whose rules are asked: the struct xt_table, ebt_table or nft_chain among a function's arguments. */
struct rec_table {
  char table[REC_TABLE_NAME]; /* empty: unknown */
  char chain[REC_TABLE_NAME]; /* of nftables; empty: unknown, or the one of the hook */
  __u8 family;                /* NFPROTO_* of a table of nftables; 0: unknown */
  __u8 pad[7];
};

enum rec_rule_kind {
  REC_RULE_UNKNOWN = 0,
  REC_RULE_RULE = 1,   /* a rule matched */
  REC_RULE_RETURN = 2, /* a chain was left: by a rule that says so, or at its end */
  REC_RULE_POLICY = 3, /* no rule decided, so the base chain does */
};

/* The rule that the kernel's own trace tells of, at a packet that rules have marked for that: with nftrace, or with
 * the target TRACE of iptables. Table and chain are in the section `table`. */
struct rec_rule {
  __u64 handle;       /* of nftables: unique in its table; 0: of no rule */
  __u64 table_handle; /* of nftables: unique in its namespace */
  __u64 netns_cookie; /* of that namespace, since Linux 5.12; 0: unknown */
  __u32 netns;        /* and its inode number */
  __u32 number;       /* of iptables: the place in the chain, from 1 on */
  __s32 verdict;      /* of nftables: NF_*, as functions return them, or NFT_* */
  __u8 kind;          /* enum rec_rule_kind */
  __u8 has_verdict;   /* iptables trace before the target is asked */
  __u8 pad[2];
  char target[REC_TABLE_NAME]; /* of nftables: the chain that is jumped to; empty: none */
};

enum rec_tc_what {
  REC_TC_UNKNOWN = 0,
  REC_TC_CHAIN = 1,  /* all filters of a chain are asked: qdisc, chain */
  REC_TC_FILTER = 2, /* one is: all but `index` */
  REC_TC_ACTION = 3, /* one of its actions runs: kind, index */
};

enum rec_tc_way {
  REC_TC_WAY_UNKNOWN = 0,
  REC_TC_INGRESS = 1,
  REC_TC_EGRESS = 2,
};

#define REC_TC_KIND 16 /* IFNAMSIZ: what the kernel has for names of classifiers, actions and qdiscs */

/* Traffic control, of which a classifier or an action is asked. */
struct rec_tc {
  char kind[REC_TC_KIND];  /* "flower", "gact" */
  char qdisc[REC_TC_KIND]; /* "clsact", "htb"; empty: of a block that several share */
  __u32 handle;            /* of the qdisc */
  __u32 chain;
  __u32 index; /* of the action */
  __u16 preference;
  __be16 protocol; /* ETH_P_* that the filter is for */
  __u8 what;       /* enum rec_tc_what */
  __u8 way;        /* enum rec_tc_way */
  __u8 pad[6];
};

enum rec_ipvs_what {
  REC_IPVS_UNKNOWN = 0,
  REC_IPVS_CONNECTION = 1,
  REC_IPVS_SERVICE = 2, /* for which there is no connection: `virtual` alone */
};

/* IPVS: the connection whose packet is sent on. Addresses of IPv4 are in the first four bytes. */
struct rec_ipvs {
  __u8 client[16], virtual_address[16], destination[16];
  __be16 client_port, virtual_port, destination_port;
  __u16 family;             /* AF_* of client and service */
  __u16 destination_family; /* the same where the kernel knows but one */
  __u16 protocol;           /* of IP */
  __u32 mark;               /* of a service by mark */
  __u32 flags;              /* IP_VS_CONN_F_* */
  __u8 what;                /* enum rec_ipvs_what */
  __u8 pad[3];
};

/* xfrm: the state (SA) by which a packet is transformed. Addresses of IPv4 are in the first four bytes. */
struct rec_xfrm {
  __u8 source[16], destination[16];
  __be32 spi;
  __u32 reqid;
  __u16 family;  /* AF_* */
  __u8 protocol; /* IPPROTO_ESP, _AH, _COMP */
  __u8 mode;     /* XFRM_MODE_* */
  __u8 known;    /* 0: it could not be read */
  __u8 pad[3];
};

enum rec_route_known {
  REC_ROUTE_ASKED = 1 << 0, /* all that was asked */
  REC_ROUTE_FOUND = 1 << 1, /* there is a route; without, `error` says why not */
  REC_ROUTE_TYPE = 1 << 2,  /* type */
};

/* A routing table was asked where to send a packet. Addresses of IPv4 are in the first four bytes. */
struct rec_route {
  __u8 source[16], destination[16]; /* of the packet; zeros: any */
  __u8 gateway[16];
  __u8 preferred[16]; /* source address that the route asks for; zeros: none */
  char device[REC_IFNAMSIZ];
  __u32 ifindex;  /* of it; 0: none */
  __u32 table;    /* of the route, else the one that was asked */
  __u32 oif, iif; /* devices that were asked for; 0: any */
  __u32 mark;
  __u32 netns; /* inode number; 0: unknown */
  __s32 error; /* below zero: an errno; 0: none */
  __be16 sport, dport;
  __u8 family;
  __u8 gateway_family; /* AF_*; 0: no gateway */
  __u8 type;           /* RTN_* */
  __u8 scope, tos, protocol;
  __u8 known; /* enum rec_route_known */
  __u8 pad;
};

/* A neighbor: the next hop, whose link-layer address is asked for. */
struct rec_neigh {
  __u64 neighbour; /* address of the struct */
  __u8 address[16];
  char device[REC_IFNAMSIZ];
  __u32 ifindex;
  __u32 netns;
  __u32 probes;         /* questions, and `unicast_probes` more where nothing was known of it before */
  __u32 unicast_probes; /* of the device's settings */
  __u8 lladdr[6];       /* the one that was told, else the one it has */
  __u8 family;
  __u8 state;     /* NUD_* */
  __u8 new_state; /* what it is changed to */
  __u8 has_new_state;
  __u8 known; /* 0: it could not be read */
  __u8 pad[5];
};

/* What the kernel sends because of this packet, which is not sent yet: icmp_send and tcp_send_reset. */
struct rec_sent {
  __u32 value; /* ICMP type, or enum sk_rst_reason of the running kernel (6.10) */
  __u32 code;  /* ICMP code */
};

enum rec_lineage {
  REC_LINEAGE_NONE = 0,
  REC_LINEAGE_CLONE = 1,
  REC_LINEAGE_COPY = 2,
  REC_LINEAGE_SEGMENT = 3,
  REC_LINEAGE_FRAGMENT = 4,
  REC_LINEAGE_REASSEMBLED = 5, /* the skb became part of `parent` */
  REC_LINEAGE_MERGED = 6,      /* the same, by GRO or in a queue of TCP */
  REC_LINEAGE_REBUILT = 7,     /* around the same bytes: veth with XDP */
  REC_LINEAGE_RETRANSMISSION = 8,
};

enum rec_follow_flag {
  REC_FOLLOW_END = 1 << 0, /* of this skb's life */
  REC_FOLLOW_BIRTH = 1 << 1,
  REC_FOLLOW_DOUBTFUL = 1 << 2, /* that this is the packet */
  REC_FOLLOW_DELIVERED = 1 << 3,
  REC_FOLLOW_EXACT = 1 << 4,   /* every end of an skb is seen: one id is one life */
  REC_FOLLOW_FREEING = 1 << 5, /* at a function that takes part in freeing */
};

/* Which packet it is (follow.h). */
struct rec_follow {
  __u64 id;     /* of the life of this skb; 0: it is not followed */
  __u64 trail;  /* of the packet that it descends from; its own, of an original */
  __u64 parent; /* the id of the skb that it was made from, or became part of, as `kind` says; 0: none is known */
  __u32 stack;  /* the kernel stack that the hit ran on: its address >> 14; 0: unknown */
  __u8 kind;    /* enum rec_lineage */
  __u8 flags;   /* enum rec_follow_flag */
  __u16 pad;
};

/* The BPF program at whose return the event is, and what it was given beside the packet. */
struct rec_program {
  __u32 id;       /* by which this kernel knows it */
  __u32 queue;    /* XDP: of the device, by which the packet came */
  __u16 type;     /* enum bpf_prog_type */
  __u8 has_queue; /* 0: it is not known */
  __u8 pad[5];
};

/*
 * The table. Sections are in a record in the order of the rows.
 *
 *   X(bit, NAME, name, tail, of)
 *
 *   bit   of REC_SECTION_NAME in rec_core.sections; never that of another again, because recordings have it
 *   name  struct rec_name, filled by fill_name(), Event::name; recordings call the section so
 *   tail  FIXED, or COUNTED: its first member, __u16 size, says how many bytes follow the struct, a multiple of 8
 *   of    the probes that can fill it: ANY; SKB: those that have an skb which is still theirs; TOLD: src/probe says it
 *
 * The common ones are filled where the record is built, and the result is first, where a function's return finds it
 * whatever else there is. The rare ones are filled by a function of their own (fill_rare() in build.h), and a
 * tracepoint with one of them does not share its program.
 */
#define REC_SECTIONS_COMMON(X)      \
  X(3, RESULT, result, FIXED, TOLD) \
  X(0, DEVICE, device, FIXED, ANY)  \
  X(1, TASK, task, FIXED, ANY)      \
  X(2, DROP, drop, FIXED, TOLD)     \
  X(4, SKB, skb, FIXED, SKB)        \
  X(9, SENT, sent, FIXED, TOLD)     \
  X(10, FOLLOW, follow, FIXED, TOLD)

#define REC_SECTIONS_RARE(X)           \
  X(11, HOOK, hook, FIXED, TOLD)       \
  X(12, TABLE, table, FIXED, TOLD)     \
  X(13, ROUTE, route, FIXED, TOLD)     \
  X(14, NEIGH, neigh, FIXED, TOLD)     \
  X(16, NAT, nat, FIXED, SKB)          \
  X(17, TC, tc, FIXED, TOLD)           \
  X(18, IPVS, ipvs, FIXED, TOLD)       \
  X(19, XFRM, xfrm, FIXED, TOLD)       \
  X(20, RULE, rule, FIXED, TOLD)       \
  X(15, PROGRAM, program, FIXED, TOLD) \
  X(5, ARGS, args, COUNTED, TOLD)      \
  X(6, CALLER, caller, FIXED, ANY)     \
  X(7, STACK, stack, FIXED, ANY)       \
  X(8, CONNTRACK, conntrack, FIXED, SKB)

#define REC_SECTIONS(X) REC_SECTIONS_COMMON(X) REC_SECTIONS_RARE(X)

/*
 * Structs of the kernel that a section is made of beside those that every kernel has, and the module that has them
 * where they are not the kernel proper's: X(NAME, struct, module). Without, the section has nothing, or less.
 */
#define REC_SECTION_TYPES(X)          \
  X(CONNTRACK, nf_conn, nf_conntrack) \
  X(NAT, nf_conn, nf_conntrack)

enum rec_section {
#define REC_BIT(bit, NAME, name, tail, of) REC_SECTION_##NAME = 1 << (bit),
  REC_SECTIONS(REC_BIT)
#undef REC_BIT
      REC_SECTION_BYTES = 1 << 30, /* packet bytes, which are no struct: they are what is left of the record */
};

enum rec_filled_at { REC_ANY = 0, REC_SKB = 1, REC_TOLD = 2 };

/* What a probe can fill without more being known of it. `skb`: 1, it has an skb that is still its own. */
static inline __u32 rec_sections_at(__u32 skb) {
  __u32 sections = skb ? REC_SECTION_BYTES : 0;

#define REC_ADD(bit, NAME, name, tail, of) \
  if (REC_##of <= skb) sections |= REC_SECTION_##NAME;
  REC_SECTIONS(REC_ADD)
#undef REC_ADD
  return sections;
}

#endif

/* What fills them: build.h asks for it. */
#ifdef SKBTRAIL_FILL
#include "section/args.h"
#include "section/conntrack.h"
#include "section/device.h"
#include "section/drop.h"
#include "section/follow.h"
#include "section/hook.h"
#include "section/ipvs.h"
#include "section/nat.h"
#include "section/neigh.h"
#include "section/program.h"
#include "section/result.h"
#include "section/route.h"
#include "section/rule.h"
#include "section/sent.h"
#include "section/skb.h"
#include "section/stack.h"
#include "section/table.h"
#include "section/task.h"
#include "section/tc.h"
#include "section/xfrm.h"
#endif
