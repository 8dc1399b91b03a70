/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the rule that the kernel's own trace tells of. nftables call nft_trace_notify() at each rule that matched a
 * packet with nftrace, at the end of a chain, and for a policy; iptables call nf_log_trace() (log_trace.h).
 */
#ifndef SKBTRAIL_SECTION_RULE_H
#define SKBTRAIL_SECTION_RULE_H

#include "../log_trace.h"
#include "../nftables.h"
#include "../source.h"
#include "hook.h"
#include "table.h"

#ifdef SKBTRAIL_FUNCTIONS

/* include/uapi/linux/netfilter/nf_tables.h, enum nft_verdicts */
#define NFT_CONTINUE -1
#define NFT_JUMP     -3
#define NFT_GOTO     -4

struct net___cookie {
  __u64 net_cookie; /* since 5.12 */
} __attribute__((preserve_access_index));

static __always_inline __u8 traced_kind(__u64 info) {
  switch (BPF_CORE_READ_BITFIELD_PROBED((const struct nft_traceinfo*)info, type)) {
    case NFT_TRACETYPE_RULE: return REC_RULE_RULE;
    case NFT_TRACETYPE_RETURN: return REC_RULE_RETURN;
    case NFT_TRACETYPE_POLICY: return REC_RULE_POLICY;
    default: return REC_RULE_UNKNOWN;
  }
}

static __always_inline void read_netns(struct rec_rule* section, __u64 net) {
  if (READ_KERNEL(section->netns, net, net, ns.inum)) return;
  if (bpf_core_field_exists(struct net___cookie, net_cookie))
    READ_KERNEL(section->netns_cookie, net___cookie, net, net_cookie);
}

static __always_inline void read_policy(struct rec_rule* section, __u64 base_chain) {
  __u8 policy = 0;

  if (READ_KERNEL(policy, nft_base_chain, base_chain - bpf_core_field_offset(struct nft_base_chain, chain), policy))
    return;
  section->verdict = policy;
  section->has_verdict = 1;
}

static __always_inline void read_verdict(struct rec_rule* section, __u64 verdict) {
  __u64 chain = 0, name = 0;

  if (READ_KERNEL(section->verdict, nft_verdict, verdict, code)) return;
  section->has_verdict = 1;
  if (section->verdict != NFT_JUMP && section->verdict != NFT_GOTO) return;
  if (READ_KERNEL(chain, nft_verdict, verdict, chain) || READ_KERNEL(name, nft_chain, chain, name)) return;
  read_table_name(section->target, name);
}

/* At the end of a chain no rule says anything, though there is a pointer. Linux 6.12 to 7.2 call it a rule
 * (__nft_trace_verdict() compares NFT_CONTINUE with a verdict of which 8 bits are left). */
static __always_inline void read_handle(struct rec_rule* section, __u64 rule) {
  __u64 word = rule ? rule_word(rule) : 0;

  if (!word || !bpf_core_field_exists(struct nft_rule_dp, is_last)) return;
  if (NFT_RULE_BITS(word, is_last)) {
    section->kind = REC_RULE_RETURN;
    return;
  }
  if (section->kind == REC_RULE_RETURN && section->verdict == NFT_CONTINUE) return;
  section->handle = NFT_RULE_BITS(word, handle);
}

static __always_inline void fill_traced_rule(struct rec_rule* section, const struct rare_source* from) {
  bool is_info = from->probe->rule_via == RULE_NFT_INFO;
  __u64 info = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->table_arg);
  __u64 verdict = traced_verdict((__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->verdict_arg), is_info);
  __u64 packet = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->hook_arg);
  __u64 base_chain = traced_base_chain(info), table = 0, net = 0;

  if (!base_chain) return;
  section->kind = traced_kind(info);
  if (!READ_KERNEL(table, nft_chain, base_chain, table)) READ_KERNEL(section->table_handle, nft_table, table, handle);
  if (!READ_KERNEL(net, nf_hook_state, hook_state_at(packet, from->probe->hook_via), net)) read_netns(section, net);
  if (section->kind == REC_RULE_POLICY) return read_policy(section, base_chain);
  read_verdict(section, verdict);
  read_handle(section, traced_rule((__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->rule_arg), is_info));
}

/* By what trace_packet() calls it: "rule", "return" or "policy". */
static __always_inline __u8 logged_kind(__u64 comment) {
  char text[3] = {};

  if (bpf_probe_read_kernel(text, sizeof(text), (const void*)comment)) return REC_RULE_UNKNOWN;
  if (text[0] == 'p') return REC_RULE_POLICY;
  if (text[0] == 'r' && text[1] == 'u') return REC_RULE_RULE;
  return text[0] == 'r' && text[1] == 'e' ? REC_RULE_RETURN : REC_RULE_UNKNOWN;
}

static __always_inline void fill_logged_rule(struct rec_rule* section, const struct rare_source* from) {
  if (!is_rule_logged(from->context)) return;
  section->kind = logged_kind(late_argument(from->context, LOG_COMMENT));
  section->number = late_argument(from->context, LOG_NUMBER);
  read_netns(section, (__u64)register_argument(from->context, LOG_NET));
}

static __always_inline void fill_rule(struct rec_rule* section, const struct rare_source* from) {
  __builtin_memset(section, 0, sizeof(*section));
  if (from->probe->rule_via != RULE_LOG)
    fill_traced_rule(section, from);
  else if (from->probe->registers)
    fill_logged_rule(section, from);
}

#else
FILL_WITH_NOTHING(rule)
#endif

#endif
