/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Headers for an skb that has none yet. TCP queues and retransmits skbs that are pure payload: IP and TCP headers are
 * written into a clone later. So that such a packet is seen, and can be filtered, its headers are made here from the
 * socket and TCP's control block, as an IPv4 or IPv6 header without options and a TCP header without options.
 *
 * What is not known at this place stays zero: checksums, IP id, hop limit, window. The record says MADE_HEADERS.
 */
#ifndef SKBTRAIL_EARLY_HEADERS_H
#define SKBTRAIL_EARLY_HEADERS_H

#include "core.h"
#include "protocols.h"

struct made_ipv4 {
  __u8 version_length;
  __u8 tos;
  __be16 total_length;
  __be16 id;
  __be16 fragment;
  __u8 ttl;
  __u8 protocol;
  __be16 checksum;
  __be32 source;
  __be32 destination;
};

struct made_ipv6 {
  __be32 version_class_flow;
  __be16 payload_length;
  __u8 next_header;
  __u8 hop_limit;
  __be32 source[4];
  __be32 destination[4];
};

struct made_tcp {
  __be16 source;
  __be16 destination;
  __be32 seq;
  __be32 ack;
  __u8 data_offset;
  __u8 flags;
  __be16 window;
  __be16 checksum;
  __be16 urgent;
};

#define MADE_HEADERS_MAX (sizeof(struct made_ipv6) + sizeof(struct made_tcp))
#define TCP_FLAG_ACK     0x10

static __always_inline __be16 made_length(__u32 length) {
  return bpf_htons(length > 0xffff ? 0xffff : length);
}

static __always_inline void make_tcp(struct made_tcp* tcp, const struct sk_buff* skb, const struct sock* sk) {
  const struct tcp_sock* tp = TYPED(tcp_sock, sk);
  struct tcp_skb_cb cb = {};
  __u64 address = (__u64)skb + bpf_core_field_offset(struct sk_buff, cb);

  READ_KERNEL(cb.seq, tcp_skb_cb, address, seq);
  READ_KERNEL(cb.tcp_flags, tcp_skb_cb, address, tcp_flags);
  tcp->source = bpf_htons(LOAD(sk, __sk_common.skc_num));
  tcp->destination = LOAD(sk, __sk_common.skc_dport);
  tcp->seq = bpf_htonl(cb.seq);
  tcp->data_offset = sizeof(*tcp) / 4 << 4;
  tcp->flags = cb.tcp_flags;
  if (cb.tcp_flags & TCP_FLAG_ACK) {
    __u32 rcv_nxt = 0;
    READ_KERNEL(rcv_nxt, tcp_sock, (__u64)tp, rcv_nxt);
    tcp->ack = bpf_htonl(rcv_nxt);
  }
}

/* A socket for both versions that is connected over IPv4: its peer's address is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), and
 * the addresses of IPv4 are set as well. */
static __always_inline bool is_mapped(const struct sock* sk) {
  return !LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[0]) &&
         !LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[1]) &&
         LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]) == bpf_htonl(0xffff);
}

/* Writes headers to `bytes` (MADE_HEADERS_MAX of them, zeroed) and their ethertype to `protocol`. Returns their length,
 * 0 where this socket tells too little. */
static __always_inline __u32 make_headers(__u8* bytes, __be16* protocol, const struct sk_buff* skb,
                                          const struct sock* sk) {
  __u8 state = LOAD(sk, __sk_common.skc_state);
  __u16 family = LOAD(sk, __sk_common.skc_family);
  __u32 segment = sizeof(struct made_tcp) + skb->len;

  /* A request or time-wait socket is a smaller struct. */
  if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV) return 0;
  if (LOAD(sk, sk_protocol) != IPPROTO_TCP) return 0;

  if (family == AF_INET6 && is_mapped(sk)) family = AF_INET;
  if (family == AF_INET6) {
    struct made_ipv6* ip = (void*)bytes;

    ip->version_class_flow = bpf_htonl(6u << 28);
    ip->payload_length = made_length(segment);
    ip->next_header = IPPROTO_TCP;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      ip->source[i] = LOAD(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
      ip->destination[i] = LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[i]);
    }
    make_tcp((void*)(ip + 1), skb, sk);
    *protocol = bpf_htons(ETH_P_IPV6);
    return sizeof(struct made_ipv6) + sizeof(struct made_tcp);
  }
  if (family == AF_INET) {
    struct made_ipv4* ip = (void*)bytes;

    ip->version_length = 0x45;
    ip->total_length = made_length(sizeof(*ip) + segment);
    ip->protocol = IPPROTO_TCP;
    ip->source = LOAD(sk, __sk_common.skc_rcv_saddr);
    ip->destination = LOAD(sk, __sk_common.skc_daddr);
    make_tcp((void*)(ip + 1), skb, sk);
    *protocol = bpf_htons(ETH_P_IP);
    return sizeof(struct made_ipv4) + sizeof(struct made_tcp);
  }
  return 0;
}

#endif
