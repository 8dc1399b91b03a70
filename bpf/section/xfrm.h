/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: the xfrm state by which a packet is transformed (struct xfrm_state, include/net/xfrm.h), read by address. */
#ifndef SKBTRAIL_SECTION_XFRM_H
#define SKBTRAIL_SECTION_XFRM_H

#include "../source.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef union {
  __be32 a6[4];
} xfrm_address_t;

struct xfrm_id {
  xfrm_address_t daddr;
  __be32 spi;
  __u8 proto;
};

struct xfrm_state {
  struct xfrm_id id;
  struct {
    __u32 reqid;
    __u8 mode;
    __u16 family;
    xfrm_address_t saddr;
  } props;
};

#pragma clang attribute pop

static __always_inline void read_state(struct rec_xfrm* section, __u64 state) {
  if (READ_KERNEL(section->spi, xfrm_state, state, id.spi)) return;
  section->known = 1;
  READ_KERNEL(section->protocol, xfrm_state, state, id.proto);
  READ_KERNEL(section->destination, xfrm_state, state, id.daddr);
  READ_KERNEL(section->source, xfrm_state, state, props.saddr);
  READ_KERNEL(section->reqid, xfrm_state, state, props.reqid);
  READ_KERNEL(section->family, xfrm_state, state, props.family);
  READ_KERNEL(section->mode, xfrm_state, state, props.mode);
}

static __always_inline void fill_xfrm(struct rec_xfrm* section, const struct rare_source* from) {
  __builtin_memset(section, 0, sizeof(*section));
  if (bpf_core_field_exists(struct xfrm_state, id))
    read_state(section, (__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->xfrm_arg));
}

#else
FILL_WITH_NOTHING(xfrm)
#endif

#endif
