/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the kernel side before it is loaded. It becomes read-only, so the verifier knows every value
 * and removes what is switched off: a field here costs nothing per hit. Shared by BPF C and C++.
 */
#ifndef SKBTRAIL_CONFIG_H
#define SKBTRAIL_CONFIG_H

#include "record.h"

#define SKBTRAIL_LICENSE "Dual BSD/GPL"

/* Probes that one object can hold. One program per tracepoint: the kernel drops nested hits of the same program, so
 * tracepoints must not share one. */
#define SKBTRAIL_PROBES 128

/* Programs that several tracepoints share: the first step is each tracepoint's own program, which calls one of these
 * for a hit that it does not refuse. They are numbered after the others. */
#define SKBTRAIL_SHARED   16
#define SKBTRAIL_PROGRAMS (SKBTRAIL_PROBES + SKBTRAIL_SHARED)

/* Programs of the object for functions: on kprobes, each for many functions, and on fentry, each for one. */
#define SKBTRAIL_KPROBE_STUBS 32
#define SKBTRAIL_FENTRY_STUBS 32
/* Programs at the return of one function each, for kernels that do not tell such a program which one it was: they have
 * no cookies for kprobes (before Linux 5.15). */
#define SKBTRAIL_RETURN_STUBS 128
/* Programs on kprobes, each for functions that are given a list of skbs: with a stack (--stack), and without. */
#define SKBTRAIL_LIST_STUBS 2

/* Programs of the object for BPF programs, each for one. */
#define SKBTRAIL_BPF_STUBS 64

/* Skbs of a list that are looked at. Drivers hand in what one poll gives, of which NAPI allows 64 (NAPI_POLL_WEIGHT in
 * linux/netdevice.h), more where net.core.dev_weight was raised. */
#define SKBTRAIL_LISTED_MAX     512
#define SKBTRAIL_LISTED_AT_ONCE 16 /* what a loop costs the verifier grows with the square of its turns */

/* Maximum probe length: how far from its slot an entry of the table of followed packets is at most. */
#define SKBTRAIL_FOLLOW_PROBES   8
#define SKBTRAIL_FOLLOW_CURRENTS 4096  /* stacks whose packet is known */
#define SKBTRAIL_FOLLOW_MARKS    65536 /* a power of 2 */
#define SKBTRAIL_FOLLOW_REFUSED  8192  /* packets known to have found no slot */
#define SKBTRAIL_FOLLOW_REBUILDS 256   /* skbs that are being rebuilt at once, on as many stacks */
#define SKBTRAIL_CHILDREN_MAX    64    /* skbs of a list that are followed because what they were made from is */

/* Where an skb becomes part of another, of which bpf/merges.h tells. */
enum merge_point {
  MERGE_GRO = 0,        /* skb_gro_receive(): its pages, or itself in the frag_list */
  MERGE_GRO_LIST = 1,   /* skb_gro_receive_list() */
  MERGE_COALESCE = 2,   /* skb_try_coalesce(): in a socket's queue, or in a datagram that is put together */
  MERGE_REASSEMBLY = 3, /* inet_frag_reasm_finish(): in the frag_list of a datagram */
  MERGE_POINTS = 4,
};

/* CPUs for which losses are counted apart; a CPU above shares a slot with another. */
#define SKBTRAIL_CPUS 1024

#define SKBTRAIL_SNAPLEN_MAX 4096

/* Packet bytes that are evaluated where they are, by typed loads. */
#define SKBTRAIL_TYPED_BYTES 256

/* Room for a packet with fragments: 160 bytes for what is before skb->data, the rest for what is after. A byte
 * farther away leaves the packet undecided. */
#define SKBTRAIL_GATHERED_MAX 4096

#define SKBTRAIL_NO_ARG 0xff

/* Room for what a tracepoint hands out; what is longer is cut. */
#define SKBTRAIL_ARGS_MAX 1024

/* Where a probe's arguments are taken from. */
enum args_from {
  ARGS_FROM_CONTEXT = 0, /* the context of the program that makes the record */
  ARGS_FROM_STASH = 1,   /* what the program of the tracepoint's perf event, called just before, put aside */
};

