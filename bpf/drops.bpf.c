/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side of `drop --table`: one program, on skb:kfree_skb, that counts and sends nothing. An object of its
 * own, so that no other run loads it; identified and filtered are hits as everywhere (filter.h).
 *
 *   reason asked for? ─► prefilter ─► identify ─► filter ─► a row of drop_counts
 *   drop_count.h         filter.h     identify.h  filter.h  drop_count.h
 */
#define SKBTRAIL_DROPS
#include "drop_count.h"

SEC("?tp_btf") int probe_00(const __u64* context) {
  struct wanted_drop drop = {};

  if (!is_reason_wanted(context) || fast_reject(context, 0)) return 0;
  if (config.bytes_type)
    count_if_wanted(context);
  else if (is_drop_wanted(context, &drop))
    count_drop(context, drop.network, drop.rest);
  return 0;
}

DEFINE_PACKET_FILTER()

char LICENSE[] SEC("license") = SKBTRAIL_LICENSE;
