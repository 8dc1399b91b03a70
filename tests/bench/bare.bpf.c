/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tracing functions costs by itself: one program for each place that an skb argument can have, which does nothing
 * (bare_N), or looks whether the packet is UDP over IPv4 to one port and counts those that are (filter_N). The filter
 * is the least that would be written by hand; it knows nothing of IPv6, tags, fragments or packets without headers.
 */
#define bpf_rdonly_cast by_number /* the kernel's own is declared below, by its name */
#include "arch.h"
#undef bpf_rdonly_cast
#include "kernel_types.h"

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

extern void* bpf_rdonly_cast(const void* object, __u32 btf_id) __ksym;

const volatile unsigned short wanted_port = 0;
__u64 matches = 0;

struct iphdr {
  __u8 protocol;
} __attribute__((preserve_access_index));

struct udphdr {
  __be16 dest;
} __attribute__((preserve_access_index));

static __always_inline void filter(__u64 skb_address) {
  const struct sk_buff* skb = bpf_rdonly_cast((void*)skb_address, bpf_core_type_id_kernel(struct sk_buff));
  unsigned char* network = skb->head + skb->network_header;
  const struct iphdr* ip = bpf_rdonly_cast(network, bpf_core_type_id_kernel(struct iphdr));
  const struct udphdr* udp;

  if (skb->protocol != bpf_htons(0x0800) || ip->protocol != 17) return;
  udp = bpf_rdonly_cast(network + 20, bpf_core_type_id_kernel(struct udphdr));
  if (udp->dest == wanted_port) __sync_fetch_and_add(&matches, 1);
}

#define PROGRAMS(position)                                       \
  SEC("?kprobe") int bare_##position(void) {                     \
    return 0;                                                    \
  }                                                              \
  SEC("?kprobe") int filter_##position(const __u64* registers) { \
    __u64 skb;                                                   \
    LOAD_REGISTER(skb, registers, REGISTER_ARG_##position);      \
    filter(skb);                                                 \
    return 0;                                                    \
  }
PROGRAMS(0)
PROGRAMS(1)
PROGRAMS(2)
PROGRAMS(3)
PROGRAMS(4)
PROGRAMS(5)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