/* What an argument holds. */
enum arg_via {
  VIA_NOTHING = 0, /* the object itself */
  VIA_POINTER =
      1, /* the address of a pointer to it: struct sk_buff **, or struct nft_pktinfo *, whose first member it is */
  VIA_SOCKET = 2, /* struct socket *: the struct sock that belongs to it */
  VIA_TRACE = 3,  /* struct nft_traceinfo *, whose nft_pktinfo has it (before Linux 6.4); never in a cookie */
  VIA_LIST = 4,   /* struct list_head *: any number of skbs, each of which is a hit (bpf/listed.h); the same */
  /* No argument leads to it, and there may be none (bpf/stack_packet.h). Of tracepoints alone. */
  VIA_STACK = 5,     /* it is worked on on the stack of the hit, and followed */
  VIA_QUEUE = 6,     /* the same, and it was put into the queue of the socket that is among the arguments */
  VIA_NEIGHBOUR = 7, /* struct neighbour *, of `neigh_via`: it waits for the answer, in its arp_queue */
  /* Of programs.bpf.c alone. */
  VIA_XDP = 8, /* struct xdp_buff *: a packet of which there may be no skb yet (bpf/xdp.h) */
};

/* What leads to the struct nf_hook_state of the section `hook`. */
enum hook_via {
  HOOK_STATE = 0,
  HOOK_PKTINFO = 1, /* struct nft_pktinfo, whose member it is */
  HOOK_LOG = 2,     /* there is none: the arguments of nf_log_trace() tell the same */
  HOOK_TRACE = 3,   /* struct nft_traceinfo, whose struct nft_pktinfo has it (before Linux 6.4) */
};

/* What the names of the section `table` are read from. */
enum table_via {
  TABLE_XT = 0, /* struct xt_table */
  TABLE_EBT = 1,
  TABLE_NFT_CHAIN = 2,
  TABLE_NFT_TRACE = 3, /* struct nft_traceinfo, and the rule */
  TABLE_LOG = 4,       /* the texts that nf_log_trace() is given, the chain's after the table's */
};

/* What the section `rule` is filled from. */
enum rule_via {
  RULE_NFT = 0,      /* struct nft_rule_dp, the verdict, and struct nft_traceinfo (table_arg) */
  RULE_LOG = 1,      /* the format of nf_log_trace(), and what comes after it */
  RULE_NFT_INFO = 2, /* struct nft_traceinfo, which has all of it (before Linux 6.4) */
};

/* What the section `tc` is filled from. */
enum tc_via {
  TC_CHAIN = 0,  /* struct tcf_proto, the first of its chain */
  TC_FILTER = 1, /* the same, itself */
  TC_ACTION = 2, /* struct tc_action */
};

/* And the section `ipvs`. */
enum ipvs_via {
  IPVS_CONNECTION = 0, /* struct ip_vs_conn */
  IPVS_SERVICE = 1,    /* struct ip_vs_service */
};

/* What the section `route` is filled from: the arguments of a tracepoint. */
enum route_via {
  ROUTE_NOTHING = 0,
  ROUTE_FIB = 1,  /* u32 table, struct flowi4 *, struct fib_nh_common *, int error */
  ROUTE_FIB6 = 2, /* struct net *, struct fib6_result *, struct fib6_table *, struct flowi6 * */
};

/* The section `neigh`, the same. */
enum neigh_via {
  NEIGH_NOTHING = 0,
  NEIGH_CHANGE = 1, /* struct neighbour *, int error */
  NEIGH_SEND = 2,   /* the same, of a packet that was sent to it: if it has to wait, it is the last one that does */
  NEIGH_UPDATE = 3, /* struct neighbour *, u8 *link_layer_address, u8 state, ... */
  NEIGH_CREATE = 4, /* struct neigh_table *, struct net_device *, void *address, struct neighbour *, ... */
};

/* What is told of a function. */
enum returns {
  RETURNS_NOT = 0,      /* that it was entered */
  RETURNS_TOO = 1,      /* and what it returned, as an event of its own */
  RETURNS_ALONE = 2,    /* what it returned, with all that was known when it was entered, and nothing before */
  RETURNS_REFUSALS = 3, /* the same, unless it returned 0 */
};

/*
 * What a function's entry says of the headers of its skb, where the skb itself does not: a packet on its way out gets
 * them one after the other, in room that its offsets point to before anything is written there.
 * src/probe/header_state.cc has the functions, bpf/headers.h what the skb says.
 */
