/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --inner: the packet inside a tunnel, evaluated by the second filter. Found here is where it starts:
 *
 *   [Ethernet [tags]] IPv4 | IPv6 [extension headers]
 *       protocol 4, 41              IPIP, 6in4 and their like: an IP header
 *       GRE (RFC 2784, 2890)        by its protocol type: IP, Ethernet (0x6558), another ethertype
 *       UDP to 4789 or 8472         VXLAN (RFC 7348; 8472 is Linux's older port): Ethernet
 *       UDP to 6081                 Geneve (RFC 8926): by its protocol type
 *
 * One level: the inner packet of the outermost tunnel. A fragment but the first has no such header. Every header is
 * read by address; this is rare work, after all other conditions.
 */
#ifndef SKBTRAIL_INNER_H
#define SKBTRAIL_INNER_H

#include "packet_filter.h"

/* Tags and extension headers that are walked through. */
#define INNER_TAGS_MAX       2
#define INNER_EXTENSIONS_MAX 4

/* A walk over the linear part; `at` is the offset of the next header. */
struct walk {
  __u64 address;
  __u32 linear;
  __u32 at;
  __u16 ethertype; /* of the header at `at` */
  __u8 protocol;   /* the same, after an IP header */
  bool cut;        /* a header is not in the linear part */
};

/* Copies the first bytes of the next header. */
static __always_inline bool peek(struct walk* walk, void* to, __u32 length) {
  if (walk->at > 0xffff || walk->at + length > walk->linear) {
    walk->cut = true;
    return false;
  }
  return !bpf_probe_read_kernel(to, length, (const void*)(walk->address + walk->at));
}

static __always_inline bool walk_to_network(struct walk* walk, __u32 layer, __be16 protocol) {
  __be16 word[2];

  walk->ethertype = bpf_ntohs(protocol);
  if (layer == REC_START_LINK) {
    walk->at = ETHERNET_HEADER - sizeof(__be16);
    if (!peek(walk, word, sizeof(__be16))) return false;
    walk->ethertype = bpf_ntohs(word[0]);
    walk->at = ETHERNET_HEADER;
  }
  for (int i = 0; i < INNER_TAGS_MAX; i++) {
    if (walk->ethertype != ETH_P_8021Q && walk->ethertype != ETH_P_8021AD) break;
    if (!peek(walk, word, sizeof(word))) return false;
    walk->ethertype = bpf_ntohs(word[1]);
    walk->at += sizeof(word);
  }
  return true;
}

static __always_inline bool walk_ipv6(struct walk* walk) {
  __u8 header[8];

  if (!peek(walk, header, 8)) return false;
  walk->protocol = header[6];
  walk->at += 40;
  for (int i = 0; i < INNER_EXTENSIONS_MAX; i++) {
    __u8 kind = walk->protocol;

    if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_ROUTING && kind != IPPROTO_DSTOPTS && kind != IPPROTO_FRAGMENT)
      return true;
    if (!peek(walk, header, 8)) return false;
    if (kind == IPPROTO_FRAGMENT && ((header[2] << 8 | header[3]) & 0xfff8)) return false;
    walk->protocol = header[0];
    walk->at += kind == IPPROTO_FRAGMENT ? 8 : 8 + header[1] * 8;
  }
  return true;
}

static __always_inline bool walk_ip(struct walk* walk) {
  __u8 header[20];

  if (!peek(walk, header, 1)) return false;
  if (header[0] >> 4 == 6) return walk_ipv6(walk);
  if (header[0] >> 4 != 4 || !peek(walk, header, 20)) return false;
  if ((header[6] << 8 | header[7]) & 0x1fff) return false;
  walk->protocol = header[9];
  walk->at += (header[0] & 0xf) * 4;
  return true;
}

static __always_inline bool walk_gre(struct walk* walk) {
  __be16 header[2];
  __u16 flags;

  if (!peek(walk, header, sizeof(header))) return false;
  flags = bpf_ntohs(header[0]);
  if (flags & 0x4007) return false; /* routing, or a version but 0 */
  walk->ethertype = bpf_ntohs(header[1]);
  walk->at += 4 + (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) + (flags & 0x1000 ? 4 : 0);
  return true;
}

static __always_inline bool walk_udp(struct walk* walk) {
  __u8 header[8];
  __u16 port;

  if (!peek(walk, header, 8)) return false;
  port = header[2] << 8 | header[3];
  walk->at += 8;
  if (!peek(walk, header, 8)) return false;
  if (port == PORT_VXLAN || port == PORT_VXLAN_LINUX) {
    walk->at += 8;
    walk->ethertype = ETH_P_TEB;
    return header[0] & 0x08; /* the identifier is valid */
  }
  walk->at += 8 + (header[0] & 0x3f) * 4;
  walk->ethertype = header[2] << 8 | header[3];
  return port == PORT_GENEVE && header[0] >> 6 == 0;
}

static __always_inline bool walk_to_inner(struct walk* walk) {
  if (walk->ethertype != ETH_P_IP && walk->ethertype != ETH_P_IPV6) return false;
  if (!walk_ip(walk)) return false;
  switch (walk->protocol) {
    case IPPROTO_IPIP: walk->ethertype = ETH_P_IP; return true;
    case IPPROTO_IPV6: walk->ethertype = ETH_P_IPV6; return true;
    case IPPROTO_GRE: return walk_gre(walk);
    case IPPROTO_UDP: return walk_udp(walk);
    default: return false;
  }
}

/* What find_inner() returns: the offset of the inner packet in the lower 32 bits, its ethertype above, and one of
 * these, or nothing for a packet that is no tunnel's. */
#define INNER_FOUND (1ULL << 48)
#define INNER_CUT   (1ULL << 49) /* a header is not in the linear part */

/* Global, so that it is verified by itself and not with all that comes before and after it. */
__noinline __u64 find_inner(__u64 address, __u32 linear, __u32 layer, __u32 protocol) {
  struct walk walk = {.address = address, .linear = linear};

  if (walk_to_network(&walk, layer, protocol) && walk_to_inner(&walk))
    return walk.at < walk.linear ? INNER_FOUND | (__u64)walk.ethertype << 32 | walk.at : INNER_CUT;
  return walk.cut ? INNER_CUT : 0;
}

/* FILTER_OUT_OF_RANGE is not looked into further: fragments are not gathered here.
 * Where the filter is evaluated on a copy, `memory` is what it may look at; it finds nothing there and fetches all. */
static __always_inline __u32 filter_inner(const struct view* view, const struct sk_buff* skb, const void* memory) {
  __u64 found, variant = FILTER_INNER_LINK, length;
  __u32 at;

  if (view->layer == REC_START_NONE) return FILTER_NO;
  found = HIDDEN_RANGE(find_inner(view->address, view->linear, view->layer, view->protocol));
  if (!(found & INNER_FOUND)) return HIDDEN_RANGE(found & INNER_CUT ? FILTER_OUT_OF_RANGE : FILTER_NO);
  at = found;
  found = found >> 32 & 0xffff;
  if (found != ETH_P_TEB) variant = FILTER_INNER_NETWORK;
  variant = HIDDEN_RANGE(found << 32 | variant << 48);
  length = HIDDEN_RANGE((wire_length(view, skb) - at) | (__u64)type_of(view, skb) << 32);
  return HIDDEN_RANGE(packet_filter(config.bytes_type ? 0 : (__u64)memory, variant, length,
                                    HIDDEN_RANGE(view->address + at), HIDDEN_RANGE(view->linear - at)));
}

#endif
