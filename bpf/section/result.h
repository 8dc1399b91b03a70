/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: the result that a tracepoint hands out (net_dev_xmit's rc), or room for what a function will return. */
#ifndef SKBTRAIL_SECTION_RESULT_H
#define SKBTRAIL_SECTION_RESULT_H

#include "../source.h"

static __always_inline void fill_result(struct rec_result* section, const struct source* from) {
  section->value = 0;
  if (from->probe->result_arg == SKBTRAIL_NO_ARG) return;
  section->value = (__s32)(__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->result_arg);
}

#endif
