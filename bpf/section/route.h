/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: what a routing table was asked, and what it answered, from the arguments of the tracepoints of look-ups. All
 * is read by address. IPv4 tells an error and no route, or a next hop, which is of one route (fib_info) unless it is an
 * object of its own; IPv6 a result, in which "none" is the null entry of the namespace.
 */
#ifndef SKBTRAIL_SECTION_ROUTE_H
#define SKBTRAIL_SECTION_ROUTE_H

#include "../source.h"
#include "device.h"

#ifndef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct fib_info {
  struct net* fib_net;
  unsigned char fib_type;
  __be32 fib_prefsrc;
  __u32 fib_tb_id;
};

struct fib_nh_common {
  struct net_device* nhc_dev;
  __u8 nhc_family;
  __u8 nhc_gw_family;
  union {
    __be32 ipv4;
    struct in6_addr ipv6;
  } nhc_gw;
};

struct fib_nh {
  struct fib_nh_common nh_common;
  struct fib_info* nh_parent;
};

struct fib6_nh {
  struct fib_nh_common nh_common;
};

struct rt6key {
  struct in6_addr addr;
};

struct fib6_info {
  struct rt6key fib6_prefsrc;
};

struct fib6_result {
  struct fib6_nh* nh;
  struct fib6_info* f6i;
  __u8 fib6_type;
};

struct fib6_table {
  __u32 tb6_id;
};

struct netns_ipv6 {
  struct fib6_info* fib6_null_entry;
};

struct net___ipv6 {
  struct netns_ipv6 ipv6; /* CONFIG_IPV6 */
};

#pragma clang attribute pop

#define ROUTE_ARGUMENT(from, position) ((__u64)as_number(argument((from)->context, position)))

/* The common part of both flows, which comes first (include/net/flow.h). */
static __always_inline void read_flow_common(struct rec_route* section, __u64 flow) {
  LOAD_KERNEL(section->oif, flowi_common, flow, flowic_oif);
  LOAD_KERNEL(section->iif, flowi_common, flow, flowic_iif);
  LOAD_KERNEL(section->mark, flowi_common, flow, flowic_mark);
  LOAD_KERNEL(section->scope, flowi_common, flow, flowic_scope);
  LOAD_KERNEL(section->protocol, flowi_common, flow, flowic_proto);
  if (bpf_core_field_exists(struct flowi_common, flowic_tos))
    LOAD_KERNEL(section->tos, flowi_common, flow, flowic_tos);
  else if (bpf_core_field_exists(struct flowi_common___dscp, flowic_dscp))
    LOAD_KERNEL(section->tos, flowi_common___dscp, flow, flowic_dscp);
}

static __always_inline void read_next_hop(struct rec_route* section, __u64 hop) {
  __u64 device = 0;

  LOAD_KERNEL(device, fib_nh_common, hop, nhc_dev);
  LOAD_KERNEL(section->gateway_family, fib_nh_common, hop, nhc_gw_family);
  if (section->gateway_family)
    read_words((__u64*)section->gateway, hop + bpf_core_field_offset(struct fib_nh_common, nhc_gw),
               sizeof(section->gateway) / sizeof(__u64));
  read_device(device, &section->ifindex, section->device);
}

/* One that is in its route says which that is. */
static __always_inline void read_route4(struct rec_route* section, __u64 hop) {
  __u64 route = 0, net = 0;
  __u8 family = 0;

  LOAD_KERNEL(family, fib_nh_common, hop, nhc_family);
  if (family != AF_INET) return;
  LOAD_KERNEL(route, fib_nh, hop, nh_parent);
  if (!route) return;
  LOAD_KERNEL(section->type, fib_info, route, fib_type);
  if (section->type) section->known |= REC_ROUTE_TYPE; /* RTN_UNSPEC is of no route */
  LOAD_KERNEL(section->table, fib_info, route, fib_tb_id);
  LOAD_KERNEL(*(__be32*)section->preferred, fib_info, route, fib_prefsrc);
  LOAD_KERNEL(net, fib_info, route, fib_net);
  if (net) LOAD_KERNEL(section->netns, net, net, ns.inum);
}

static __always_inline void fill_route4(struct rec_route* section, const struct rare_source* from) {
  __u64 flow = ROUTE_ARGUMENT(from, 1), hop = ROUTE_ARGUMENT(from, 2);

  section->family = AF_INET;
  section->table = (__u32)ROUTE_ARGUMENT(from, 0);
  section->error = (__s32)ROUTE_ARGUMENT(from, 3);
  read_flow_common(section, flow);
  LOAD_KERNEL(*(__be32*)section->source, flowi4, flow, saddr);
  LOAD_KERNEL(*(__be32*)section->destination, flowi4, flow, daddr);
  LOAD_KERNEL(section->sport, flowi4, flow, uli.ports.sport);
  LOAD_KERNEL(section->dport, flowi4, flow, uli.ports.dport);
  section->known = REC_ROUTE_ASKED;
  if (!is_object(hop)) return;
  section->known |= REC_ROUTE_FOUND;
  read_next_hop(section, hop);
  read_route4(section, hop);
}

static __always_inline void read_address6(__u8* to, __u64 from) {
  read_words((__u64*)to, from, sizeof(struct in6_addr) / sizeof(__u64));
}

static __always_inline void fill_route6(struct rec_route* section, const struct rare_source* from) {
  __u64 net = ROUTE_ARGUMENT(from, 0), result = ROUTE_ARGUMENT(from, 1), flow = ROUTE_ARGUMENT(from, 3);
  __u64 hop = 0, route = 0, none = 0;

  section->family = AF_INET6;
  LOAD_KERNEL(section->table, fib6_table, ROUTE_ARGUMENT(from, 2), tb6_id);
  LOAD_KERNEL(section->netns, net, net, ns.inum);
  read_flow_common(section, flow);
  read_address6(section->source, flow + bpf_core_field_offset(struct flowi6, saddr));
  read_address6(section->destination, flow + bpf_core_field_offset(struct flowi6, daddr));
  LOAD_KERNEL(section->sport, flowi6, flow, uli.ports.sport);
  LOAD_KERNEL(section->dport, flowi6, flow, uli.ports.dport);
  section->known = REC_ROUTE_ASKED;
  if (!bpf_core_field_exists(struct net___ipv6, ipv6.fib6_null_entry)) return;
  LOAD_KERNEL(none, net___ipv6, net, ipv6.fib6_null_entry);
  if (READ_KERNEL(route, fib6_result, result, f6i) || route == none) return;
  LOAD_KERNEL(section->type, fib6_result, result, fib6_type);
  if (section->type) section->known |= REC_ROUTE_TYPE;
  section->known |= REC_ROUTE_FOUND;
  LOAD_KERNEL(hop, fib6_result, result, nh);
  if (hop) read_next_hop(section, hop + bpf_core_field_offset(struct fib6_nh, nh_common));
  if (route) read_address6(section->preferred, route + bpf_core_field_offset(struct fib6_info, fib6_prefsrc.addr));
}

static __always_inline void fill_route(struct rec_route* section, const struct rare_source* from) {
  __builtin_memset(section, 0, sizeof(*section));
  if (from->probe->route_via == ROUTE_FIB && bpf_core_type_exists(struct fib_nh_common))
    fill_route4(section, from);
  else if (from->probe->route_via == ROUTE_FIB6 && bpf_core_type_exists(struct fib6_result))
    fill_route6(section, from);
}

#else
FILL_WITH_NOTHING(route)
#endif

#endif
