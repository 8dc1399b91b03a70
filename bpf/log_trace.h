/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What iptables and ip6tables tell of a rule that matched a packet with the target TRACE: the arguments of
 * nf_log_trace() (include/net/netfilter/nf_log.h, trace_packet() in net/ipv4/netfilter/ip_tables.c; Linux 5.10 to 7.2).
 *
 *   nf_log_trace(net, pf, hooknum, skb, in, out, loginfo, "TRACE: %s:%s:%s:%u ", table, chain, comment, rulenum)
 */
#ifndef SKBTRAIL_LOG_TRACE_H
#define SKBTRAIL_LOG_TRACE_H

#include "args.h"

enum log_argument {
  LOG_NET = 0,
  LOG_FAMILY = 1,
  LOG_HOOK = 2,
  LOG_IN = 4,
  LOG_OUT = 5,
  LOG_FORMAT = 7,
  LOG_TABLE = 8,
  LOG_CHAIN = 9,
  LOG_COMMENT = 10,
  LOG_NUMBER = 11,
};

/* The format is what it should be, and so is what comes after it. It is compared in words, of which the last two share
 * bytes, with the zero at its end: on the stack there is no room for all of it (5.10). */
#define LOG_FORMAT_AT_0  0x25203a4543415254ULL /* "TRACE: %" */
#define LOG_FORMAT_AT_8  0x3a73253a73253a73ULL /* "s:%s:%s:" */
#define LOG_FORMAT_AT_12 0x002075253a73253aULL /* ":%s:%u " */

static __always_inline bool has_word(__u64 address, __u64 word) {
  __u64 found = 0;

  return !bpf_probe_read_kernel(&found, sizeof(found), (const void*)address) && found == word;
}

static __always_inline bool is_rule_logged(const __u64* context) {
  __u64 format = late_argument(context, LOG_FORMAT);

  return has_word(format, LOG_FORMAT_AT_0) && has_word(format + 8, LOG_FORMAT_AT_8) &&
         has_word(format + 12, LOG_FORMAT_AT_12);
}

#endif
