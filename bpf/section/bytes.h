/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: packet bytes. The headers are copied once, here. Read is what belongs to the linear part and no more, so a
 * record never shows bytes that are not the packet's.
 */
#ifndef SKBTRAIL_SECTION_BYTES_H
#define SKBTRAIL_SECTION_BYTES_H

#include "../early_headers.h"
#include "../view.h"

static __always_inline void no_bytes(struct rec_core* core) {
  core->start_layer = REC_START_NONE;
  core->network_offset = HEADER_UNSET;
}

/* For an skb that has no headers yet: makes them, and the view of them. Returns their length. */
static __always_inline __u32 read_made_headers(struct rec_core* core, __u8* bytes, struct view* view,
                                               const struct sk_buff* skb, const struct sock* sk) {
  __u32 length;

  __builtin_memset(bytes, 0, MADE_HEADERS_MAX);
  length = make_headers(bytes, &core->protocol, skb, sk);
  if (!length) return 0;
  core->flags |= REC_FLAG_MADE_HEADERS;
  core->start_layer = view->layer = REC_START_NETWORK;
  core->network_offset = view->network_offset = 0;
  view->data = length; /* the payload is behind them */
  core->wire_len = wire_length(view, skb);
  view->protocol = core->protocol;
  view->linear = length;
  view->address = as_number(bytes);
  return length;
}

/* Returns how many bytes there are, at most config.snaplen. */
static __always_inline __u32 read_bytes(struct rec_core* core, __u8* bytes, const struct view* view,
                                        const struct sk_buff* skb) {
  __u32 length = view->linear;

  core->wire_len = wire_length(view, skb);
  if (length > config.snaplen) length = config.snaplen;
  BOUNDED(length);
  if (length == 0 || length > config.snaplen) {
    no_bytes(core);
    return 0;
  }
  if (bpf_probe_read_kernel(bytes, length, (const void*)view->address)) {
    core->flags |= REC_FLAG_NO_READ;
    no_bytes(core);
    return 0;
  }
  core->start_layer = view->layer;
  core->network_offset = view->network_offset;
  return length;
}

#endif
