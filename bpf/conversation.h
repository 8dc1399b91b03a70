/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * With --conversation what matched is not a packet alone: its connection is followed, too. Replies and the ICMP errors
 * about it are asked for wherever a packet of the connection was seen before, whatever their addresses are there.
 *
 *   client's namespace            the host's                            the network
 *   10.0.0.2:5000 > VIP:80  ───►  10.0.0.2:5000 > VIP:80
 *                                  NAT: conntrack has both  ─────────►  192.0.2.1:2051 > 198.51.100.7:8080
 *                                                           ◄─────────  its reply, which no filter on the client
 * matches
 *
 * A connection is known by its tuple: protocol, addresses and ports, one key for both directions. It is kept for each
 * namespace where a packet of it was seen, so that equal addresses in another namespace mean nothing; and once for
 * none (netns 0), which says that the connection is followed at all:
 *
 *   a packet matched by itself      its tuple is followed, and in this namespace
 *   a packet is followed, and       its tuple is followed already     then in this namespace, too
 *   its tuple is new here:          conntrack's entry of the packet   then both tuples of the entry, and here:
 *                                   has a tuple that is followed      it was translated
 *                                   neither                           nothing: a tunnel's header is of other
                                                                     packets, too
 *
 *   before a hit is handled    join_conversation()   a packet of a followed connection is followed from here on
 *   after one was asked for    keep_conversation()   its connection is
 *
 * An ICMP error has the tuple of the packet that it quotes. Fragments after the first have no ports, and none is known
 * of them here; they are followed where they were made.
 */
#ifndef SKBTRAIL_CONVERSATION_H
#define SKBTRAIL_CONVERSATION_H

#include "follow.h"

enum conversation_step {
  CONVERSATION_ASK = 0,   /* is the packet of one that is followed? */
  CONVERSATION_BEGIN = 1, /* the packet matched, or what it was made from, and no connection is known of it yet */
  CONVERSATION_KEEP = 2,  /* one is */
};

#define IPV4_FRAGMENT_OFFSET 0x1fff
#define IPV6_FRAGMENT_OFFSET 0xfff8
#define IPV6_EXTENSIONS_MAX  4

#define READ_BYTES(to, from) (bpf_probe_read_kernel(&(to), sizeof(to), (const void*)(from)) == 0)

static __always_inline bool has_ports(__u8 protocol) {
  return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP ||
         protocol == IPPROTO_UDPLITE;
}

/* `at` is the IPv4 header's address, and becomes that of what follows it. */
static __always_inline bool read_tuple_ipv4(struct tuple* tuple, __u64* at, __u8 first) {
  __be16 fragment = 0;

  if (!READ_BYTES(fragment, *at + 6) || fragment & bpf_htons(IPV4_FRAGMENT_OFFSET)) return false;
  if (!READ_BYTES(tuple->protocol, *at + 9)) return false;
  if (!READ_BYTES(tuple->ends[0][0], *at + 12) || !READ_BYTES(tuple->ends[1][0], *at + 16)) return false;
  *at += (first & 0xf) * 4;
  return true;
}

/* Hop-by-hop, routing and destination options: their second byte is the length, in words of 8 bytes after the first. A
 * fragment's header has 8 bytes. */
static __always_inline bool read_tuple_ipv6(struct tuple* tuple, __u64* at) {
  __u8 next[2] = {};

  if (!READ_BYTES(tuple->protocol, *at + 6)) return false;
  if (!READ_BYTES(tuple->ends[0], *at + 8) || !READ_BYTES(tuple->ends[1], *at + 24)) return false;
  *at += 40;
#pragma unroll
  for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
    __u8 protocol = tuple->protocol;
    bool is_fragment = protocol == IPPROTO_FRAGMENT;
    __be16 fragment = 0;

    if (protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_ROUTING && protocol != IPPROTO_DSTOPTS && !is_fragment)
      break;
    if (!READ_BYTES(next, *at)) return false;
    if (is_fragment && (!READ_BYTES(fragment, *at + 2) || fragment & bpf_htons(IPV6_FRAGMENT_OFFSET))) return false;
    tuple->protocol = next[0];
    *at += is_fragment ? 8 : (next[1] + 1) * 8;
  }
  return true;
}

/* 0: neither IPv4 nor IPv6, or not to be read. */
static __always_inline __u8 read_ends(struct tuple* tuple, __u64* at) {
  __u8 first = 0;

  if (!READ_BYTES(first, *at)) return 0;
  tuple->family = first >> 4 == 4 ? AF_INET : AF_INET6;
  if (first >> 4 == 4) return read_tuple_ipv4(tuple, at, first) ? tuple->protocol : 0;
  return first >> 4 == 6 && read_tuple_ipv6(tuple, at) ? tuple->protocol : 0;
}

