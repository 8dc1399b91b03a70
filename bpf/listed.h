/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Functions that are given a list of skbs: one hit for each of them.
 *
 *      argument
 *         |
 *         v
 *     list_head   <- next -   sk_buff   <- next -   sk_buff   ...   and back to the list_head
 *                              .list                 .list
 *
 * The list is the CPU's own while the function is entered, so it does not change under us. Only kprobes come
 * here: a verifier that is to verify a function for itself must know what the context is.
 */
#ifndef SKBTRAIL_LISTED_H
#define SKBTRAIL_LISTED_H

#include "hit.h"

/* What verifiers take for the context of a kprobe in a function that is verified for itself: before 6.3 they look for
 * a struct of this name (btf_get_prog_ctx_type() in kernel/bpf/btf.c), later ones do so first. */
struct bpf_user_pt_regs_t {};

/*
 * What a program for lists consists of, by its number. All but the program are not hidden, so that each is verified
 * once for itself, and not once more for each turn of a loop:
 *
 *   look_at_listed   one skb of a list
 *   look_at_some     those after `entry`; returns the last that was looked at, 0: the list is at its end
 */
#define LIST_STUB(high, low)                                                                               \
  __noinline int look_at_listed_##high##low(struct bpf_user_pt_regs_t* context, __u64 skb) {               \
    return slow_path((const __u64*)context, 0x##high##low, skb);                                           \
  }                                                                                                        \
  __noinline __u64 look_at_some_##high##low(struct bpf_user_pt_regs_t* context, __u64 head, __u64 entry) { \
    for (int i = 0; i < SKBTRAIL_LISTED_AT_ONCE; i++) {                                                    \
      entry = pointer_at(entry);                                                                           \
      if (!is_object(entry) || entry == head) return 0;                                                    \
      look_at_listed_##high##low(context, entry - bpf_core_field_offset(struct sk_buff, list));            \
    }                                                                                                      \
    return entry;                                                                                          \
  }                                                                                                        \
  SEC("?kprobe") int function_##high##low(const __u64* context) {                                          \
    __u64 head, entry;                                                                                     \
                                                                                                           \
    if (!match_current()) return 0;                                                                        \
    head = entry = (__u64)register_argument(context, COOKIE_SKB_AT(attach_cookie(context)));               \
    for (int i = 0; i < SKBTRAIL_LISTED_MAX / SKBTRAIL_LISTED_AT_ONCE; i++) {                              \
      entry = look_at_some_##high##low((struct bpf_user_pt_regs_t*)context, head, entry);                  \
      if (!entry) return 0;                                                                                \
    }                                                                                                      \
    if (pointer_at(entry) != head) count_other(COUNT_LISTS_CUT);                                           \
    return 0;                                                                                              \
  }

#endif
