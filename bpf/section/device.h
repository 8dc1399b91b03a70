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

#include "../source.h"
#include "../start.h"

/* The namespace of a device that is believed, else 0. */
static __always_inline const struct net* net_of(const struct net_device* device) {
  const struct net* net = LOAD(device, nd_net.net);
  const struct net_device* loopback = net ? LOAD(net, loopback_dev) : 0;

  return loopback && LOAD(loopback, nd_net.net) == net ? net : 0;
}

static __always_inline void locate(struct location* location, const struct net_device* device, const struct sock* sk) {
  location->net = device ? net_of(device) : 0;
  location->device = location->net ? device : 0;
  if (!location->net && sk) location->net = LOAD(sk, __sk_common.skc_net.net);
}

/* ARPHRD_* of a device, HEADER_UNSET where none is believed. The usual types need no proof: a packet of an unknown
 * device is looked at in the same way. */
static __always_inline __u16 link_type(const struct net_device* device) {
  __u16 type;

  if (!device) return HEADER_UNSET;
  type = LOAD(device, type);
  if (type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK) return type;
  return net_of(device) ? type : HEADER_UNSET;
}

/* As two words, with zeros after it. */
static __always_inline void read_name(__u64* to, const struct net_device* device) {
#ifdef SKBTRAIL_FUNCTIONS
  if (!config.rdonly_cast) {
    bpf_probe_read_kernel(to, REC_IFNAMSIZ,
                          (const void*)((__u64)device + bpf_core_field_offset(struct net_device, name)));
    return;
  }
#endif
  to[0] = ((const __u64*)device->name)[0];
  to[1] = ((const __u64*)device->name)[1];
}

/* Of a device at an address, which need not be the packet's; 0: there is none. */
static __always_inline void read_device(__u64 device, __u32* ifindex, char* name) {
  if (!device) return;
  LOAD_KERNEL(*ifindex, net_device, device, ifindex);
  read_words((__u64*)name, device + bpf_core_field_offset(struct net_device, name), REC_IFNAMSIZ / sizeof(__u64));
}

static __always_inline void fill_device(struct rec_device* section, const struct source* from) {
  const struct location* location = from->location;
  const struct net_device* device = location->device;

  section->netns = location->net ? LOAD(location->net, ns.inum) : 0;
  ((__u64*)section)[1] = 0; /* type, netns_from_socket, family, pad */
  if (from->sk) section->family = LOAD(from->sk, __sk_common.skc_family);
  if (device) {
    section->ifindex = LOAD(device, ifindex);
    section->type = LOAD(device, type);
    read_name((__u64*)section->name, device);
  } else {
    section->ifindex = 0;
    section->netns_from_socket = location->net != 0;
    ((__u64*)section->name)[0] = ((__u64*)section->name)[1] = 0;
  }
}

#endif
