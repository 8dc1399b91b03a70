/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: why and where an skb was freed, from the arguments of kfree_skb and consume_skb. The reason's number means
 * something only to the running kernel; user space names it from BTF.
 */
#ifndef SKBTRAIL_SECTION_DROP_H
#define SKBTRAIL_SECTION_DROP_H

#include "../args.h"

static __always_inline void read_drop(struct rec_drop* section, const __u64* context, const struct sk_buff* skb,
                                      const volatile struct probe_config* probe) {
  section->location = (__u64)PROBE_ARGUMENT(context, probe, probe->location_arg);
  section->reason = (__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->reason_arg);
  section->has_reason = probe->reason_arg != SKBTRAIL_NO_ARG;
  section->cloned = skb ? BPF_CORE_READ_BITFIELD(skb, cloned) : 0;
  section->pad = 0;
}

#endif
