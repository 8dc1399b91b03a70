/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: what is sent because of the packet, from the arguments of icmp_send and tcp_send_reset. */
#ifndef SKBTRAIL_SECTION_SENT_H
#define SKBTRAIL_SECTION_SENT_H

#include "../source.h"

static __always_inline void fill_sent(struct rec_sent* section, const struct source* from) {
  section->value = (__u32)ARGUMENT_OR_COOKIE(from, sent_arg, COOKIE_SENT_AT);
  section->code = (__u32)ARGUMENT_OR_COOKIE(from, sent_code_arg, COOKIE_SENT_CODE_AT);
}

#endif
