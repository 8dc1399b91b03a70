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

/* Where an event is. */
struct place {
  const struct net_device* device; /* 0: none, or none that is believed */
  const struct net* net;           /* 0: unknown */
};

static __always_inline void find_place(struct place* place, const struct net_device* device, const struct sock* sk) {
  place->device = 0;
  place->net = 0;
  if (device) {
    const struct net* net = device->nd_net.net;
    const struct net_device* loopback = net ? net->loopback_dev : 0;

    if (loopback && loopback->nd_net.net == net) {
      place->device = device;
      place->net = net;
      return;
    }
  }
  if (sk) place->net = sk->__sk_common.skc_net.net;
}

static __always_inline void read_device(struct rec_device* section, const struct place* place) {
  const struct net_device* device = place->device;

  __builtin_memset(section, 0, sizeof(*section));
  if (place->net) section->netns = place->net->ns.inum;
  section->netns_from_socket = place->net && !device;
  if (device) {
    const __u64* name = (const __u64*)device->name;
    __u64* to = (__u64*)section->name;

    section->ifindex = device->ifindex;
    section->type = device->type;
    to[0] = name[0];
    to[1] = name[1];
  }
}

#endif
