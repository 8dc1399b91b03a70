/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the skb's own fields (--meta). The part after skb->end (struct skb_shared_info) is not typed and is read by
 * address.
 */
#ifndef SKBTRAIL_SECTION_SKB_H
#define SKBTRAIL_SECTION_SKB_H

#include "../source.h"

static __always_inline void fill_skb(struct rec_skb* section, const struct source* from) {
  const struct sk_buff* skb = from->skb;
  __u64 shared;
  long failed;

  if (!skb) return;
  shared = (__u64)skb->head + skb->end;
  __builtin_memset(section, 0, sizeof(*section));
  section->data_len = skb->data_len;
  section->truesize = skb->truesize;
  section->hash = skb->hash;
  section->priority = skb->priority;
  section->napi_id = skb->napi_id;
  section->iif = skb->skb_iif;
  section->tail = skb->tail;
  section->end = skb->end;
  section->users = skb->users.refs.counter;
  section->queue_mapping = skb->queue_mapping;
  section->mac_len = skb->mac_len;
  section->headroom = (__u64)skb->data - (__u64)skb->head;
  section->mac_header = skb->mac_header;
  section->network_header = skb->network_header;
  section->transport_header = skb->transport_header;
  section->ip_summed = BPF_CORE_READ_BITFIELD(skb, ip_summed);
  section->cloned = BPF_CORE_READ_BITFIELD(skb, cloned);
  section->encapsulation = BPF_CORE_READ_BITFIELD(skb, encapsulation);

  __u8 nr_frags = 0;
  __u32 dataref = 0;
  failed = READ_KERNEL(nr_frags, skb_shared_info, shared, nr_frags);
  failed |= READ_KERNEL(section->gso_size, skb_shared_info, shared, gso_size);
  failed |= READ_KERNEL(section->gso_segs, skb_shared_info, shared, gso_segs);
  failed |= READ_KERNEL(section->gso_type, skb_shared_info, shared, gso_type);
  failed |= READ_KERNEL(dataref, skb_shared_info, shared, dataref.counter);
  section->nr_frags = nr_frags;
  section->dataref = dataref;
  section->shared_known = !failed;
}

#endif
