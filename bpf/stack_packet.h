/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet of a hit that has no skb among its arguments.
 *
 * Of a change of a neighbor it is one that waits for it. Of what else there is, a look-up of a route, a change of a
 * socket, it is the followed packet that is worked on on the stack of the hit, where that is certain:
 *
 *   softirq   set by each hit with its skb (follow_table.h), and cleared where the work on it ends: at its own free, at
 *             net_dev_xmit, and at the ends of all that works on packets one by one, so that the next one on this stack
 *             is never taken for it
 *   process   none. A packet may have left the stack without any event (it waits in a qdisc, a process has read
 *             it), and the next system call works on another one
 *
 * Packets that are received as a list are looked at one after the other, and are worked on one after the other after
 * that (ip_list_rcv(), net/ipv4/ip_input.c). The one that is worked on is in no list. What a socket's reader is told of
 * (sk_data_ready) is at the end of this socket's queue, or was taken from it already; in the queue of a raw socket, or
 * of one of a group, is a clone, which is another skb.
 */
#ifndef SKBTRAIL_STACK_PACKET_H
#define SKBTRAIL_STACK_PACKET_H

#include "filter.h"

static __always_inline bool is_in_list(__u64 skb) {
  __u64 next = 1;

  LOAD_KERNEL(next, list_head, skb + bpf_core_field_offset(struct sk_buff, list), next);
  return next;
}

/* What was freed stays the stack's packet while more of its end may come (end_following()). */
static __always_inline bool is_followed_as(struct follow_table* table, __u64 address, __u64 id) {
  __u64 slot;

  if (config.follow_hash) {
    const struct follow_value* value = bpf_map_lookup_elem(&follow_hash, &address);

    return value && value->id == id;
  }
  slot = find_slot(table, address) - 1;
  return is_slot(slot) && *(volatile const __u64*)&value_in(table, slot)->id == id;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock___queue {
  struct sk_buff_head sk_receive_queue;
  __u16 sk_type;
};

#pragma clang attribute pop

#define QUEUED_AFTER 4 /* others that came by other CPUs meanwhile */

static __always_inline bool is_in_queue(__u64 skb, __u64 sk) {
  __u64 queue = sk + bpf_core_field_offset(struct sock___queue, sk_receive_queue);

#pragma unroll
  for (int i = 0; i < QUEUED_AFTER; i++) {
    if (READ_KERNEL(skb, list_head, skb + bpf_core_field_offset(struct sk_buff, list), next)) return false;
    if (skb == queue) return true;
  }
  return false;
}

/* A datagram for this host alone is put itself, and not as a clone, into the queue of its one UDP socket. */
static __always_inline bool is_for_one(__u64 skb, __u64 sk) {
  __u16 type = 0, protocol = 0;

  READ_KERNEL(type, sock___queue, sk, sk_type);
  READ_KERNEL(protocol, sock, sk, sk_protocol);
  return type == SOCK_DGRAM && (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE) &&
         packet_type(TYPED(sk_buff, (const void*)skb)) == PACKET_HOST;
}

/* Whether the hit is about the packet that is worked on; `sk` is the socket into whose queue it was put, 0: none. */
static __always_inline bool is_worked_on(__u64 skb, __u64 sk) {
  if (!is_object(sk)) return !is_in_list(skb);
  return is_in_queue(skb, sk) || (is_for_one(skb, sk) && !is_in_list(skb));
}

/* Its address, 0: there is none for certain. `stack`: an address on it; `sk` as in is_worked_on().
 * Hidden: see handle(). */
__hidden __noinline __u64 packet_on_stack(__u64 stack, __u64 sk) {
  struct follow_table* table = follow_table_of();
  const struct follow_current* current;
  __u64 address;

  if (!table) return 0;
  current = current_of(table, stack >> STACK_BITS);
  if (*(volatile const __u64*)&current->stack != stack >> STACK_BITS || current->is_left) return 0;
  address = *(volatile const __u64*)&current->address;
  if (!is_object(address) || !is_followed_as(table, address, current->id)) return 0;
  return !in_task(stack) && is_worked_on(address, sk) ? address : 0;
}

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct neighbour___queue {
  struct sk_buff_head arp_queue;
};

#pragma clang attribute pop

/* A packet that waits for the answer: the one that has waited longest, or that came last. */
static __always_inline __u64 packet_waiting_for(__u64 neighbour, bool last) {
  __u64 queue, skb = 0;

  if (!is_object(neighbour) || !bpf_core_field_exists(struct neighbour___queue, arp_queue)) return 0;
  queue = neighbour + bpf_core_field_offset(struct neighbour___queue, arp_queue);
  if (last)
    READ_KERNEL(skb, sk_buff_head, queue, prev);
  else
    READ_KERNEL(skb, sk_buff_head, queue, next);
  return skb == queue ? 0 : skb;
}

/* The address of the skb of a hit that is found by other ways than by an argument; 0: there is none. */
static __always_inline __u64 find_skb(const __u64* context, const volatile struct probe_config* probe) {
  __u64 sk = probe->skb_via == VIA_QUEUE ? as_number(argument(context, probe->sk_arg)) : 0;

  if ((probe->skb_via == VIA_STACK || probe->skb_via == VIA_QUEUE) && is_anything_followed())
    return packet_on_stack(hit_stack(0, context, probe), sk);
  if (probe->skb_via == VIA_NEIGHBOUR)
    return packet_waiting_for(as_number(argument(context, 0)), probe->neigh_via == NEIGH_SEND);
  return 0;
}

__noinline int leave_stack(__u64 stack) {
  struct follow_table* table = follow_table_of();

  if (table) leave_current(table, stack);
  return 0;
}

#define CLEARS(tracepoint)                                                     \
  SEC("?tp_btf") int clear_##tracepoint(const __u64* context) {                \
    if (is_anything_followed()) leave_stack(as_number(context) >> STACK_BITS); \
    return 0;                                                                  \
  }

CLEARS(net_dev_xmit)
CLEARS(netif_rx_exit)
CLEARS(netif_rx_ni_exit) /* until 5.17 */
CLEARS(netif_receive_skb_exit)
CLEARS(netif_receive_skb_list_exit)
CLEARS(napi_gro_receive_exit)
CLEARS(napi_gro_frags_exit)
CLEARS(napi_poll)
CLEARS(softirq_exit)

#endif
