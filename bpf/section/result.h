/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: the result that a tracepoint hands out (net_dev_xmit's rc), or room for what a function will return. */
#ifndef SKBTRAIL_SECTION_RESULT_H
#define SKBTRAIL_SECTION_RESULT_H

#include "../args.h"

static __always_inline void read_result(struct rec_result* section, const __u64* context,
                                        const volatile struct probe_config* probe) {
  section->value = 0;
  if (probe->result_arg == SKBTRAIL_NO_ARG) return;
  section->value = (__s32)(__u64)PROBE_ARGUMENT(context, probe, probe->result_arg);
}

#endif
