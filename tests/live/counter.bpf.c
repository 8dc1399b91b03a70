/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The independent witness of the live tests: how often a tracepoint was hit for packets of one network namespace. It
 * shares no code with skbtrail, and reads kernel memory in the slow and safe way.
 *
 * One program per tracepoint: the kernel does not run a program on a CPU where it is running already. A tracepoint that
 * an interrupt can hit again while its program runs (consume_skb in a process) is undercounted even so; the kernel
 * tells how often that was, and counter.cc passes it on.
 */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define TRACEPOINTS 16

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net* net;
} possible_net_t;
struct net_device {
  possible_net_t nd_net;
};
struct sock_common {
  possible_net_t skc_net;
};
struct sock {
  struct sock_common __sk_common;
};
struct sk_buff {
  struct net_device* dev;
  struct sock* sk;
};
#pragma clang attribute pop

const volatile __u32 netns;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, TRACEPOINTS);
  __type(key, __u32);
  __type(value, __u64);
} hits SEC(".maps");

static __u32 netns_of_device(const struct net_device* device) {
  return device ? BPF_CORE_READ(device, nd_net.net, ns.inum) : 0;
}

/* skb->dev is no pointer while a UDP packet is in a socket's queue; it reads as 0 then. */
static __u32 netns_of_skb(const struct sk_buff* skb) {
  __u32 inum = netns_of_device(BPF_CORE_READ(skb, dev));

  return inum ? inum : BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
}

static int count(__u32 number, __u32 inum) {
  __u64* count = bpf_map_lookup_elem(&hits, &number);

  if (count && inum == netns) __sync_fetch_and_add(count, 1);
  return 0;
}

#define COUNT(number, tracepoint, netns_of, position)                                     \
  SEC("?raw_tp/" #tracepoint) int count_##tracepoint(struct bpf_raw_tracepoint_args* c) { \
    return count(number, netns_of((void*)c->args[position]));                             \
  }

/* Number, tracepoint, and which of its arguments says the namespace. The numbers are those of counter.cc. */
COUNT(0, net_dev_queue, netns_of_skb, 0)
COUNT(1, net_dev_start_xmit, netns_of_skb, 0)
COUNT(2, net_dev_xmit, netns_of_device, 2)
COUNT(3, netif_rx_entry, netns_of_skb, 0)
COUNT(4, netif_rx, netns_of_skb, 0)
COUNT(5, netif_receive_skb, netns_of_skb, 0)
COUNT(6, netif_receive_skb_entry, netns_of_skb, 0)
COUNT(7, consume_skb, netns_of_skb, 0)
COUNT(8, kfree_skb, netns_of_skb, 0)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