enum header_state {
  HEADERS_WRITTEN = 0,   /* nothing special */
  HEADERS_NO_LENGTH = 1, /* all but the IP header's length and checksum */
  HEADERS_NO_UDP = 2,    /* nor the UDP header; its ports are in the flow, the function's second argument */
  HEADERS_ABSENT = 3,    /* not even the IP header */
  HEADERS_NOT_HERE = 4,  /* the offsets do not lead to the packet: not set yet, being moved, or the bytes are freed */
  HEADERS_LINK_AT_DATA = 5, /* the link-layer header is at data, whatever the offsets say */
};

/* Which way a packet goes at a device, as far as the probe where it is seen tells (src/event/direction.h). */
enum packet_direction {
  DIRECTION_UNKNOWN = 0,
  DIRECTION_IN = 1,
  DIRECTION_OUT = 2,
};

/* What a probe has to do with the end of its skb. No packet begins to be followed at an end. */
enum packet_end {
  END_NOT = 0,
  END_HERE = 1,  /* when this hit has been recorded the skb is no more */
  END_BEGUN = 2, /* a function that takes part in freeing: the end may have been told already */
};

/* Instead of an argument's position: the attach cookie says it. */
#define SKBTRAIL_ARG_IN_COOKIE 0xfe

/*
 * The attach cookie: which probe it is, and where its arguments are, for programs that serve many probes. Where the
 * kernel has no cookies for kprobes, or is slow to find them, it is in the IP hash table (below).
 *
 *   0          16       20        21   22       23      27        30          32
 *   | number   | skb_at | skb_via |    | sk_via | sk_at | headers | direction |
 *   32          36        40             44
 *   | reason_at | sent_at | sent_code_at |        of tracepoints: what some sections are filled from
 *
 * An argument that is not there is at SKBTRAIL_COOKIE_NO_ARG. Of an skb one bit says that it is VIA_POINTER, of a
 * socket that it is VIA_SOCKET. The IP hash table has the lower half alone.
 */
#define SKBTRAIL_COOKIE_NO_ARG 0xf
#define ATTACH_COOKIE(number, skb_at, skb_via, sk_at, sk_via, headers, direction)                   \
  ((__u64)(__u16)(number) | (__u64)((skb_at)&0xf) << 16 | (__u64)((skb_via) == VIA_POINTER) << 20 | \
   (__u64)((sk_via) != 0) << 22 | (__u64)((sk_at)&0xf) << 23 | (__u64)((headers)&7) << 27 |         \
   (__u64)((direction)&3) << 30)
#define COOKIE_SKB_AT(cookie)    ((cookie) >> 16 & 0xf)
#define COOKIE_SKB_VIA(cookie)   ((cookie) >> 20 & 1 ? VIA_POINTER : VIA_NOTHING)
#define COOKIE_SK_VIA(cookie)    ((cookie) >> 22 & 1 ? VIA_SOCKET : VIA_NOTHING)
#define COOKIE_SK_AT(cookie)     ((cookie) >> 23 & 0xf)
#define COOKIE_HEADERS(cookie)   ((cookie) >> 27 & 7)
#define COOKIE_DIRECTION(cookie) ((cookie) >> 30 & 3)
#define ATTACH_COOKIE_SECTIONS(reason_at, sent_at, sent_code_at) \
  ((__u64)((reason_at)&0xf) << 32 | (__u64)((sent_at)&0xf) << 36 | (__u64)((sent_code_at)&0xf) << 40)
#define COOKIE_REASON_AT(cookie)    ((cookie) >> 32 & 0xf)
#define COOKIE_SENT_AT(cookie)      ((cookie) >> 36 & 0xf)
#define COOKIE_SENT_CODE_AT(cookie) ((cookie) >> 40 & 0xf)

/*
 * The IP hash table: the attach cookie by the address that was hit. For kprobe.multi, because the kernel finds a cookie
 * by a binary search, of which each step is a call by a pointer; and for kprobes on kernels without cookies.
 *
 *   (u32)address * factor, its uppermost bits
 *        |
 *        v
 *   ... | entry | entry | entry | ...       it is this one or one of the next, SKBTRAIL_IP_HASH_PROBES in all at most
 *
 * User space picks a factor with which few have to be looked at (src/attach/ip_hash_table.h).
 */
