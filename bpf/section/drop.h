/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: why and where an skb was freed, from the arguments of kfree_skb and consume_skb. The reason's number means
 * something only to the running kernel; user space names it from BTF.
 */
#ifndef SKBTRAIL_SECTION_DROP_H
#define SKBTRAIL_SECTION_DROP_H

#include "../source.h"
#include "../time_wait.h"

static __always_inline void fill_drop(struct rec_drop* section, const struct source* from) {
  const volatile struct probe_config* probe = from->probe;

  section->location = (__u64)PROBE_ARGUMENT(from->context, probe, probe->location_arg);
  section->reason = (__u32)ARGUMENT_OR_COOKIE(from, reason_arg, COOKIE_REASON_AT);
  section->has_reason = HAS_ARGUMENT(from, reason_arg, COOKIE_REASON_AT);
  section->cloned = from->skb ? BPF_CORE_READ_BITFIELD(from->skb, cloned) : 0;
  section->time_wait = is_of_time_wait(from->sk);
}

#endif
