/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: the connection of IPVS by which a packet is sent on, or the service that has no destination for it (struct
 * ip_vs_conn and ip_vs_service, include/net/ip_vs.h, which are the module ip_vs's). All is read by address.
 */
#ifndef SKBTRAIL_SECTION_IPVS_H
#define SKBTRAIL_SECTION_IPVS_H

#include "../source.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ip_vs_conn {
  __be16 cport, dport, vport;
  __u16 af;
  union nf_inet_addr caddr, vaddr, daddr;
  __u32 flags;
  __u16 protocol;
};

struct ip_vs_conn___daf {
  __u16 daf; /* of the destination, which may be another (3.18) */
};

struct ip_vs_service {
  __u16 af;
  __u16 protocol;
  union nf_inet_addr addr;
  __be16 port;
  __u32 fwmark;
};

#pragma clang attribute pop

static __always_inline void read_connection(struct rec_ipvs* section, __u64 connection) {
  if (READ_KERNEL(section->family, ip_vs_conn, connection, af)) return;
  section->what = REC_IPVS_CONNECTION;
  section->destination_family = section->family;
  if (bpf_core_field_exists(struct ip_vs_conn___daf, daf))
    READ_KERNEL(section->destination_family, ip_vs_conn___daf, connection, daf);
  READ_KERNEL(section->client, ip_vs_conn, connection, caddr);
  READ_KERNEL(section->virtual_address, ip_vs_conn, connection, vaddr);
  READ_KERNEL(section->destination, ip_vs_conn, connection, daddr);
  READ_KERNEL(section->client_port, ip_vs_conn, connection, cport);
  READ_KERNEL(section->virtual_port, ip_vs_conn, connection, vport);
  READ_KERNEL(section->destination_port, ip_vs_conn, connection, dport);
  READ_KERNEL(section->protocol, ip_vs_conn, connection, protocol);
  READ_KERNEL(section->flags, ip_vs_conn, connection, flags);
}

static __always_inline void read_service(struct rec_ipvs* section, __u64 service) {
  if (READ_KERNEL(section->family, ip_vs_service, service, af)) return;
  section->what = REC_IPVS_SERVICE;
  READ_KERNEL(section->protocol, ip_vs_service, service, protocol);
  READ_KERNEL(section->virtual_address, ip_vs_service, service, addr);
  READ_KERNEL(section->virtual_port, ip_vs_service, service, port);
  READ_KERNEL(section->mark, ip_vs_service, service, fwmark);
}

static __always_inline void fill_ipvs(struct rec_ipvs* section, const struct rare_source* from) {
  __u64 address = (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->ipvs_arg);

  __builtin_memset(section, 0, sizeof(*section));
  if (from->probe->ipvs_via == IPVS_SERVICE) {
    if (bpf_core_field_exists(struct ip_vs_service, fwmark)) read_service(section, address);
  } else if (bpf_core_field_exists(struct ip_vs_conn, daddr)) {
    read_connection(section, address);
  }
}

#else
FILL_WITH_NOTHING(ipvs)
#endif

#endif