#define SKBTRAIL_IP_HASH_BITS   15
#define SKBTRAIL_IP_HASH_PROBES 8

struct ip_hash_entry {
  __u32 address; /* its lower half; 0: nothing is here */
  __u32 cookie;
};

struct ip_hash_table {
  struct ip_hash_entry entries[(1 << SKBTRAIL_IP_HASH_BITS) + SKBTRAIL_IP_HASH_PROBES - 1];
};

static inline __u32 ip_hash_slot(__u64 address, __u32 factor) {
  return ((__u32)address * factor) >> (32 - SKBTRAIL_IP_HASH_BITS);
}

/*
 * Where a probe's arguments are; SKBTRAIL_NO_ARG: it has no such argument. Found in BTF, see src/probe. For
 * tracepoints there is one of these each; functions whose skb is at the same position share one, and one program.
 */
struct probe_config {
  __u8 skb_arg;
  __u8 sk_arg;
  __u8 device_arg;
  __u8 location_arg;
  __u8 reason_arg;
  __u8 result_arg;
  __u8 len_arg;
  __u8 skb_not_owned; /* the skb is no longer the caller's, or there is none: follow no pointer */
  __u32 sections;     /* enum rec_section, for this probe */
  __u16 args_size;    /* bytes of struct rec_args after its head, a multiple of 8 */
  __u16 rare_size;    /* rare_sections_size(), set with the sections */
  __u16 args_skb;     /* where the skb's address is in them; 0: nowhere */
  __u8 args_from;     /* enum args_from */
  __u8 perf_event;    /* the program of the perf event makes the record */
  __u8 skb_via;       /* enum arg_via */
  __u8 sk_via;        /* the same */
  __u8 registers;     /* arguments are in the registers of a function that is entered (kprobe), not in an array */
  __u8 returns;       /* enum returns: a record is kept until the function returns */
  __u16 number;       /* of the probe, where it has the program for itself */
  __u8 result_at;     /* where a function's result is after its arguments (fexit) */
  __u8 headers;       /* enum header_state; of programs for many functions the attach cookie says it */
  __u8 shared;        /* the shared program that makes the records, counted from 1; 0: this program does */
  __u8 by_cookie;     /* it is one of these: the attach cookie tells them apart, and no argument has a type */
  __u8 gathers;       /* the kernel lets the program read the skb with its fragments (6.12 does mostly, 6.1 does not) */
  __u8 sent_arg;      /* what struct rec_sent is filled from */
  __u8 sent_code_arg;
  __u8 ends;      /* enum packet_end */
  __u8 direction; /* enum packet_direction; of programs for many probes the attach cookie says it */
  __u8 hook_arg;  /* what the sections `hook` and `table` are filled from, of functions */
  __u8 hook_via;  /* enum hook_via */
  __u8 table_arg;
  __u8 table_via; /* enum table_via */
  __u8 tc_arg;
  __u8 tc_via;    /* enum tc_via */
  __u8 class_arg; /* struct tcf_result, which is there when the function returns */
  __u8 ipvs_arg;
  __u8 ipvs_via; /* enum ipvs_via */
  __u8 xfrm_arg;
  __u8 rule_arg;
  __u8 rule_via;      /* enum rule_via */
  __u8 verdict_arg;   /* struct nft_verdict: what rules say that are traced */
  __u8 route_via;     /* enum route_via */
  __u8 neigh_via;     /* enum neigh_via */
  __u16 program_type; /* of the BPF program that is traced: enum bpf_prog_type */
  __u32 program_id;   /* and its number */
#ifdef __cplusplus
  bool operator==(const probe_config&) const = default;
#endif
};

