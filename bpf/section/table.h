/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the table whose rules a function asks, and of nftables the chain where it begins. x_tables have a table's
 * name in its struct, nftables have names by pointers.
 */
#ifndef SKBTRAIL_SECTION_TABLE_H
#define SKBTRAIL_SECTION_TABLE_H

#include "../log_trace.h"
#include "../nftables.h"
#include "../source.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xt_table {
  const char name[32];
};

struct ebt_table {
  char name[32];
};

#pragma clang attribute pop

/* What is longer is cut, and no zero is after it then. */
static __always_inline void read_table_name(char* to, __u64 from) {
  if (bpf_probe_read_kernel_str(to, REC_TABLE_NAME, (const void*)from) == REC_TABLE_NAME)
    bpf_probe_read_kernel(to, REC_TABLE_NAME, (const void*)from);
}

static __always_inline void read_table_of(struct rec_table* section, __u64 chain) {
  __u64 table = 0, name = 0;

  if (READ_KERNEL(table, nft_chain, chain, table) || READ_KERNEL(name, nft_table, table, name)) return;
  read_table_name(section->table, name);
  section->family = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_table*)table, family);
}

static __always_inline void read_chain(struct rec_table* section, __u64 chain) {
  __u64 name = 0;

  if (!bpf_core_field_exists(struct nft_chain, name) || READ_KERNEL(name, nft_chain, chain, name)) return;
  read_table_name(section->chain, name);
  read_table_of(section, chain);
}

/* Rules jump within their table, so that of the base chain is it. */
static __always_inline void read_traced_chain(struct rec_table* section, __u64 info, __u64 rule) {
  __u64 base = traced_base_chain(info), name = 0, chain;

  if (!base) return;
  POINTER_TO_NUMBER(rule); /* with fentry it is one */
  chain = traced_chain(info, rule, base);
  read_table_of(section, base);
  if (chain && !READ_KERNEL(name, nft_chain, chain, name)) read_table_name(section->chain, name);
}

static __always_inline void read_logged_table(struct rec_table* section, const struct rare_source* from) {
  if (!is_rule_logged(from->context)) return;
  read_table_name(section->table, late_argument(from->context, LOG_TABLE));
  read_table_name(section->chain, late_argument(from->context, LOG_CHAIN));
}

static __always_inline void fill_table(struct rec_table* section, const struct rare_source* from) {
  __u64 address;

  __builtin_memset(section, 0, sizeof(*section));
  address = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->table_arg);
  if (from->probe->table_via == TABLE_NFT_CHAIN)
    read_chain(section, address);
  else if (from->probe->table_via == TABLE_NFT_TRACE)
    read_traced_chain(section, address, (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->rule_arg));
  else if (from->probe->table_via == TABLE_LOG && from->probe->registers)
    read_logged_table(section, from);
  else if (from->probe->table_via == TABLE_EBT && bpf_core_field_exists(struct ebt_table, name))
    read_table_name(section->table, address + bpf_core_field_offset(struct ebt_table, name));
  else if (from->probe->table_via == TABLE_XT && bpf_core_field_exists(struct xt_table, name))
    read_table_name(section->table, address + bpf_core_field_offset(struct xt_table, name));
}

#else
FILL_WITH_NOTHING(table)
#endif

#endif
