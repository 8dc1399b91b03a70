/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which headers of an skb are written. A socket's packet gets its offsets before its headers: these point to room in
 * which is whatever stood there. From the socket to the device (Linux 5.10 to 7.2):
 *
 *                                     network_header  protocol  route  IP header         transport header
 *   __ip_append_data                  set             0         -      -                 -
 *     (getfrag, nf_ct_attach)
 *   __ip_make_skb ends                                          set    all but length
 *   udp_send_skb ends                                                  and checksum      all
 *   __ip_local_out                                    IPv4             all
 *
 *   __ip6_append_data                 set             IPv6      -      -                 -
 *   __ip6_make_skb ends                                         set    all but length
 *   udp_v6_send_skb ends                                                                 all
 *   __ip6_local_out, cb.nhoff = 6                                      all
 *
 * Such an skb has passed no device: mac_header is unset, as of no packet that was received. TCP's has no network_header
 * before its IP header is written, all but the length in ip_queue_xmit(), all of it in ip6_xmit(). Where IPv6's
 * protocol tells nothing, its cb and its device do (ip6_output() sets this; neighbor discovery and MLD, which do
 * without
 * __ip6_local_out, set it when they begin): what lost its route on being freed has one of the two.
 *
 * The rest is told by the function (enum header_state).
 */
#ifndef SKBTRAIL_HEADERS_H
#define SKBTRAIL_HEADERS_H

#include "core.h"
#include "protocols.h"

#define HEADER_UNSET 0xffff

static __always_inline bool is_being_appended_to6(const struct sk_buff* skb) {
  return !TYPED(sk_buff, skb)->dev && !nhoff_of(skb);
}

/* enum header_state, of what the function says and what the skb does. */
static __always_inline __u64 headers_of(const struct sk_buff* skb, __u64 by_function) {
  if (by_function) return by_function;
  if (skb->mac_header != HEADER_UNSET || !skb->network_header) return HEADERS_WRITTEN;
  if (!skb->protocol) return skb->_skb_refdst ? HEADERS_NO_LENGTH : HEADERS_ABSENT;
  if (skb->protocol == bpf_htons(ETH_P_IPV6) && !skb->_skb_refdst && is_being_appended_to6(skb)) return HEADERS_ABSENT;
  return HEADERS_WRITTEN;
}

#endif
