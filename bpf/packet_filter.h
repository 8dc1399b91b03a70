/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does the packet filter want this packet? Three ways to get at the bytes, from cheap to dear:
 *
 *   typed     where they are, by loads that the verifier lets through (bpf_rdonly_cast): nothing is copied before the
 *             packet is wanted
 *   copied    in the record that is being built, for kernels before 6.2 and for headers that were made
 *   gathered  linear part and fragments copied together (bpf_dynptr_from_skb), only if the filter asked for a byte that
 *             is not in the linear part; evaluated as typed
 */
#ifndef SKBTRAIL_PACKET_FILTER_H
#define SKBTRAIL_PACKET_FILTER_H

#include <linux/if_packet.h>

#include "args.h"
#include "protocols.h"
#include "view.h"

#define VLAN_TAG_BYTES 4

/* `bytes` is a pointer where the filter is evaluated on a copy, else nothing. src/filter/classic.h says what the rest
 * is.
 */
__u32 packet_filter(__u64 bytes, __u64 copied, __u64 length, __u64 address, __u64 linear);

/* What the first byte of an IP header says it is, else the skb. */
static __always_inline __u16 ethertype_of(__be16 protocol, __u8 first) {
  bool ip = !protocol || protocol == bpf_htons(ETH_P_IP) || protocol == bpf_htons(ETH_P_IPV6);

  if (ip && first >> 4 == 4) return ETH_P_IP;
  if (ip && first >> 4 == 6) return ETH_P_IPV6;
  return bpf_ntohs(protocol);
}

/*
 * The prefilter, for plain packets: src/filter/prefilter.h says what the code that replaces this call
 * is given. It ends the program that calls it, where the filter refuses. Hidden for the reason of handle().
 */
__hidden __noinline __u32 prefilter(const __u8* bytes, __u64 linear, __u64 protocol, __u64 first) {
  __u32 result;

  asm volatile("%0 = 0" : "=r"(result) : "r"(bytes), "r"(linear), "r"(protocol), "r"(first));
  return result;
}

#define SKB_OFFSET(field)       bpf_core_field_offset(struct sk_buff, field)
#define SKB_FIELD(bytes, field) (*(const __typeof__(((struct sk_buff*)0)->field)*)((bytes) + SKB_OFFSET(field)))

/* protocol, transport_header, network_header, mac_header: eight bytes that lie together since 3.11, read as one. */
static __always_inline __u64 headers_word(const __u8* skb) {
  if (SKB_OFFSET(network_header) == SKB_OFFSET(protocol) + 4 && SKB_OFFSET(mac_header) == SKB_OFFSET(protocol) + 6)
    return *(const __u64*)(skb + SKB_OFFSET(protocol));
  return SKB_FIELD(skb, protocol) | (__u64)SKB_FIELD(skb, network_header) << 32 |
         (__u64)SKB_FIELD(skb, mac_header) << 48;
}

/* What is in headers_word(). */
static __always_inline __u32 network_in(__u64 word) {
  return (__u16)(word >> 32);
}
static __always_inline __u32 link_in(__u64 word) {
  return (__u32)(word >> 48);
}

static __always_inline bool link_is_at_data(const __u8* skb, __u32 link) {
  return (__u64)SKB_FIELD(skb, head) + link == (__u64)SKB_FIELD(skb, data);
}

/* Without one, and if none can be guessed (find_start) or made, there is nothing to evaluate. */
static __always_inline bool has_some_header(__u64 word) {
  return network_in(word) || link_in(word) != HEADER_UNSET || (__u16)word;
}
/* As make_headers() does. */
static __always_inline bool makes_headers(const struct sock* sk) {
  return sk && LOAD(sk, sk_protocol) == IPPROTO_TCP;
}

/* The Ethernet type by an IP header's first byte, where it is not set yet. */
static __always_inline __be16 protocol_by_version(__u64 first) {
  __u32 version = first >> 20 & 0xf;

  if (version == 4) return bpf_htons(ETH_P_IP);
  return version == 6 ? bpf_htons(ETH_P_IPV6) : 0;
}

/*
 * Ends the program where the packet filter refuses this skb and nothing but the skb is needed to tell. What is
 * evaluated is the packet that view_packet() would show: its network header is set, and an Ethernet header of the same
 * type is directly before it, or none. Whatever `skb` is, a load that faults yields zeros. Of a packet whose headers
 * are not all written (headers.h) the code that is put here asks for no more than is there, and where nothing does,
 * "no" is the answer; the few functions at which there is more to a packet do not come here.
 */
