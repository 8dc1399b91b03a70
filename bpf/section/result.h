/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: the result that a tracepoint hands out (net_dev_xmit's rc). */
#ifndef SKBTRAIL_SECTION_RESULT_H
#define SKBTRAIL_SECTION_RESULT_H

#include "../args.h"

static __always_inline void read_result(struct rec_result* section, const __u64* context,
                                        const volatile struct probe_config* probe) {
  section->value = (__s32)(__u64)argument(context, probe->result_arg);
  section->pad = 0;
}

#endif
