/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Headers for an skb that has none yet, or not all: they are made, as an IPv4 or IPv6 header without options and a TCP
 * or UDP header without options.
 *
 *   TCP   queues and retransmits skbs that are pure payload; the headers are written into a clone later. Addresses and
 *         ports are the socket's, the rest is TCP's control block's. Where the TCP header is written and the IP header
 * is not (tcp_v4_send_check to ip_queue_xmit), it is that one without its options. UDP   at udp_send_skb and
 * udp_v6_send_skb has an IP header but no UDP header. Both functions take the ports from what is read here: the
 * destination from the flow, which alone knows it of a socket that is not connected.
 *
 * What is not known at this point stays zero: checksums, TCP's IP id, hop limit and window. The record says
 * MADE_HEADERS.
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

struct made_udp {
  __be16 source;
  __be16 destination;
  __be16 length;
  __be16 checksum;
};

#define MADE_HEADERS_MAX (sizeof(struct made_ipv6) + sizeof(struct made_tcp))
#define TCP_FLAG_ACK     0x10

/* What was made, and of how many bytes of the skb, from data on, it replaces. */
struct made {
  __u32 length;
  __u32 replaced;
  __be16 protocol; /* ethertype */
};

/* What a length field of 16 bits says, without a branch: `more` where the length does not fit. */
static __always_inline __be16 length_field(__u32 length, __u16 more) {
  __u16 fits = ((length >> 16) - 1) >> 16; /* all bits, or none */

  barrier_var(fits);
  return bpf_htons(((__u16)length & fits) | (more & ~fits));
}

static __always_inline __be16 made_length(__u32 length) {
  return length_field(length, 0xffff);
}

/* The TCP header that is written already: then it begins at data. Returns how long it is with its options, 0: none. */
static __always_inline __u32 take_tcp(struct made_tcp* tcp, const struct sk_buff* skb) {
  __u64 data = as_number(skb->data);
  __u32 length;

  if (data - as_number(skb->head) != skb->transport_header || skb->len < sizeof(*tcp)) return 0;
  if (bpf_probe_read_kernel(tcp, sizeof(*tcp), (const void*)data)) return 0;
  length = tcp->data_offset >> 4 << 2;
  if (length < sizeof(*tcp) || length > skb->len) return 0;
  return length;
}

/* Returns how many bytes of the skb are this header. */
static __always_inline __u32 make_tcp(struct made_tcp* tcp, const struct sk_buff* skb, const struct sock* sk) {
  const struct tcp_sock* tp = TYPED(tcp_sock, sk);
  struct tcp_skb_cb cb = {};
  __u64 address = (__u64)skb + bpf_core_field_offset(struct sk_buff, cb);
  __u32 written = take_tcp(tcp, skb);

  tcp->source = bpf_htons(LOAD(sk, __sk_common.skc_num));
  tcp->destination = LOAD(sk, __sk_common.skc_dport);
  tcp->data_offset = sizeof(*tcp) / 4 << 4;
  tcp->checksum = 0;
  if (written) return written;
  READ_KERNEL(cb.seq, tcp_skb_cb, address, seq);
  READ_KERNEL(cb.tcp_flags, tcp_skb_cb, address, tcp_flags);
  tcp->seq = bpf_htonl(cb.seq);
  tcp->ack = 0;
  tcp->flags = cb.tcp_flags;
  tcp->window = tcp->urgent = 0;
  if (cb.tcp_flags & TCP_FLAG_ACK) {
    __u32 rcv_nxt = 0;
    READ_KERNEL(rcv_nxt, tcp_sock, (__u64)tp, rcv_nxt);
    tcp->ack = bpf_htonl(rcv_nxt);
  }
  return 0;
}

/* A socket for both versions that is connected over IPv4: its peer's address is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), and
 * the addresses of IPv4 are set as well. */
static __always_inline bool is_mapped(const struct sock* sk) {
  return !LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[0]) &&
         !LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[1]) &&
         LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]) == bpf_htonl(0xffff);
}

/* Writes the headers of a TCP packet to `bytes` (MADE_HEADERS_MAX of them, zeroed). Nothing, a length of 0, where this
 * socket tells too little: it has no peer (one that listens, one that sends for those that are no more), or is a
 * smaller struct (a request, time-wait). */
