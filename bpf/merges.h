/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a followed skb becomes part of another one: by GRO, in a socket's queue, in a datagram that is put together. It
 * is nowhere seen after that, and may be freed without an event, so that it has to be told here. The record has
 *
 *   core     the skb's address, which is no packet any more: no bytes, no device
 *   follow   its id and trail; the parent is the id of the skb that it is part of now, 0: that one is not followed
 *
 * Programs are on fexit, for a function may refuse. Like those of lineage.h they run where every end of an skb is seen,
 * and tell of what is followed alone. `config.merges` has the numbers of the probes by which their records go.
 */
#ifndef SKBTRAIL_MERGES_H
#define SKBTRAIL_MERGES_H

#include "build.h"
#include "lineage.h"

static __always_inline bool look_up_followed(__u64 address, __u64 stack, struct followed* packet) {
  if (config.follow_hash) return find_in_hash(address, stack, END_BEGUN, packet);
  return find_followed(address, stack, END_BEGUN, packet);
}

/* Global, so that the verifier goes through it once, and not for each skb of a list. */
__noinline int tell_merge(__u64 part, __u64 whole, __u64 stack, __u32 point) {
  struct {
    struct rec_core core;
    struct rec_follow follow;
  } record = {};
  struct followed packet = {};
  int result = 0;

  if (look_up_followed(whole, stack, &packet)) record.follow.parent = packet.id;
  if (!look_up_followed(part, stack, &packet)) return 0;
  record.follow.id = packet.id;
  record.follow.trail = packet.trail;
  record.follow.stack = stack;
  record.follow.kind = point == MERGE_REASSEMBLY ? REC_LINEAGE_REASSEMBLED : REC_LINEAGE_MERGED;
  record.follow.flags = REC_FOLLOW_EXACT;
  record.core.skb = part;
  record.core.probe = config.merges[point & (MERGE_POINTS - 1)];
  record.core.flags = REC_FLAG_SKB_NOT_OWNED;
  record.core.sections = REC_SECTION_FOLLOW;
  record.core.network_offset = HEADER_UNSET;
  stamp(&record.core);
  emit(&record.core, sizeof(record));
  asm volatile("" : "+r"(result));
  return result;
}

#define MERGES(function, whole_at, part_at, did, point)                                                  \
  SEC("?fexit") int merged_by_##function(const __u64* context) {                                         \
    if (is_anything_followed() && (did))                                                                 \
      tell_merge(number_at(context, part_at), number_at(context, whole_at), this_stack(context), point); \
    return 0;                                                                                            \
  }

MERGES(skb_gro_receive, 0, 1, !(__u32)context[2], MERGE_GRO)
MERGES(skb_gro_receive_list, 0, 1, !(__u32)context[2], MERGE_GRO_LIST)
MERGES(skb_try_coalesce, 0, 1, (__u8)context[4], MERGE_COALESCE)

/* What could not be taken over into the datagram's own pages is in its frag_list. */
SEC("?fexit") int merged_by_inet_frag_reasm_finish(const __u64* context) {
  __u64 whole = number_at(context, 1), next;

  if (!is_anything_followed()) return 0;
  next = frag_list_of(whole);
  for (int i = 0; i < SKBTRAIL_CHILDREN_MAX; i++) {
    if (!is_object(next)) return 0;
    tell_merge(next, whole, this_stack(context), MERGE_REASSEMBLY);
    READ_KERNEL(next, list_head, next + bpf_core_field_offset(struct sk_buff, list), next);
  }
  return 0;
}

#endif
