/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: device and namespace. The device's namespace comes first, the socket's where there is no device.
 *
 * The trap: skb->dev shares its memory with a UDP scratch word and with a tree node while the skb sits in a socket's
 * queue, so the pointer may be a number or another skb. A device is believed only if its namespace's loopback device
 * leads back to that same namespace.
 */
#ifndef SKBTRAIL_SECTION_DEVICE_H
#define SKBTRAIL_SECTION_DEVICE_H

#include "../core.h"

static __always_inline void read_device(struct rec_device* section, const struct net_device* device,
                                        const struct sock* sk) {
  struct net* net;

  __builtin_memset(section, 0, sizeof(*section));
  if (device) {
    net = device->nd_net.net;
    if (net && net->loopback_dev && net->loopback_dev->nd_net.net == net) {
      const __u64* name = (const __u64*)device->name;
      __u64* to = (__u64*)section->name;

      section->netns = net->ns.inum;
      section->ifindex = device->ifindex;
      section->type = device->type;
      to[0] = name[0];
      to[1] = name[1];
      return;
    }
  }
  if (sk) {
    net = sk->__sk_common.skc_net.net;
    if (net) {
      section->netns = net->ns.inum;
      section->netns_from_socket = 1;
    }
  }
}

#endif
