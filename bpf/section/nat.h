/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: whom the connection of a packet is between, before its addresses are translated and after. A connection has
 * the tuple of each direction (struct nf_conn, include/net/netfilter/nf_conntrack.h): the original one is what came
 * first, and the reply's is what answers look like, which is where a translation shows. How the connection is found is
 * told in conntrack.h. All is read by address.
 */
#ifndef SKBTRAIL_SECTION_NAT_H
#define SKBTRAIL_SECTION_NAT_H

#include "conntrack.h"

#define READ_TUPLE(to, connection, direction)                                                           \
  (READ_KERNEL((to).source, nf_conn___tuples, connection, tuplehash[direction].tuple.src.u3) ||         \
   READ_KERNEL((to).destination, nf_conn___tuples, connection, tuplehash[direction].tuple.dst.u3) ||    \
   READ_KERNEL((to).source_port, nf_conn___tuples, connection, tuplehash[direction].tuple.src.u.all) || \
   READ_KERNEL((to).destination_port, nf_conn___tuples, connection, tuplehash[direction].tuple.dst.u.all))

static __always_inline void fill_nat(struct rec_nat* section, const struct rare_source* from) {
  unsigned long connection = 0, status = 0;

  __builtin_memset(section, 0, sizeof(*section));
  if (!bpf_core_field_exists(struct sk_buff___conntrack, _nfct) ||
      !bpf_core_field_exists(struct nf_conn___tuples, tuplehash))
    return;
  if (READ_KERNEL(connection, sk_buff___conntrack, from->skb, _nfct)) return;
  connection &= ~NFCT_INFO;
  if (!connection || READ_KERNEL(status, nf_conn___tuples, connection, status)) return;
  if (READ_KERNEL(section->family, nf_conn___tuples, connection, tuplehash[0].tuple.src.l3num)) return;
  if (READ_KERNEL(section->protocol, nf_conn___tuples, connection, tuplehash[0].tuple.dst.protonum)) return;
  if (READ_TUPLE(section->original, connection, 0) || READ_TUPLE(section->reply, connection, 1)) return;
  section->status = status;
  section->known = 1;
}

#endif
