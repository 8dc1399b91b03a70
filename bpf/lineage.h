/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that make no events: they end what is followed, and follow what is made from it.
 *
 *   ends       where functions can be traced, the tracepoints of frees, and all that gives the memory of an skb back,
 *              so that an address is one packet's until then (config.follow_exact); where not, such tracepoints that
 *              are no probes, and, if asked for, those of the slab
 *   lineage    functions that make an skb from another. The new one has an id of its own, the trail of the other one,
 *              and its id as the parent's
 *
 * They hang on fentry and fexit, which are not kept out by another program that runs on this CPU, as kprobes are. Of
 * 3,000 to 9,000 lives on 5.10, 6.1, 6.12 and 7.2 these ends missed none, and ended none too early: an skb freed by
 * kfree_skb() or consume_skb() passes kfree_skbmem() or napi_skb_cache_put() (__kfree_skb_defer() before 6.4), one that
 * gave its head to another kfree_skb_partial() or napi_skb_free_stolen_head(), and in bulk it passes the tracepoint
 * alone (net/core/skbuff.c).
 */
#ifndef SKBTRAIL_LINEAGE_H
#define SKBTRAIL_LINEAGE_H

#include "follow.h"

static __always_inline __u64 this_stack(const __u64* context) {
  return as_number(context) >> STACK_BITS;
}

static __always_inline __u64 number_at(const __u64* context, __u32 at) {
  __u64 number = context[at];

  POINTER_TO_NUMBER(number);
  return number;
}

static __always_inline int ended(const __u64* context, __u32 skb_at, enum stack_after after) {
  if (is_anything_followed()) end_following(number_at(context, skb_at), this_stack(context), after);
  return 0;
}

/* Two programs at each end: the kernel skips one that an interrupt finds running on its CPU (commits ca06f55b9002 of
 * 5.12 and 05b24ff9b2cf of 6.1), and all that the interrupt frees would be followed for ever. The other one runs then.
 */
#define ENDS(section, function, skb_at, after)              \
  SEC(section) int end_##function(const __u64* context) {   \
    return ended(context, skb_at, after);                   \
  }                                                         \
  SEC(section) int again_##function(const __u64* context) { \
    return ended(context, skb_at, after);                   \
  }

/* What frees an skb at a tracepoint may call functions that are probes, with the skb. */
#define AFTER_TRACEPOINT (config.follow_exact ? STACK_STAYS : STACK_IS_DONE)
ENDS("?tp_btf", kfree_skb, 0, AFTER_TRACEPOINT)
ENDS("?tp_btf", consume_skb, 0, AFTER_TRACEPOINT)
ENDS("?fentry", kfree_skbmem, 0, STACK_IS_DONE)
ENDS("?fentry", napi_skb_cache_put, 0, STACK_IS_DONE)
ENDS("?fentry", kfree_skb_partial, 0, STACK_IS_DONE)
ENDS("?fentry", napi_skb_free_stolen_head, 0, STACK_IS_DONE)

/* The slab gives this memory away, or gets it back: what was followed there is no more. Without types, for a pointer to
 * const void is none to older verifiers (6.12). */
#define IS_MEMORY(tracepoint, pointer_at)                     \
  SEC("?raw_tp") int end_##tracepoint(const __u64* context) { \
    return ended(context, pointer_at, STACK_IS_KEPT);         \
  }
IS_MEMORY(kmem_cache_alloc, 1)
IS_MEMORY(kmem_cache_free, 1)

static __always_inline void inherit(__u64 parent, __u64 child, __u32 kind) {
  if (config.follow_hash)
    inherit_in_hash(parent, child, kind);
  else
    inherit_in_table(parent, child, kind);
}

/* The skb at `child` is a new one, made from the other. What is followed at its address is not: its end was not seen,
 * because the kernel skips a program that an interrupt finds running on its CPU. */
static __always_inline void inherit_as_new(__u64 parent, __u64 child, __u32 kind) {
  end_following(child, 0, STACK_IS_KEPT);
  inherit(parent, child, kind);
}

/* Each skb of a list that ends with NULL was made from the one at `parent`; of a longer one the rest is counted as not
 * followed. Numbers have 64 bits for the reason of handle(). */
__noinline int inherit_list(__u64 parent, __u64 first, __u64 kind, __u64 are_new) {
  __u64 next = first;

  for (int i = 0; i < SKBTRAIL_CHILDREN_MAX; i++) {
    if (!is_object(next)) return 0;
    if (are_new) end_following(next, 0, STACK_IS_KEPT);
    inherit(parent, next, kind);
    READ_KERNEL(next, list_head, next + bpf_core_field_offset(struct sk_buff, list), next);
  }
  if (is_object(next)) count_other(COUNT_NOT_FOLLOWED);
  return 0;
}

#define MAKES(function, parent_at, result_at, kind)                                                                 \
  SEC("?fexit") int made_by_##function(const __u64* context) {                                                      \
    if (is_anything_followed()) inherit_as_new(number_at(context, parent_at), number_at(context, result_at), kind); \
    return 0;                                                                                                       \
  }

