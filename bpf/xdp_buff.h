/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an XDP program is given (xdp.h draws it): the only argument of the hit. */
#ifndef SKBTRAIL_XDP_BUFF_H
#define SKBTRAIL_XDP_BUFF_H

#include "args.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xdp_rxq_info {
  struct net_device* dev;
  __u32 queue_index;
};

struct xdp_buff {
  void* data;
  void* data_end;
  void* data_hard_start;
  struct xdp_rxq_info* rxq;
};

struct xdp_buff___fragments {
  __u32 frame_sz;
  __u32 flags; /* enum xdp_buff_flags */
};
struct skb_shared_info___xdp {
  unsigned int xdp_frags_size;
};

struct rtnl_link_ops {
  const char* kind;
};
struct net_device___link {
  const struct rtnl_link_ops* rtnl_link_ops;
};

#pragma clang attribute pop

static __always_inline const struct xdp_buff* xdp_argument(const __u64* context) {
  const struct xdp_buff* xdp;

  LOAD_ARG(xdp, context, 0);
  return xdp;
}

static __always_inline __u32 xdp_queue(const __u64* context) {
  return xdp_argument(context)->rxq->queue_index;
}

#endif