/* Bytes of the rare sections (sections.h), which are after the common ones. */
static inline __u16 rare_sections_size(const struct probe_config* probe) {
  __u32 size = probe->sections & REC_SECTION_ARGS ? probe->args_size : 0;

#define ADD_SIZE(bit, NAME, name, tail, of) \
  if (probe->sections & REC_SECTION_##NAME) size += sizeof(struct rec_##name);
  REC_SECTIONS_RARE(ADD_SIZE)
#undef ADD_SIZE
  return (__u16)size;
}

/*
 * The body of packet_filter() (bpf/packet_filter.h) is generated: src/filter/packet_filter.h. It holds one translation
 * for each way a packet can be presented, chosen by the number that is in the uppermost 16 bits of its second argument.
 */
enum filter_variant {
  FILTER_LINK = 0,           /* starts at the link-layer header */
  FILTER_TAGGED_LINK = 1,    /* the same, and the outermost VLAN tag is in the skb and not in the bytes */
  FILTER_NETWORK = 2,        /* starts at the network header */
  FILTER_TAGGED_NETWORK = 3, /* and has a tag in the skb */
  FILTER_INNER_LINK = 4,     /* the inner packet of a tunnel, for --inner */
  FILTER_INNER_NETWORK = 5,
  FILTER_VARIANTS = 6,
};

/* What comes of it; every other value is a match. */
enum filter_result {
  FILTER_NO = 0,
  FILTER_OUT_OF_RANGE = 1, /* a byte is needed that is not within the bytes given: no match, if that is all there is */
  FILTER_INDETERMINATE = 0x7fffffff, /* not of one run: it holds for one direction alone, and the packet's is unknown */
};

#define SKBTRAIL_COMM 16 /* TASK_COMM_LEN */

/* Names of devices, and devices that are asked for by another of their names. */
#define SKBTRAIL_IFNAMES 16
#define SKBTRAIL_LINKS   16

/*
 * Shell globs over a name of at most 15 bytes, as one automaton: state i is "the first i elements of the pattern
 * (bytes, ?, [sets]) are done", one bit each. Byte c leads from state i to i + 1 where bit i of next[c] is set; a state
 * before which a star is stays as well. Of several patterns each has states of its own:
 *
 *   bit   0  1  2  3 | 4  5          eth*,lo
 *         ^begin   ^ | ^begin        e t h: bits 0 to 2 of next, l o: bits 4 and 5; state 3 stays
 *               end                  end: 3 and 6
 */
struct glob_automaton {
  __u64 next[256];
  __u64 stays;
  __u64 begin; /* the states before the first byte */
  __u64 end;   /* those in which all is done */
};

/* The states after one byte. */
static inline __u64 glob_step(__u64 states, __u64 stays, __u64 next) {
  return (states & stays) | (states & next) << 1;
}

/*
 * Kernel functions that programs call: by numbers of ours, instead of which the function's id in the kernel's BTF
 * is put before loading (src/load/kernel_functions.h). Were they declared by name, libbpf would read all of that BTF
 * to find them.
 */
enum kernel_function {
  KERNEL_RDONLY_CAST = 0x736b6201,
  KERNEL_DYNPTR_FROM_SKB,
  KERNEL_SESSION_IS_RETURN,
};

/* Structs that addresses are cast to, and their ids in the kernel's BTF. */
#define SKBTRAIL_CAST_TYPES(X) X(sk_buff) X(net_device) X(net) X(sock) X(task_struct) X(tcp_sock)

struct cast_types {
#define SKBTRAIL_CAST_TYPE(name) __u32 name;
  SKBTRAIL_CAST_TYPES(SKBTRAIL_CAST_TYPE)
#undef SKBTRAIL_CAST_TYPE
};

/* Set in the number of a process that is of the PID namespace of pidns_inode (bpf/tasks.h). */
#define SKBTRAIL_TASK_OF_NAMESPACE 0x80000000U

struct skbtrail_config {
  struct probe_config probes[SKBTRAIL_PROGRAMS];
  __u16 returned[SKBTRAIL_RETURN_STUBS]; /* the probe whose return each of these programs is at */
  struct cast_types types;               /* where there is rdonly_cast */
  __u32 snaplen;                         /* packet bytes a record holds at most */
  __u32 ring_slots;                      /* kernel's ring buffers; 0: the rings are our own (ring.h) */
  __u32 ring_bytes;                      /* of each, without the room after segments */
  __u32 segment_bits;
  __u64 ring_secret;
  __u32 call_room; /* what a record that is kept until a function returns takes at most, with what is before it */
  __u16 ring_of[SKBTRAIL_CPUS]; /* which of our own, by CPU */
  __u8 rdonly_cast;             /* the kernel has the kfunc bpf_rdonly_cast (6.2) */

  /* Conditions, all of which must hold; each is off where its match_ flag is 0. */
  __u8 match_netns;
  __u8 match_ifname;
  __u8 match_mark;
  __u8 match_len;
  __u8 match_packet;     /* the variants for packets are in packet_filter() */
  __u8 match_inner;      /* those for inner packets */
  __u8 filter_excludes;  /* the packet filter only leaves a TCP connection out: what has no packet, or is surely no TCP,
                            is let through */
  __u8 prefilter;        /* plain packets can be refused at once (prefilter() in bpf/packet_filter.h) */
  __u8 prefilter_tagged; /* if they have no VLAN tag beside their bytes */
  __u8 match_pid;        /* the owner of the socket, or the task in process context */
  __u8 match_comm;
  __u8 match_family;
  __u8 match_tasks;    /* the process on the CPU is in the table of tasks (bpf/tasks.h) */
  __u8 filter_length;  /* the filter asks for the packet's length */
  __u8 filter_type;    /* and for skb->pkt_type */
  __u8 filter_fields;  /* and for what of an IP header is written last (HEADERS_NO_LENGTH) */
  __u8 cookies;        /* programs are told which function they were called for (5.15; 5.18 for kprobe.multi) */
  __u8 function_ip;    /* and its address (kprobe.multi) */
  __u8 ip_hash_probes; /* entries of the IP hash table that are looked at */
  __u8 follow;         /* packets that matched are followed (bpf/follow.h) */
  __u8 follow_exact;   /* every end of an skb is seen, so that its address is enough */
  __u8 follow_hash;    /* the table of these is the kernel's hash map */
  __u8 conversations;  /* and their connections (bpf/conversation.h) */
  __u8 reason_choice;  /* enum reason_choice (drop_key.h): which drops are counted */
  __u8 session;        /* programs of functions whose return is asked for are called at the return as well (6.10) */
  __u32 bytes_type; /* BTF id of a kernel struct that is an array of bytes, of SKBTRAIL_TYPED_BYTES at least; 0: packet
                       bytes are evaluated in the copy */
  __u16 merges[MERGE_POINTS]; /* what these are called: numbers of probes after those that have programs */
  __u64 first_id;             /* even: what ids of lives of skbs begin with, another in each run */
  __u32 follow_slots;         /* of the table of followed packets, without those after */
  __u32 ip_hash_multiplier;   /* of the IP hash table; 0: there is none */
  __u64 pidns_inode;          /* the process number is of this PID namespace; 0: of the initial one */
  __u64 pidns_device;         /* and where its inode is */
  __u64 families; /* with match_family: bit AF_* of sockets whose skbs are asked for; AF_UNSPEC: packets without
                     a socket, and those at a device, too */
  __u32 pid;
  __u32 netns;
  __u32 mark;
  __u32 mark_mask;
  __u32 len_min;
  __u32 len_max;
  __u8 netns_moves; /* the namespace is that of struct targets */
  __u8 match_links; /* devices of struct targets are asked for as well */
  __u8 match_ifglob;
  __u8 ifname_count;                  /* names, of which the first is compared before anything is called */
  __u64 ifnames[SKBTRAIL_IFNAMES][2]; /* each padded with zeros, as two words */
  struct glob_automaton ifglob;
  struct glob_automaton comm;
};

/* What the words of -N and -i lead to, where that may change while tracing. Mapped into user space, which writes it. */
struct targets {
  __u32 netns; /* 0: nothing now */
  __u32 pad;
  __u64 links[SKBTRAIL_LINKS]; /* devices, TARGET_LINK each; 0: none */
};

#define TARGET_LINK(netns, ifindex) ((__u64)(netns) << 32 | (__u32)(ifindex))

/*
 * The packets that are followed (bpf/follow.h), by the address of their skb: at the hash of it, or in one of the slots
 * after, SKBTRAIL_FOLLOW_PROBES in all at most. Keys lie together, because most look-ups find nothing.
 *
 *   the uppermost 32 bits of (address >> 6) * a large odd number, * slots >> 32
 *                                              |
 *                                              v
 *   | packets of stacks | rebuilt | refused | marks | key | key | ... key | ... key | value | value | ... value |
 *                                           follow_slots + SKBTRAIL_FOLLOW_PROBES: --track N     as many
 *
 * A mark is a bit for some of the slots: a packet whose place that is was once put into a slot after, so that one may
 * be there. Without it a look-up has seen all when it has seen the first slot.
 *
 * A packet that found no slot is not tried again at its next hit, so that it is counted once: its address is kept
 * among those that were refused, at the hash of it or after, until it ends, or all slots there are taken by others
 * that were refused: then it may be counted once more.
 *
 * User space forgets what was not used for long: programs note the turn of the gate in which a value was used. Where
 * the kernel's hash map is the table (bpf/follow_hash.h) the same values are in that.
 */
enum follow_flag {
  FOLLOW_RESENT = 1 << 0,        /* TCP is sending it once more: what is made from it now is a retransmission */
  FOLLOW_TALKS = 1 << 1,         /* with --conversation: its connection is followed */
  FOLLOW_INDETERMINATE = 1 << 2, /* the packet filter could not tell whether it is asked for */
  FOLLOW_DIRECTION = 1 << 3,     /* the same, for want of its direction */
};

/* The ids of a slot are one after the other, and those of others lie between them: nothing counts them but the slot. In
 * the hash map an id is a time and may be even. */
struct follow_value {
  __u64 id; /* odd. Even: being written, or ended; the slot's next will be after it */
  __u64 trail;
  __u64 parent;  /* the id of the skb that it was made from; 0: of none that was followed */
  __u32 content; /* of the packet, where its address is not enough; 0: unknown */
  __u8 kind;     /* enum rec_lineage: how it was made */
  __u8 flags;    /* enum follow_flag */
  __u16 used;    /* follow_gate.turn at its last hit */
};

/* The packet that is worked on on a stack; or that is rebuilt on it (bpf/lineage.h). */
struct follow_current {
  __u64 stack; /* 0: none */
  __u64 address;
  __u64 id;
  __u64 trail;
  __u64 is_left; /* what comes on the stack is not for it, but what its driver says of it */
};

struct follow_table {
  struct follow_current currents[SKBTRAIL_FOLLOW_CURRENTS];
  struct follow_current rebuilds[SKBTRAIL_FOLLOW_REBUILDS];
  __u64 any_refused; /* since the start */
  __u64 refused[SKBTRAIL_FOLLOW_REFUSED + SKBTRAIL_FOLLOW_PROBES];
  __u64 marks[SKBTRAIL_FOLLOW_MARKS / 64]; /* set, and never cleared */
  __u64 keys[];                            /* with the values after */
};

/* What of follow_gate.any is 0 says that nothing is followed. */
enum follow_any {
  FOLLOW_NONE = 0,
  FOLLOW_SOME = 1,  /* programs say it after each entry that they make */
  FOLLOW_DOUBT = 2, /* user space says it before it looks whether the table is empty (src/load/follow_map.h) */
};

/* On a cache line of its own: every hit reads it. Mapped into user space. */
struct follow_gate {
  __u32 any;    /* enum follow_any */
  __u16 turn;   /* user space counts it up */
  __u16 begins; /* packets begin to be followed: whatever sees their ends is attached */
  __u16 pad[28];
};

/* What is no lost event, or of which the number is not known. */
enum other_count {
  COUNT_STACKS_SKIPPED = 0, /* stacks that found no slot in the map; their events are there */
  COUNT_LISTS_CUT = 1,      /* lists with more than SKBTRAIL_LISTED_MAX skbs: the rest was not looked at */
  COUNT_TASKS_SKIPPED = 2,  /* processes that found no slot in the table of tasks */
  COUNT_OTHER_FAMILIES = 3, /* hits with skbs of sockets of families that are not asked for */
  /* Hits that were refused although the packet filter did not refuse them at once. */
  COUNT_TAGGED = 4,       /* by the packet filter, in front of whose packet is a VLAN tag */
  COUNT_ELSEWHERE = 5,    /* by namespace or device */
  COUNT_OTHER_OWNER = 6,  /* by --pid or --comm */
  COUNT_NOT_FOLLOWED = 7, /* packets that found no slot in the table of those that are followed */
  COUNT_DOUBTFUL = 8,     /* packets that are followed no more, because another one may be at their address */
  COUNT_OTHERS = 10,
};

/* One per CPU, mapped into user space, on a cache line of its own. Only ever added to. */
struct cpu_losses {
  __u32 lost[REC_LOSS_CAUSES];
  __u32 others[COUNT_OTHERS];
  __u64 pad;
};

#endif