MAKES(skb_clone, 0, 2, REC_LINEAGE_CLONE)
/* For the reason of ENDS(): clones are made in every interrupt that receives. What the other one did stays as it is. */
SEC("?fexit") int again_skb_clone(const __u64* context) {
  if (is_anything_followed()) inherit(number_at(context, 0), number_at(context, 2), REC_LINEAGE_CLONE);
  return 0;
}
MAKES(skb_copy, 0, 2, REC_LINEAGE_COPY)
MAKES(__pskb_copy_fclone, 0, 4, REC_LINEAGE_COPY)
MAKES(skb_copy_expand, 0, 4, REC_LINEAGE_COPY)
MAKES(ip_frag_next, 0, 2, REC_LINEAGE_FRAGMENT)
MAKES(ip6_frag_next, 0, 2, REC_LINEAGE_FRAGMENT)

/* Becomes what the other one is: the fragment of a datagram that came last, when it is put together. */
SEC("?fentry") int made_by_skb_morph(const __u64* context) {
  if (is_anything_followed()) inherit(number_at(context, 1), number_at(context, 0), REC_LINEAGE_CLONE);
  return 0;
}

/* What TCP has too much of in one skb goes into another. */
SEC("?fentry") int made_by_skb_split(const __u64* context) {
  if (is_anything_followed()) inherit(number_at(context, 0), number_at(context, 1), REC_LINEAGE_SEGMENT);
  return 0;
}

/* While TCP sends an skb of its retransmit queue once more, the clone or copy that goes out is made from it. The outer
 * function, too: compilers split the inner one, and call a part of it (Debian's 6.1). */
#define RESENDS(hook, program, function, is_sent)            \
  SEC(hook) int program##_##function(const __u64* context) { \
    if (!is_anything_followed()) return 0;                   \
    set_flag(number_at(context, 1), FOLLOW_RESENT, is_sent); \
    return 0;                                                \
  }

RESENDS("?fentry", enter, tcp_retransmit_skb, 1)
RESENDS("?fexit", leave, tcp_retransmit_skb, 0)
RESENDS("?fentry", enter, __tcp_retransmit_skb, 1)
RESENDS("?fexit", leave, __tcp_retransmit_skb, 0)

#define MAKES_LIST(function, parent_at, result_at)                                                        \
  SEC("?fexit") int made_by_##function(const __u64* context) {                                            \
    if (is_anything_followed())                                                                           \
      inherit_list(number_at(context, parent_at), number_at(context, result_at), REC_LINEAGE_SEGMENT, 1); \
    return 0;                                                                                             \
  }

MAKES_LIST(skb_segment, 0, 2)
MAKES_LIST(skb_segment_list, 0, 3)

/* XDP programs want room in front of the packet, and pages of their own: an skb that has not is built anew, and the
 * other one is freed meanwhile. Newer kernels (6.12, not 6.1) have one function that does it for veth and for generic
 * XDP; before, veth has its own, which 5.10 has inlined. */
static __always_inline __u64 skb_of_argument(const __u64* context, __u32 at) {
  __u64 pointer = 0, address = 0;

  /* Programs may not load a pointer to a pointer (6.12). The helper came with Linux 5.17. */
  bpf_get_func_arg((void*)context, at, &pointer);
  bpf_probe_read_kernel(&address, sizeof(address), (const void*)pointer);
  return address;
}

#define REBUILDS(function, before, result)                                  \
  SEC("?fentry") int enter_##function(const __u64* context) {               \
    if (is_anything_followed()) begin_rebuild(before, this_stack(context)); \
    return 0;                                                               \
  }                                                                         \
  SEC("?fexit") int leave_##function(const __u64* context) {                \
    if (is_anything_followed()) end_rebuild(result, this_stack(context));   \
    return 0;                                                               \
  }

REBUILDS(skb_pp_cow_data, skb_of_argument(context, 1), skb_of_argument(context, 1))
REBUILDS(veth_xdp_rcv_skb, number_at(context, 1), number_at(context, 4))

/* A packet that was built as fragments, which are in its frag_list. */
static __always_inline __u64 frag_list_of(__u64 address) {
  unsigned char* head = 0;
  unsigned int end = 0;
  __u64 first = 0;

  READ_KERNEL(head, sk_buff, address, head);
  READ_KERNEL(end, sk_buff, address, end);
  READ_KERNEL(first, skb_shared_info, (__u64)head + end, frag_list);
  return first;
}

static __always_inline int fragments_of(__u64 address) {
  return inherit_list(address, frag_list_of(address), REC_LINEAGE_FRAGMENT, 0);
}

SEC("?fentry") int made_by_ip_do_fragment(const __u64* context) {
  return is_anything_followed() ? fragments_of(number_at(context, 2)) : 0;
}

SEC("?fentry") int made_by_ip6_fragment(const __u64* context) {
  return is_anything_followed() ? fragments_of(number_at(context, 2)) : 0;
}

#endif