static __always_inline void make_tcp_headers(struct made* made, __u8* bytes, const struct sk_buff* skb,
                                             const struct sock* sk) {
  __u8 state = LOAD(sk, __sk_common.skc_state);
  __u16 family = LOAD(sk, __sk_common.skc_family);
  __u32 segment;

  made->length = 0;
  if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV) return;
  if (LOAD(sk, sk_protocol) != IPPROTO_TCP || !LOAD(sk, __sk_common.skc_dport)) return;

  if (family == AF_INET6 && is_mapped(sk)) family = AF_INET;
  if (family == AF_INET6) {
    struct made_ipv6* ip = (void*)bytes;

    made->replaced = make_tcp((void*)(ip + 1), skb, sk);
    segment = sizeof(struct made_tcp) + skb->len - made->replaced;
    ip->version_class_flow = bpf_htonl(6u << 28);
    ip->payload_length = made_length(segment);
    ip->next_header = IPPROTO_TCP;
#pragma unroll
    for (int i = 0; i < 4; i++) {
      ip->source[i] = LOAD(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
      ip->destination[i] = LOAD(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[i]);
    }
    made->protocol = bpf_htons(ETH_P_IPV6);
    made->length = sizeof(*ip) + sizeof(struct made_tcp);
  } else if (family == AF_INET) {
    struct made_ipv4* ip = (void*)bytes;

    made->replaced = make_tcp((void*)(ip + 1), skb, sk);
    segment = sizeof(struct made_tcp) + skb->len - made->replaced;
    ip->version_length = 0x45;
    ip->total_length = made_length(sizeof(*ip) + segment);
    ip->protocol = IPPROTO_TCP;
    ip->source = LOAD(sk, __sk_common.skc_rcv_saddr);
    ip->destination = LOAD(sk, __sk_common.skc_daddr);
    made->protocol = bpf_htons(ETH_P_IP);
    made->length = sizeof(*ip) + sizeof(struct made_tcp);
  }
}

/* Where the UDP header will be, from data on. */
static __always_inline __u32 udp_offset(const struct sk_buff* skb) {
  return as_number(skb->head) + skb->transport_header - as_number(skb->data);
}

/* The same of a UDP packet whose IP header is written but for its length. */
static __always_inline void make_udp_headers(struct made* made, __u8* bytes, const struct sk_buff* skb,
                                             const struct sock* sk, __u64 flow) {
  const void* network = (const void*)(as_number(skb->head) + skb->network_header);
  __u32 offset = HIDDEN_RANGE(udp_offset(skb)), datagram = skb->len - offset;
  struct made_udp* udp;

  made->length = 0;
  made->replaced = offset + sizeof(struct made_udp);
  if (bpf_probe_read_kernel(bytes, sizeof(struct made_ipv4), network)) return;
  if (bytes[0] >> 4 == 4) {
    struct made_ipv4* ip = (void*)bytes;

    ip->version_length = 0x45;
    ip->total_length = made_length(sizeof(*ip) + datagram);
    ip->checksum = 0;
    udp = (void*)(ip + 1);
    READ_KERNEL(udp->source, inet_sock, (__u64)sk, inet_sport);
    READ_KERNEL(udp->destination, flowi4, flow, uli.ports.dport);
    made->protocol = bpf_htons(ETH_P_IP);
    made->length = sizeof(*ip) + sizeof(struct made_udp);
  } else if (bytes[0] >> 4 == 6) {
    struct made_ipv6* ip = (void*)bytes;

    if (bpf_probe_read_kernel(bytes, sizeof(*ip), network)) return;
    ip->payload_length = made_length(datagram);
    ip->next_header = LOAD(sk, sk_protocol); /* and not that of an extension header */
    udp = (void*)(ip + 1);
    READ_KERNEL(udp->source, flowi6, flow, uli.ports.sport);
    READ_KERNEL(udp->destination, flowi6, flow, uli.ports.dport);
    made->protocol = bpf_htons(ETH_P_IPV6);
    made->length = sizeof(*ip) + sizeof(struct made_udp);
  } else {
    return;
  }
  udp->length = made_length(datagram);
}

/* In a copied IP header, what is written last. `bytes` has room for an IPv6 header, of which `length` were copied. */
static __always_inline void write_length(__u8* bytes, __u32 length, __u32 packet) {
  if (bytes[0] >> 4 == 4 && length >= sizeof(struct made_ipv4)) {
    struct made_ipv4* ip = (void*)bytes;

    ip->total_length = length_field(packet, 0);
    ip->checksum = 0;
  } else if (bytes[0] >> 4 == 6 && length >= sizeof(struct made_ipv6)) {
    struct made_ipv6* ip = (void*)bytes;

    packet -= sizeof(*ip);
    ip->payload_length = length_field(packet, 0);
  }
}

#endif