/* Both ports are the identifier of an echo. False: it has none, and `at` is after the header. */
static __always_inline bool read_echo(struct tuple* tuple, __u64* at, bool* error) {
  bool ipv6 = tuple->protocol == IPPROTO_ICMPV6;
  __u8 type = 0;

  if (!READ_BYTES(type, *at)) return false;
  *error = ipv6 ? type >= 1 && type <= 4 : (type >= 3 && type <= 5) || type == 11 || type == 12;
  if (!READ_BYTES(tuple->ports[0], *at + 4)) return false;
  tuple->ports[1] = tuple->ports[0];
  *at += 8;
  return ipv6 ? type >> 1 == 64 : type == 0 || type == 8;
}

/* `error`: it is an ICMP error, and the packet that it quotes is at `at`. */
static __always_inline bool read_packet(struct tuple* tuple, __u64* at, bool* error) {
  __u8 protocol = HIDDEN_RANGE(read_ends(tuple, at));

  *error = false;
  if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) return read_echo(tuple, at, error);
  return has_ports(protocol) && READ_BYTES(tuple->ports, *at);
}

/* One order of both ends, whichever sends. */
static __always_inline void sort_ends(struct tuple* tuple) {
  __u16 port = tuple->ports[0];
  bool swap = port > tuple->ports[1];

#pragma unroll
  for (int i = 3; i >= 0; i--)
    if (tuple->ends[0][i] != tuple->ends[1][i]) swap = tuple->ends[0][i] > tuple->ends[1][i];
  if (!HIDDEN_RANGE(swap)) return;
  tuple->ports[0] = tuple->ports[1];
  tuple->ports[1] = port;
#pragma unroll
  for (int i = 0; i < 4; i++) {
    __u32 word = tuple->ends[0][i];

    tuple->ends[0][i] = tuple->ends[1][i];
    tuple->ends[1][i] = word;
  }
}

/* From the address of an IP header on. Bytes that are not the packet's can be read as well: what ends beyond `end` is
 * refused afterwards. */
static __always_inline bool read_tuple(struct tuple* tuple, __u64 at, __u64 end) {
  bool error, found = read_packet(tuple, &at, &error);

  if (!found && error) found = read_packet(tuple, &at, &error);
  if (!found || at + sizeof(tuple->ports) > end) return false;
  sort_ends(tuple);
  return true;
}

static __always_inline bool is_followed_tuple(const struct tuple* tuple) {
  const volatile __u8* followed = bpf_map_lookup_elem(&conversations, tuple);

  return followed ? *followed : 0; /* its value, which the compiler cannot take for the pointer */
}

/* In its namespace, and at all. */
static __always_inline void follow_tuple(struct tuple* tuple) {
  __u32 netns = tuple->netns;
  __u8 followed = 1;

  bpf_map_update_elem(&conversations, tuple, &followed, BPF_ANY);
  tuple->netns = 0;
  bpf_map_update_elem(&conversations, tuple, &followed, BPF_ANY);
  tuple->netns = netns;
}

/* That of one direction of conntrack's entry, `hash` being its address in that. */
static __always_inline bool read_tracked(struct tuple* tuple, __u64 hash) {
  __u16 family = 0;

  if (READ_KERNEL(family, nf_conntrack_tuple_hash, hash, tuple.src.l3num)) return false;
  tuple->family = family;
  if (READ_KERNEL(tuple->protocol, nf_conntrack_tuple_hash, hash, tuple.dst.protonum)) return false;
  READ_KERNEL(tuple->ends[0], nf_conntrack_tuple_hash, hash, tuple.src.u3.all);
  READ_KERNEL(tuple->ends[1], nf_conntrack_tuple_hash, hash, tuple.dst.u3.all);
  READ_KERNEL(tuple->ports[0], nf_conntrack_tuple_hash, hash, tuple.src.u.all);
  READ_KERNEL(tuple->ports[1], nf_conntrack_tuple_hash, hash, tuple.dst.u.all);
  if (tuple->protocol == IPPROTO_ICMP || tuple->protocol == IPPROTO_ICMPV6) tuple->ports[1] = tuple->ports[0];
  sort_ends(tuple);
  return true;
}

/* The packet was translated if conntrack knows its connection by another tuple, too: of which one is followed. Global,
 * as conversation() is. */
__noinline int follow_tracked(__u64 skb, __u64 netns) {
  struct tuple tuple = {};
  unsigned long connection = 0;
  int linked = 0;

  if (!bpf_core_field_exists(struct sk_buff___conntrack, _nfct) ||
      !bpf_core_field_exists(struct nf_conn___tuples, tuplehash))
    return 0;
  if (READ_KERNEL(connection, sk_buff___conntrack, skb, _nfct)) return 0;
  connection = (connection & ~7UL) + bpf_core_field_offset(struct nf_conn___tuples, tuplehash);
  if (connection < 4096) return 0;
    /* First whether one is, then both. */
#pragma unroll
  for (int turn = 0; turn < 4; turn++) {
    if (turn == 2 && !linked) break;
    if (!read_tracked(&tuple, connection + (turn & 1) * bpf_core_type_size(struct nf_conntrack_tuple_hash))) break;
    tuple.netns = turn < 2 ? 0 : netns;
    if (turn < 2)
      linked |= is_followed_tuple(&tuple);
    else
      follow_tuple(&tuple);
  }
  return linked;
}

