/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: which filter or action of traffic control a function asks. Filters are in chains, these in blocks
 * (include/net/sch_generic.h), and a block is one qdisc's, or several share it. All is read by address.
 *
 *   tcf_proto ─► tcf_chain ─► tcf_block ─► Qdisc ─► Qdisc_ops: "clsact"
 *       └──────► tcf_proto_ops: "flower"
 *
 * The class that a classifier chose is known when it returns (returned.h).
 */
#ifndef SKBTRAIL_SECTION_TC_H
#define SKBTRAIL_SECTION_TC_H

#include "../source.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct Qdisc_ops {
  char id[REC_TC_KIND];
};

struct Qdisc {
  const struct Qdisc_ops* ops;
  __u32 handle;
};

struct tcf_block {
  struct Qdisc* q;
};

struct tcf_chain {
  struct tcf_block* block;
  __u32 index;
};

struct tcf_proto_ops {
  char kind[REC_TC_KIND];
};

struct tcf_proto {
  __be16 protocol;
  __u32 prio; /* the preference in the upper half */
  const struct tcf_proto_ops* ops;
  struct tcf_chain* chain;
};

struct tc_action_ops {
  char kind[REC_TC_KIND];
};

struct tc_action {
  const struct tc_action_ops* ops;
  __u32 tcfa_index;
};

struct sk_buff___tc {
  __u8 tc_at_ingress : 1;
};

#pragma clang attribute pop

#define READ_KIND(to, type, address, member) \
  bpf_probe_read_kernel(to, REC_TC_KIND, (const void*)((address) + bpf_core_field_offset(struct type, member)))

static __always_inline void read_qdisc(struct rec_tc* section, __u64 block) {
  __u64 qdisc = 0, ops = 0;

  if (READ_KERNEL(qdisc, tcf_block, block, q) || !qdisc) return;
  READ_KERNEL(section->handle, Qdisc, qdisc, handle);
  if (READ_KERNEL(ops, Qdisc, qdisc, ops)) return;
  READ_KIND(section->qdisc, Qdisc_ops, ops, id);
}

static __always_inline void read_filter(struct rec_tc* section, __u64 filter, bool itself) {
  __u64 chain = 0, block = 0, ops = 0;
  __u32 priority = 0;

  if (READ_KERNEL(chain, tcf_proto, filter, chain)) return;
  section->what = itself ? REC_TC_FILTER : REC_TC_CHAIN;
  READ_KERNEL(section->chain, tcf_chain, chain, index);
  if (!READ_KERNEL(block, tcf_chain, chain, block)) read_qdisc(section, block);
  if (!itself) return;
  READ_KERNEL(section->protocol, tcf_proto, filter, protocol);
  READ_KERNEL(priority, tcf_proto, filter, prio);
  section->preference = priority >> 16;
  if (!READ_KERNEL(ops, tcf_proto, filter, ops)) READ_KIND(section->kind, tcf_proto_ops, ops, kind);
}

static __always_inline void read_action(struct rec_tc* section, __u64 action) {
  __u64 ops = 0;

  if (READ_KERNEL(ops, tc_action, action, ops)) return;
  section->what = REC_TC_ACTION;
  READ_KIND(section->kind, tc_action_ops, ops, kind);
  READ_KERNEL(section->index, tc_action, action, tcfa_index);
}

static __always_inline void fill_tc(struct rec_tc* section, const struct rare_source* from) {
  __u64 address = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->tc_arg);

  __builtin_memset(section, 0, sizeof(*section));
  if (from->probe->tc_via == TC_ACTION) {
    if (bpf_core_field_exists(struct tc_action, ops)) read_action(section, address);
  } else if (bpf_core_field_exists(struct tcf_proto, chain)) {
    read_filter(section, address, from->probe->tc_via == TC_FILTER);
  }
  if (section->what && bpf_core_field_exists(struct sk_buff___tc, tc_at_ingress))
    section->way = BPF_CORE_READ_BITFIELD_PROBED((const struct sk_buff___tc*)from->skb, tc_at_ingress) ? REC_TC_INGRESS
                                                                                                       : REC_TC_EGRESS;
}

#else
FILL_WITH_NOTHING(tc)
#endif

#endif
