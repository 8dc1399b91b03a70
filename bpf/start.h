/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the headers of an skb start. This alone decides it.
 *
 * All header positions in an skb are offsets from skb->head; any of them may be unset or left over from an earlier
 * layer. h = head, d = data, M = mac_header, N = network_header:
 *
 *   situation                                    what holds                   bytes start at
 *   fresh from a driver (eth_type_trans was      N = 0; M < d                 M (link); the network header is at d,
 *     called, network_header not yet set)                                       or after tags that are in the bytes
 *   received, or on the way out below the        M < N, N - M is the length   M (link)
 *     IP layer (dev_queue_xmit sets M = d)         of a link-layer header
 *   on the way out, IP layer                     M = 0xffff                   N (network)
 *   encapsulated: outer headers pushed in front  N < M                        N (network)
 *   layer-3 device (tun, ipip, ppp, wireguard):  type says so                 N or d (network)
 *     no link layer, M = N or M stale
 *   on the way out, before the IP layer (TCP)    N = 0, M = 0xffff            none: made from the socket,
 *                                                                               early_headers.h
 *   on the way out, IP header not written yet    N set (headers.h)            none; of UDP made, where it is certain
 *   at eth_type_trans, whatever comes in by it:  the frame is at d; N = 0, a  d (link); the network header is 14
 *     fresh, or out of a tunnel                    sender's or the outer one     bytes after
 *   out of a tunnel, after eth_type_trans       M < d; N <= M, the outer     M (link), as fresh from a driver
 *     (vxlan, geneve, gretap)                      one, or M itself
 *
 * Loopback is no layer-3 device: its packets carry an Ethernet header (of zeros). A hardware-accelerated VLAN tag is in
 * the skb and not in the bytes; it does not move anything.
 */
#ifndef SKBTRAIL_START_H
#define SKBTRAIL_START_H

#include "headers.h"

/* The longest link-layer header that is believed: Ethernet with a few tags in the bytes. What is farther away is the
 * header of an earlier hop that the packet no longer carries. */
#define LINK_HEADER_MAX 40
#define ETHERNET_HEADER 14

/* Devices whose packets begin with an Ethernet header (uapi/linux/if_arp.h). */
#define ARPHRD_ETHER    1
#define ARPHRD_LOOPBACK 772

struct start {
  __u32 offset;         /* of the first byte, from head */
  __u16 network_offset; /* from the first byte; HEADER_UNSET: unknown */
  __u8 layer;           /* enum rec_start */
};

static __always_inline void start_at_network(struct start* start, __u32 network) {
  start->offset = network;
  start->network_offset = 0;
  start->layer = REC_START_NETWORK;
}

static __always_inline void start_at_link(struct start* start, __u32 link, __u32 network) {
  start->offset = link;
  start->network_offset = network - link;
  start->layer = REC_START_LINK;
}

/* `device_type` is ARPHRD_*, or HEADER_UNSET where the device is not known; `headers` enum header_state. `data` and
 * `tail` count from head. */
static __always_inline void find_start(struct start* start, const struct sk_buff* skb, __u16 device_type, __u64 headers,
                                       __u32 data, __u32 tail) {
  __u32 link = skb->mac_header;
  __u32 network = skb->network_header;
  bool has_link_layer = device_type == ARPHRD_ETHER || device_type == ARPHRD_LOOPBACK || device_type == HEADER_UNSET;
  bool link_set = link != HEADER_UNSET && has_link_layer;

  start->layer = REC_START_NONE;
  start->network_offset = HEADER_UNSET;
  start->offset = 0;

  switch (headers) {
    case HEADERS_WRITTEN: break;
    case HEADERS_NO_LENGTH:
      if (network && network < tail) start_at_network(start, network);
      return;
    case HEADERS_LINK_AT_DATA:
      if (data + ETHERNET_HEADER <= tail) start_at_link(start, data, data + ETHERNET_HEADER);
      return;
    default: return;
  }
  if (network && network < tail) {
    bool after_link = link_set && link + ETHERNET_HEADER <= network && network - link <= LINK_HEADER_MAX;
    /* The driver has set a new link header after it: left over from an earlier use of this memory, or the outer one of
     * a tunnel. It is in that header only where a tunnel set it too early (before 6.8), and the device says that
     * there is such a header: of others both are the same. */
    bool stale = link_set && link + ETHERNET_HEADER <= data &&
                 (network < link || (device_type != HEADER_UNSET && network < link + ETHERNET_HEADER));

    if (after_link) return start_at_link(start, link, network);
    if (!stale) return start_at_network(start, network);
  }
  if (link_set && link + ETHERNET_HEADER <= data && data - link <= LINK_HEADER_MAX && data <= tail)
    return start_at_link(start, link, data);
  if (!has_link_layer && skb->protocol && data < tail) return start_at_network(start, data);
}

#endif
