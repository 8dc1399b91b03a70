/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The packet of an XDP program, of which there may be no skb yet: a stretch of memory, and the device by whose queue
 * it came.
 *
 *   data_hard_start      data                data_end
 *   |----- headroom -----|------ packet -----|..      and more in page fragments (Linux 5.18)
 *
 * All that comes after it looks at packets in skbs. So an skb of our own is made, in the program's slot of skb_copies:
 * these few fields, for whoever looks at the packet through them. It is described as an skb is that comes from a
 * driver, but that data is at the link-layer header, as in the program's eyes.
 *
 * Whether the kernel has an skb of it already is told where that is certain: its head is where the buffer begins, and
 * it is either the one that veth has put beside the buffer (struct veth_xdp_buff, Linux 6.3), or the one that is worked
 * on on this stack (generic XDP, which runs after netif_receive_skb; veth before 6.12, which is rebuilding it).
 */
#ifndef SKBTRAIL_XDP_H
#define SKBTRAIL_XDP_H

#include "hit.h"
#include "xdp_buff.h"

#define XDP_HAS_FRAGMENTS   (1 << 0) /* XDP_FLAGS_HAS_FRAGS, include/net/xdp.h */
#define XDP_BEFORE          64       /* of data, from what is called the head: any number but 0 */
#define ETHERNET_TYPE_AT    12
#define ETHERNET_TYPE_LEAST 1536
#define ETH_P_802_2_        0x0004

/* Bytes in page fragments. */
static __always_inline __u32 xdp_fragments(const struct xdp_buff* xdp) {
  const struct xdp_buff___fragments* with = (const void*)xdp;
  __u32 size = 0;
  __u64 end;

  if (!bpf_core_field_exists(struct xdp_buff___fragments, flags) ||
      !bpf_core_field_exists(struct skb_shared_info___xdp, xdp_frags_size))
    return 0;
  if (!(with->flags & XDP_HAS_FRAGMENTS)) return 0;
  end = as_number(xdp->data_hard_start) + with->frame_sz;
  end -= (bpf_core_type_size(struct skb_shared_info) + 63) & ~63ULL; /* SKB_DATA_ALIGN() */
  READ_KERNEL(size, skb_shared_info___xdp, end, xdp_frags_size);
  return size;
}

/* The Ethernet type, as eth_type_trans() finds it; of a device without such a header by the IP header's version. */
static __always_inline __be16 xdp_protocol(__u64 data, bool has_link_header) {
  __be16 type = 0;
  __u8 first = 0;

  if (has_link_header) {
    bpf_probe_read_kernel(&type, sizeof(type), (const void*)(data + ETHERNET_TYPE_AT));
    return bpf_ntohs(type) >= ETHERNET_TYPE_LEAST ? type : bpf_htons(ETH_P_802_2_);
  }
  bpf_probe_read_kernel(&first, sizeof(first), (const void*)data);
  return bpf_htons(ethertype_of(0, first));
}

/* Fills the skb. Its address, 0: there is no slot for it. Hidden: see handle(). */
__hidden __noinline int describe_xdp(const __u64* context, __u32 program) {
  const struct xdp_buff* xdp = xdp_argument(context);
  __u64 data = as_number(xdp->data), linear = as_number(xdp->data_end) - data;
  const struct net_device* device = TYPED(net_device, xdp->rxq->dev);
  struct skb_copy* copy = bpf_map_lookup_elem(&skb_copies, &program);
  __u16 type = link_type(device);
  bool has_link_header = type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK || type == HEADER_UNSET;
  struct sk_buff* skb;
  int filled = 0;

  if (copy && bpf_core_type_size(struct sk_buff) <= SKB_BYTES) {
    skb = (struct sk_buff*)copy->bytes;
    skb->dev = (void*)as_number(device);
    skb->head = (void*)(data - XDP_BEFORE);
    skb->data = (void*)data;
    skb->tail = XDP_BEFORE + linear;
    skb->data_len = xdp_fragments(xdp);
    skb->len = linear + skb->data_len;
    skb->protocol = xdp_protocol(data, has_link_header);
    skb->mac_header = has_link_header ? XDP_BEFORE : HEADER_UNSET;
    skb->network_header = XDP_BEFORE + (has_link_header ? ETHERNET_HEADER : 0);
    filled = 1;
  }
  asm volatile("" : "+r"(filled));
  return filled;
}

static __always_inline bool has_head(__u64 skb, __u64 head) {
  unsigned char* its_head = 0;

  return is_object(skb) && !READ_KERNEL(its_head, sk_buff, skb, head) && (__u64)its_head == head;
}

/* "veth" as a number, with the zero after it. */
static __always_inline bool is_veth(const struct xdp_buff* xdp) {
  __u64 device = as_number(xdp->rxq->dev), operations = 0, kind = 0, name = 0;

  if (!bpf_core_field_exists(struct net_device___link, rtnl_link_ops)) return false;
  READ_KERNEL(operations, net_device___link, device, rtnl_link_ops);
  READ_KERNEL(kind, rtnl_link_ops, operations, kind);
  if (bpf_probe_read_kernel(&name, 5, (const void*)kind)) return false;
  return name == ('v' | 'e' << 8 | 't' << 16 | (__u64)'h' << 24);
}

/* The one that veth has put after the buffer. */
static __always_inline __u64 skb_beside(const struct xdp_buff* xdp, __u64 head) {
  __u64 skb = 0;

  if (bpf_probe_read_kernel(&skb, sizeof(skb), (const void*)(as_number(xdp) + bpf_core_type_size(struct xdp_buff))))
    return 0;
  return has_head(skb, head) && is_veth(xdp) ? skb : 0;
}

/* The followed one that is worked on, or rebuilt, on this stack. */
static __always_inline __u64 skb_on_stack(__u64 stack, __u64 head) {
  struct follow_table* table = follow_table_of();
  const struct follow_current* at;
  __u64 skb;

  if (!table) return 0;
  at = current_of(table, stack);
  skb = *(volatile const __u64*)&at->address;
  if (*(volatile const __u64*)&at->stack == stack && has_head(skb, head)) return skb;
  at = rebuild_on(table, stack);
  skb = *(volatile const __u64*)&at->address;
  return *(volatile const __u64*)&at->stack == stack && has_head(skb, head) ? skb : 0;
}

/* The address of its skb; 0: there is none, or none for certain. Hidden: see handle(). */
__hidden __noinline __u64 skb_of_xdp(const __u64* context) {
  const struct xdp_buff* xdp = xdp_argument(context);
  __u64 head = as_number(xdp->data_hard_start), skb = skb_beside(xdp, head);

  if (!skb && is_anything_followed()) skb = skb_on_stack(as_number(context) >> STACK_BITS, head);
  HIDE_RANGE(skb);
  return skb;
}

#endif