static __always_inline void run_prefilter(const __u8* skb, __u64 word) {
  __u32 network = network_in(word), link = link_in(word);
  __be16 protocol = word;
  const __u8* bytes;
  __u64 first;

  bytes = bpf_rdonly_cast((const void*)((__u64)SKB_FIELD(skb, head) + network - sizeof(__be16)), config.bytes_type);
  first = *(const __u64*)bytes;
  if (link != HEADER_UNSET) {
    /* Both at once: here a branch is dear. */
    if (((network - link) ^ ETHERNET_HEADER) | ((__u16)first ^ protocol)) return;
  } else if (!protocol) {
    protocol = protocol_by_version(first);
  }
  prefilter(bytes, (__u64)SKB_FIELD(skb, tail) - network, protocol, first);
}

/* skb->pkt_type as it would be if the kernel always set it by the direction. */
static __always_inline __u32 type_of(const struct view* view, const struct sk_buff* skb) {
  __u32 type = packet_type(skb);

  if (view->direction == DIRECTION_OUT) return PACKET_OUTGOING;
  return view->direction == DIRECTION_IN && type == PACKET_OUTGOING ? PACKET_HOST : type;
}

/* What the filter's third argument is. A tag that is not in the bytes counts where the link-layer header does, in which
 * it belongs. */
static __always_inline __u64 lengths(const struct view* view, const struct sk_buff* skb) {
  __u64 length = 0;

  if (config.filter_length) {
    length = wire_length(view, skb);
    if (HIDDEN_RANGE(view->tag) && HIDDEN_RANGE(view->layer) == REC_START_LINK) length += VLAN_TAG_BYTES;
  }
  if (config.filter_type) length |= (__u64)type_of(view, skb) << 32;
  return length;
}

/* Whether the packet comes in or goes out is not known: PACKET_HOST is what an skb begins with, too. */
static __always_inline bool may_go_either_way(const struct view* view, const struct sk_buff* skb) {
  return config.filter_type && view->direction == DIRECTION_UNKNOWN && packet_type(skb) == PACKET_HOST;
}

static __always_inline __u32 either_way(__u32 in, __u32 out) {
  if (in == FILTER_OUT_OF_RANGE || out == FILTER_OUT_OF_RANGE) return FILTER_OUT_OF_RANGE;
  return (in == FILTER_NO) == (out == FILTER_NO) ? in : FILTER_INDETERMINATE;
}

static __always_inline bool is_indeterminate(__u32 result) {
  return result == FILTER_OUT_OF_RANGE || result == FILTER_INDETERMINATE;
}

/* `bytes` is memory of which `copied` bytes are the packet's, or nothing, where they are read by address. */
static __always_inline __u32 run_filter(const struct view* view, const struct sk_buff* skb, const void* bytes,
                                        __u64 copied, __u64 address, __u64 linear, __u8 first) {
  /* What is asked of the view is asked of numbers that are not it, or the verifier knows of it which way was taken, and
   * goes each by itself to the end of the record. */
  __u64 variant = HIDDEN_RANGE(view->tag) ? FILTER_TAGGED_LINK : FILTER_LINK;
  __u64 length;
  __u32 result;

  variant = HIDDEN_RANGE(variant) << 48;
  if (HIDDEN_RANGE(view->layer) == REC_START_NETWORK)
    variant += (__u64)(FILTER_NETWORK - FILTER_LINK) << 48 |
               HIDDEN_RANGE(ethertype_of(HIDDEN_RANGE(view->protocol), first)) << 32;
  copied = HIDDEN_RANGE(copied | variant);
  length = HIDDEN_RANGE(lengths(view, skb));
  address = HIDDEN_RANGE(address);
  linear = HIDDEN_RANGE(linear | (__u64)view->tag << 32);
  result = packet_filter((__u64)bytes, copied, length, address, linear);
  if (may_go_either_way(view, skb))
    result =
        either_way(result, packet_filter((__u64)bytes, copied, length | (__u64)PACKET_OUTGOING << 32, address, linear));
  return HIDDEN_RANGE(result);
}