static __always_inline void learn_tuple(struct tuple* tuple, __u64 skb, __u64 netns, __u64 step) {
  tuple->netns = 0;
  if (step == CONVERSATION_KEEP && !is_followed_tuple(tuple)) {
    follow_tracked(skb, netns);
    return;
  }
  tuple->netns = netns;
  follow_tuple(tuple);
}

/* The inode number of the namespace of the skb's device, or of its socket; 0: it has neither. */
static __always_inline __u32 netns_of(__u64 skb) {
  __u64 device = 0, sk = 0, net = 0, loopback = 0, its_net = 0;
  __u32 inode = 0;

  READ_KERNEL(device, sk_buff, skb, dev);
  if (is_kernel_address(device)) READ_KERNEL(net, net_device, device, nd_net.net);
  if (net) READ_KERNEL(loopback, net, net, loopback_dev);
  if (loopback) READ_KERNEL(its_net, net_device, loopback, nd_net.net);
  if (!net || its_net != net) {
    READ_KERNEL(sk, sk_buff, skb, sk);
    net = 0;
    if (sk) READ_KERNEL(net, sock, sk, __sk_common.skc_net.net);
  }
  if (net) READ_KERNEL(inode, net, net, ns.inum);
  return inode;
}

/* CONVERSATION_ASK: whether the packet whose IP header is at `network`, and whose bytes end at `end`, is of a
 * connection that is followed in its namespace; else whether it has a tuple that could be read. Global, so that it is
 * verified by itself. */
__noinline int conversation(__u64 network, __u64 end, __u64 skb, __u64 step) {
  struct tuple tuple = {};
  __u64 netns = netns_of(skb);
  int result = 0;

  if (netns && read_tuple(&tuple, network, end)) {
    tuple.netns = netns;
    result = is_followed_tuple(&tuple);
    if (step != CONVERSATION_ASK) {
      if (!result) learn_tuple(&tuple, skb, netns, step);
      result = 1;
    }
  }
  return result;
}

static __always_inline bool ask_conversations(const struct hit* hit, __u64 step) {
  const struct view* view = &hit->view;

  if (!has_skb(hit) || view->layer == REC_START_NONE || view->network_offset == HEADER_UNSET) return false;
  return conversation(view->address + view->network_offset, view->address + view->linear, as_number(hit->address),
                      step);
}

/* False: the hit is about no skb whose bytes can be looked at. */
static __always_inline bool identify_for_conversation(struct hit* hit, const __u64* context, __u64 number,
                                                      __u64 listed) {
  const volatile struct probe_config* probe;

  if (number >= SKBTRAIL_PROGRAMS) return false;
  probe = &config.probes[number];
  if (probe->skb_via >= VIA_STACK && !is_of_xdp(probe)) return false;
  if (!identify_skb(hit, context, number, listed) || !has_skb(hit)) return false;
  identify_probe(hit, context, number);
  identify_packet(hit, context, probe);
  return true;
}

/* Whether the hit's packet is followed before the filter is asked. */
enum joined {
  JOINED_NOT = 0,
  JOINED = 1,        /* or it was followed before */
  JOINED_AT_END = 2, /* for this hit alone, after which the skb is no more */
};

/* Before the hit is handled. A packet of a connection that is followed is so from here on. Returns enum joined. */
__hidden __noinline int join_conversation(const __u64* context, __u64 number, __u64 listed) {
  struct followed packet = {};
  struct hit hit = {};
  int result = JOINED_NOT;

  if (identify_for_conversation(&hit, context, number, listed)) {
    const volatile struct probe_config* probe = &config.probes[number];

    if (is_followed_at(as_number(hit.address))) {
      result = JOINED;
    } else if (probe->ends != END_BEGUN && ask_conversations(&hit, CONVERSATION_ASK)) {
      begin_at(&hit, &packet, context, probe);
      if (packet.id) set_flag(as_number(hit.address), FOLLOW_TALKS, 1);
      if (packet.id) result = probe->ends == END_HERE ? JOINED_AT_END : JOINED;
    }
  }
  asm volatile("" : "+r"(result));
  return result;
}

/* After a hit that was asked for. `joined` is what join_conversation() said. A packet that matched may have no headers
 * yet; its connection begins where it has some. */
__hidden __noinline int keep_conversation(const __u64* context, __u64 number, __u64 listed, __u64 joined) {
  struct hit hit = {};
  int result = 0;

  if (identify_for_conversation(&hit, context, number, listed)) {
    __u64 address = as_number(hit.address);
    bool talks = flags_of(address) & FOLLOW_TALKS;

    if (ask_conversations(&hit, talks ? CONVERSATION_KEEP : CONVERSATION_BEGIN) && !talks)
      set_flag(address, FOLLOW_TALKS, 1);
    if (joined == JOINED_AT_END) end_following(address, stack_of(context, &config.probes[number]), STACK_IS_DONE);
  }
  asm volatile("" : "+r"(result));
  return result;
}

#endif
