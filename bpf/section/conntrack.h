/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the connection to which conntrack counts the packet. skb->_nfct is the address of a struct nf_conn, with
 * enum ip_conntrack_info in the lowest three bits (include/linux/skbuff.h); the skb holds a reference, so what is there
 * is a connection. The struct is the kernel proper's or a module's (nf_conntrack); where the kernel's types have none,
 * only what the skb says is filled. All is read by address, which every kernel lets us do, at functions as well.
 */
#ifndef SKBTRAIL_SECTION_CONNTRACK_H
#define SKBTRAIL_SECTION_CONNTRACK_H

#include "../source.h"

#define NFCT_INFO 7UL /* NFCT_INFOMASK, include/linux/skbuff.h */

struct nf_conn {
  unsigned long status;
} __attribute__((preserve_access_index));

static __always_inline void fill_connection(struct rec_conntrack* section) {
  unsigned long status = 0;

  if (READ_KERNEL(status, nf_conn, section->address, status)) return;
  section->status = status;
  section->known |= REC_CONNTRACK_CONN;
  if (bpf_core_field_exists(struct nf_conn___mark, mark) &&
      !READ_KERNEL(section->mark, nf_conn___mark, section->address, mark))
    section->known |= REC_CONNTRACK_MARK;
  if (bpf_core_field_exists(struct nf_conn___zone, zone.id) &&
      !READ_KERNEL(section->zone, nf_conn___zone, section->address, zone.id))
    section->known |= REC_CONNTRACK_ZONE;
}

static __always_inline void fill_conntrack(struct rec_conntrack* section, const struct rare_source* from) {
  unsigned long connection = 0;

  __builtin_memset(section, 0, sizeof(*section));
  if (!bpf_core_field_exists(struct sk_buff___conntrack, _nfct)) return;
  if (READ_KERNEL(connection, sk_buff___conntrack, from->skb, _nfct)) return;
  section->known = REC_CONNTRACK_SKB;
  section->info = connection & NFCT_INFO;
  section->address = connection & ~NFCT_INFO;
  if (section->address && bpf_core_field_exists(struct nf_conn, status)) fill_connection(section);
}

#endif
