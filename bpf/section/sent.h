/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: what is sent because of the packet, from the arguments of icmp_send and tcp_send_reset. */
#ifndef SKBTRAIL_SECTION_SENT_H
#define SKBTRAIL_SECTION_SENT_H

#include "../source.h"

static __always_inline void fill_sent(struct rec_sent* section, const struct source* from) {
  const volatile struct probe_config* probe = from->probe;

  section->value = (__u32)(__u64)PROBE_ARGUMENT(from->context, probe, probe->sent_arg);
  section->code = 0;
  if (probe->sent_code_arg != SKBTRAIL_NO_ARG)
    section->code = (__u32)(__u64)PROBE_ARGUMENT(from->context, probe, probe->sent_code_arg);
}

#endif
