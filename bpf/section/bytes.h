/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: packet bytes. The headers are read once, here, and judged and sent from this one copy. Read is what belongs
 * to the linear part and no more, so a record never shows bytes that are not the packet's.
 */
#ifndef SKBTRAIL_SECTION_BYTES_H
#define SKBTRAIL_SECTION_BYTES_H

#include "../early_headers.h"
#include "../start.h"

/* The bound must hold in the very register that is used; without the barrier the compiler checks one and uses another.
 */
#define BOUNDED(value) asm volatile("" : "+r"(value))

static __always_inline __u32 read_made_headers(struct rec_core* core, __u8* bytes, const struct sk_buff* skb,
                                               const struct sock* sk) {
  __u32 length;

  __builtin_memset(bytes, 0, MADE_HEADERS_MAX);
  length = make_headers(bytes, &core->protocol, skb, sk);
  if (!length) return 0;
  core->flags |= REC_FLAG_MADE_HEADERS;
  core->start_layer = REC_START_NETWORK;
  core->network_offset = 0;
  core->wire_len = length + skb->len;
  return length;
}

/* Returns how many bytes there are, at most config.snaplen. */
static __always_inline __u32 read_bytes(struct rec_core* core, __u8* bytes, const struct sk_buff* skb,
                                        const struct sock* sk, __u16 device_type) {
  __u64 head = (__u64)skb->head;
  __u32 data = (__u64)skb->data - head;
  __u32 tail = skb->tail;
  struct start start;
  __u32 length;

  if (skb->data_len) core->flags |= REC_FLAG_NONLINEAR;
  find_start(&start, skb, device_type, data, tail);
  if (start.layer == REC_START_NONE) return sk ? read_made_headers(core, bytes, skb, sk) : 0;
  /* len counts from data on; what lies between the start and data was pulled, or will be pushed off again. */
  core->wire_len = skb->len + data - start.offset;
  length = tail - start.offset;
  if (length > config.snaplen) length = config.snaplen;
  BOUNDED(length);
  if (length == 0 || length > config.snaplen) return 0;
  if (bpf_probe_read_kernel(bytes, length, (const void*)(head + start.offset))) {
    core->flags |= REC_FLAG_NO_READ;
    return 0;
  }
  core->start_layer = start.layer;
  core->network_offset = start.network_offset;
  return length;
}

#endif
