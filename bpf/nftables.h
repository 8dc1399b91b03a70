/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Structs of nftables (include/net/netfilter/nf_tables.h), and in which chain a rule is that the kernel's trace tells
 * of. Before Linux 6.4 the trace says so. Since then it looks itself: rules of a chain lie one after the other, and the
 * last element, which is no rule, has the chain's address.
 *
 *   | nft_rule_dp | dlen bytes | nft_rule_dp | dlen bytes | ... | nft_rule_dp_last: is_last, chain |
 */
#ifndef SKBTRAIL_NFTABLES_H
#define SKBTRAIL_NFTABLES_H

#include "core.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nft_table {
  char* name;
  __u64 handle;
  __u16 family : 6;
};

struct nft_chain {
  struct nft_table* table;
  char* name;
};

struct nft_base_chain {
  __u8 policy;
  struct nft_chain chain;
};

struct nft_rule_dp {
  __u64 is_last : 1, dlen : 12, handle : 42;
};

struct nft_rule_dp_last {
  const struct nft_chain* chain;
};

struct nft_verdict {
  __u32 code;
  struct nft_chain* chain;
};

/* include/uapi/linux/netfilter/nf_tables.h */
enum nft_trace_types {
  NFT_TRACETYPE_UNSPEC = 0,
  NFT_TRACETYPE_POLICY = 1,
  NFT_TRACETYPE_RETURN = 2,
  NFT_TRACETYPE_RULE = 3,
};

/* nft_trace_notify() is given this, and the other members, which are here before Linux 6.4, as arguments after that. */
struct nft_traceinfo {
  enum nft_trace_types type : 8;
  const struct nft_base_chain* basechain;
  const struct nft_pktinfo* pkt;
  const struct nft_chain* chain;
  const struct nft_rule_dp* rule; /* before Linux 5.17 another struct, which is not looked at */
  const struct nft_verdict* verdict;
};

#pragma clang attribute pop

/* Rules of a chain that are gone through: of a rule with more after it the chain is not known. In one function as many
 * as a loop may have for the verifier, and that as often. */
#define NFT_RULES_AT_ONCE 32
#define NFT_RULES_TURNS   32

/* Of the word that a rule begins with. */
#define NFT_RULE_BITS(word, field)                                     \
  ((word) << __CORE_RELO((struct nft_rule_dp*)0, field, LSHIFT_U64) >> \
   __CORE_RELO((struct nft_rule_dp*)0, field, RSHIFT_U64))

static __always_inline __u64 rule_word(__u64 rule) {
  __u64 word = 0;

  bpf_probe_read_kernel(&word, sizeof(word), (const void*)rule);
  return word;
}

/* The last element of the chain, or the rule after so many; 0: it could not be read, for all rules have a handle, and
 * the last element its bit. Global: the verifier looks at it once, whoever calls it. */
__noinline __u64 rule_after(__u64 rule) {
  if (!bpf_core_field_exists(struct nft_rule_dp_last, chain)) return 0;
  for (int i = 0; i < NFT_RULES_AT_ONCE; i++) {
    __u64 word = rule_word(rule);

    if (!word) return 0;
    if (NFT_RULE_BITS(word, is_last)) return rule;
    rule += bpf_core_type_size(struct nft_rule_dp) + NFT_RULE_BITS(word, dlen);
  }
  return rule;
}

/* 0: it was not found. */
static __always_inline __u64 chain_of_rule(__u64 rule) {
  __u64 chain = 0;

  if (!bpf_core_field_exists(struct nft_rule_dp_last, chain)) return 0;
  for (int i = 0; i < NFT_RULES_TURNS && rule; i++) rule = rule_after(rule);
  if (!rule || !NFT_RULE_BITS(rule_word(rule), is_last)) return 0;
  READ_KERNEL(chain, nft_rule_dp_last, rule, chain);
  return chain;
}

/* The chain in which the rule is, or the policy; 0: it was not found. */
static __always_inline __u64 traced_chain(__u64 info, __u64 rule, __u64 base) {
  __u64 chain = 0;

  if (!bpf_core_field_exists(struct nft_traceinfo, chain)) return rule ? chain_of_rule(rule) : base;
  READ_KERNEL(chain, nft_traceinfo, info, chain);
  return chain;
}

/* What such an argument leads to: a member of struct nft_traceinfo, or the argument itself. */
#define TRACED(name)                                                         \
  static __always_inline __u64 traced_##name(__u64 argument, bool is_info) { \
    __u64 address = 0;                                                       \
                                                                             \
    if (!is_info) return argument;                                           \
    if (!bpf_core_field_exists(struct nft_traceinfo, name)) return 0;        \
    READ_KERNEL(address, nft_traceinfo, argument, name);                     \
    return address;                                                          \
  }
TRACED(pkt)
TRACED(rule)
TRACED(verdict)
#undef TRACED

/* The base chain in which the trace began, of struct nft_traceinfo; 0: it could not be read. */
static __always_inline __u64 traced_base_chain(__u64 info) {
  __u64 base = 0;

  if (!bpf_core_field_exists(struct nft_traceinfo, basechain)) return 0;
  if (READ_KERNEL(base, nft_traceinfo, info, basechain) || !base) return 0;
  return base + bpf_core_field_offset(struct nft_base_chain, chain);
}

#endif

#endif
