/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the table whose rules a function asks, and of nftables the chain where it begins. x_tables have a table's
 * name in its struct, nftables have names by pointers.
 */
#ifndef SKBTRAIL_SECTION_TABLE_H
#define SKBTRAIL_SECTION_TABLE_H

#include "../source.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xt_table {
  const char name[32];
};

struct ebt_table {
  char name[32];
};

struct nft_table {
  char* name;
  __u16 family : 6;
};

struct nft_chain {
  struct nft_table* table;
  char* name;
};

#pragma clang attribute pop

/* What is longer is cut, and no zero is after it then. */
static __always_inline void read_table_name(char* to, __u64 from) {
  if (bpf_probe_read_kernel_str(to, REC_TABLE_NAME, (const void*)from) == REC_TABLE_NAME)
    bpf_probe_read_kernel(to, REC_TABLE_NAME, (const void*)from);
}

static __always_inline void read_chain(struct rec_table* section, __u64 chain) {
  __u64 table = 0, name = 0;

  if (!bpf_core_field_exists(struct nft_chain, name) || READ_KERNEL(name, nft_chain, chain, name)) return;
  read_table_name(section->chain, name);
  if (READ_KERNEL(table, nft_chain, chain, table) || READ_KERNEL(name, nft_table, table, name)) return;
  read_table_name(section->table, name);
  section->family = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_table*)table, family);
}

static __always_inline void fill_table(struct rec_table* section, const struct rare_source* from) {
  __u64 address;

  __builtin_memset(section, 0, sizeof(*section));
  address = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->table_arg);
  if (from->probe->table_via == TABLE_NFT_CHAIN)
    read_chain(section, address);
  else if (from->probe->table_via == TABLE_EBT && bpf_core_field_exists(struct ebt_table, name))
    read_table_name(section->table, address + bpf_core_field_offset(struct ebt_table, name));
  else if (from->probe->table_via == TABLE_XT && bpf_core_field_exists(struct xt_table, name))
    read_table_name(section->table, address + bpf_core_field_offset(struct xt_table, name));
}

#else
FILL_WITH_NOTHING(table)
#endif

#endif
