/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: a neighbor, whose link-layer address packets wait for, from the arguments of the tracepoints of its changes.
 * All is read by address.
 */
#ifndef SKBTRAIL_SECTION_NEIGH_H
#define SKBTRAIL_SECTION_NEIGH_H

#include "../source.h"
#include "device.h"

#ifndef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct neigh_table {
  int family;
};

struct neigh_parms {
  int data[4]; /* NEIGH_VAR_*, of which there are more */
};

struct neighbour {
  struct neigh_table* tbl;
  struct neigh_parms* parms;
  atomic_t probes;
  __u8 nud_state;
  __u8 dead;
  unsigned char ha[32];
  struct net_device* dev;
  __u8 primary_key[0];
};

#pragma clang attribute pop

#define UCAST_PROBES 1 /* NEIGH_VAR_UCAST_PROBES, include/net/neighbour.h */

static __always_inline __u64 neighbour_argument(const __u64* context, const volatile struct probe_config* probe) {
  return as_number(probe->neigh_via == NEIGH_CREATE ? argument(context, 3) : argument(context, 0));
}

static __always_inline void read_neighbour_device(struct rec_neigh* section, __u64 neighbour) {
  __u64 device = 0, net = 0;

  READ_KERNEL(device, neighbour, neighbour, dev);
  if (!device) return;
  read_device(device, &section->ifindex, section->device);
  READ_KERNEL(net, net_device, device, nd_net.net);
  READ_KERNEL(section->netns, net, net, ns.inum);
}

static __always_inline void fill_neigh(struct rec_neigh* section, const struct rare_source* from) {
  __u64 neighbour = neighbour_argument(from->context, from->probe), table = 0, parms = 0, address;
  int family = 0, unicast = 0;

  __builtin_memset(section, 0, sizeof(*section));
  if (!bpf_core_type_exists(struct neighbour) || !is_object(neighbour)) return;
  section->neighbour = neighbour;
  if (READ_KERNEL(table, neighbour, neighbour, tbl) || READ_KERNEL(family, neigh_table, table, family)) return;
  section->family = family;
  address = neighbour + bpf_core_field_offset(struct neighbour, primary_key);
  if (family == AF_INET) bpf_probe_read_kernel(section->address, 4, (const void*)address);
  if (family == AF_INET6) bpf_probe_read_kernel(section->address, 16, (const void*)address);
  section->known = 1;
  READ_KERNEL(section->state, neighbour, neighbour, nud_state);
  READ_KERNEL(section->probes, neighbour, neighbour, probes.counter);
  if (!READ_KERNEL(parms, neighbour, neighbour, parms) && !READ_KERNEL(unicast, neigh_parms, parms, data[UCAST_PROBES]))
    section->unicast_probes = unicast;
  address = neighbour + bpf_core_field_offset(struct neighbour, ha);
  if (from->probe->neigh_via == NEIGH_UPDATE) {
    /* Old verifiers (5.10) refuse a program that reads an argument that points to no struct. */
    __u64 told = config.rdonly_cast ? as_number(argument(from->context, 1)) : 0;

    section->new_state = (__u8)as_number(argument(from->context, 2));
    section->has_new_state = 1;
    if (is_object(told)) address = told;
  }
  bpf_probe_read_kernel(section->lladdr, 6, (const void*)address);
  read_neighbour_device(section, neighbour);
}

#else
FILL_WITH_NOTHING(neigh)
#endif

#endif
