/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of a packet as they lie in the skb's linear part, and what a filter has to know beside them. Nothing is
 * read of the bytes here, and nothing of the skb that only some filters need.
 *
 *          start       data             tail
 *   head ..|------------- linear -------|..        and data_len bytes more in page fragments
 *          address
 */
#ifndef SKBTRAIL_VIEW_H
#define SKBTRAIL_VIEW_H

#include "start.h"

struct view {
  __u64 address;   /* of the first byte */
  __u32 linear;    /* bytes from there that are the packet's and can be read there */
  __u32 data;      /* of skb->data, from the start; where data comes first, this is negative */
  __u32 tag;       /* TPID << 16 | TCI of a tag that is not in the bytes; 0: none */
  __be16 protocol; /* skb->protocol; 0: the IP header's version tells */
  __u16 network_offset;
  __u8 layer;     /* enum rec_start; with REC_START_NONE nothing above but protocol and tag is known */
  __u8 direction; /* enum packet_direction, where the filter asks for it */
};

/* `device_type` and `headers` as in find_start. */
static __always_inline void view_packet(struct view* view, const struct sk_buff* skb, __u16 device_type,
                                        __u64 headers) {
  __u64 head = (__u64)skb->head;
  __u32 data = (__u64)skb->data - head;
  __u32 tail = skb->tail;
  struct start start;

  /* It may still be that of the packet in a tunnel. */
  view->protocol = headers == HEADERS_NO_LENGTH ? 0 : skb->protocol;
  view->tag = HIDDEN_RANGE(vlan_tag(skb));
  find_start(&start, skb, device_type, headers, data, tail);
  view->layer = HIDDEN_RANGE(start.layer);
  view->network_offset = HIDDEN_RANGE(start.network_offset);
  view->address = as_number((const void*)(head + start.offset)); /* a pointer to some verifiers (7.2) */
  view->linear = HIDDEN_RANGE(tail - start.offset);
  view->data = HIDDEN_RANGE(data - start.offset);
}

/* The packet's length from the start on, fragments included. skb->len counts from data on; what lies before was pulled,
 * or will be pushed off again. */
static __always_inline __u32 wire_length(const struct view* view, const struct sk_buff* skb) {
  return skb->len + view->data;
}

static __always_inline __u8 packet_type(const struct sk_buff* skb) {
  return BPF_CORE_READ_BITFIELD(skb, pkt_type);
}

#endif
