/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What comes for a connection in TIME_WAIT, which takes note of it; then tcp_v4_rcv() frees it as it frees what a full
 * listen queue refuses. From Linux 6.11 on the tracepoint kfree_skb says for which socket it was (rx_sk).
 */
#ifndef SKBTRAIL_TIME_WAIT_H
#define SKBTRAIL_TIME_WAIT_H

#include "core.h"
#include "protocols.h"

/* `sk` is the socket that the tracepoint names; 0: it names none. */
static __always_inline bool is_of_time_wait(const struct sock* sk) {
  return sk && LOAD(sk, __sk_common.skc_state) == TCP_TIME_WAIT;
}

#endif