static __always_inline __u32 filter_typed(const struct view* view, const struct sk_buff* skb, __u64 address,
                                          __u64 linear) {
  const __u8* bytes = bpf_rdonly_cast((const void*)address, config.bytes_type);

  if (!HIDDEN_RANGE(linear)) return FILTER_OUT_OF_RANGE;
  return run_filter(view, skb, 0, 0, address, linear, HIDDEN_RANGE(view->layer) == REC_START_NETWORK ? *bytes : 0);
}

/* `bytes` has room for config.snaplen, and holds the first `copied` of those that are at `address`. */
static __always_inline __u32 filter_copied(const struct view* view, const struct sk_buff* skb, const __u8* bytes,
                                           __u32 copied) {
  if (config.bytes_type) return filter_typed(view, skb, view->address, view->linear);
  if (!copied) return FILTER_OUT_OF_RANGE;
  return run_filter(view, skb, bytes, copied, view->address, view->linear, *bytes);
}

/* What may be before skb->data: headers that were pulled. */
#define GATHERED_BEFORE 160

/* The bytes from the start to data by address, those after by dynptr. Returns how many there are, 0 if not possible.
 */
static __always_inline __u32 gather(__u8* bytes, const struct view* view, __u32 length, const __u64* context,
                                    __u8 skb_arg) {
  __u32 before = view->data;
  __u32 skipped = 0;
  struct bpf_dynptr packet;

  if ((__s32)before < 0) {
    skipped = -before;
    before = 0;
  }
  barrier_var(before);
  if (before > GATHERED_BEFORE || before > view->linear || length <= before) return 0;
  if (before && bpf_probe_read_kernel(bytes, before, (const void*)view->address)) return 0;
  length -= before;
  if (length > SKBTRAIL_GATHERED_MAX - GATHERED_BEFORE) length = SKBTRAIL_GATHERED_MAX - GATHERED_BEFORE;
  barrier_var(length);
  if (length == 0 || length > SKBTRAIL_GATHERED_MAX - GATHERED_BEFORE) return 0;
  if (bpf_dynptr_from_skb(argument(context, skb_arg), 0, &packet)) return 0;
  if (bpf_dynptr_read(bytes + before, length, &packet, skipped, 0)) return 0;
  return before + length;
}

static __always_inline __u32 filter_gathered(const struct view* view, const struct sk_buff* skb, const __u64* context,
                                             __u8 skb_arg) {
  __u32 zero = 0;
  struct gathered* all = bpf_map_lookup_elem(&gathered, &zero);
  __u32 result = FILTER_OUT_OF_RANGE;
  __u32 whole = wire_length(view, skb);
  __u32 length;

  if (!all || all->busy) return result;
  all->busy = 1;
  length = gather(all->bytes, view, whole, context, skb_arg);
  if (length) {
    result = filter_typed(view, skb, as_number(all->bytes), length);
    if (result == FILTER_OUT_OF_RANGE && length >= whole) result = FILTER_NO;
  }
  all->busy = 0;
  return result;
}

/*
 * After a first evaluation: a byte out of the linear part's range may be in a fragment. FILTER_OUT_OF_RANGE remains
 * where it is not known.
 */
static __always_inline __u32 filter_fragments(__u32 result, const struct view* view, const struct sk_buff* skb,
                                              const __u64* context, const volatile struct probe_config* probe) {
  if (result != FILTER_OUT_OF_RANGE) return result;
  if (!skb->data_len) return FILTER_NO;
#ifdef SKBTRAIL_FUNCTIONS /* the verifier would not hand their skb to such a kernel function */
  (void)view, (void)context, (void)probe;
#else
  if (probe->gathers) return filter_gathered(view, skb, context, probe->skb_arg);
#endif
  return FILTER_OUT_OF_RANGE;
}

/*
 * A stub for the generated body, which replaces this one in the object's bytes before it is opened. So that it can
 * have any length, it has to be the last function of its section: keep its definition at the end of the program.
 *
 * It is global, so that it is verified once; where it takes a pointer it is made static (hidden, as libbpf says).
 */
#define DEFINE_PACKET_FILTER()                                                                               \
  __noinline __u32 packet_filter(__u64 bytes, __u64 copied, __u64 length, __u64 address, __u64 linear) {     \
    __u32 result;                                                                                            \
    asm volatile("%0 = 2" : "=r"(result) : "r"(bytes), "r"(copied), "r"(length), "r"(address), "r"(linear)); \
    return result;                                                                                           \
  }

#endif
