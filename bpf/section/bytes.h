/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: packet bytes. The headers are copied once, here. Read is what belongs to the linear part and no more, so a
 * record never shows bytes that are not the packet's.
 */
#ifndef SKBTRAIL_SECTION_BYTES_H
#define SKBTRAIL_SECTION_BYTES_H

#include "../early_headers.h"
#include "../view.h"

/* Whichever are set, they are one number to the verifier. */
static __always_inline void add_flag(__u16* flags, __u16 flag) {
  *flags = HIDDEN_RANGE(*flags | flag);
}

static __always_inline bool is_inet(const struct sock* sk) {
  __u16 family = LOAD(sk, __sk_common.skc_family);

  return family == AF_INET || family == AF_INET6;
}

/* In few steps; a record's bytes begin where a word may. */
static __always_inline void clear_made_headers(__u8* bytes) {
#pragma unroll
  for (__u32 i = 0; i < MADE_HEADERS_MAX / 8; i++) ((__u64*)bytes)[i] = 0;
  ((__u32*)bytes)[MADE_HEADERS_MAX / 4 - 1] = 0;
}

/* For an skb that has no headers yet: makes them, if that is certain, and the view of them. Returns their length. `sk`
 * is whose packet it is; 0: unknown. `headers` is enum header_state, `flow` that of flow_argument(). */
static __always_inline __u32 make_headers(__u8* bytes, struct view* view, __u16* flags, const struct sk_buff* skb,
                                          const struct sock* sk, __u64 headers, __u64 flow) {
  struct made made = {};

  if (headers == HEADERS_NOT_HERE) return 0;
  if (headers != HEADERS_WRITTEN) add_flag(flags, REC_FLAG_UNWRITTEN);
  if (!sk || headers == HEADERS_ABSENT) return 0;
  clear_made_headers(bytes);
  if (flow && headers == HEADERS_NO_UDP)
    make_udp_headers(&made, bytes, skb, sk, flow);
  else
    make_tcp_headers(&made, bytes, skb, sk);
  if (!made.length) {
    if (is_inet(sk) && !skb->network_header && skb->mac_header == HEADER_UNSET) add_flag(flags, REC_FLAG_UNWRITTEN);
    return 0;
  }
  add_flag(flags, REC_FLAG_SYNTHESIZED);
  view->layer = HIDDEN_RANGE(REC_START_NETWORK);
  view->network_offset = HIDDEN_RANGE(0);
  view->data = HIDDEN_RANGE(made.length - made.replaced); /* the payload is after them */
  view->protocol = HIDDEN_RANGE(made.protocol);
  view->linear = HIDDEN_RANGE(made.length);
  view->address = as_number(bytes);
  return made.length;
}

/* Puts what is not written yet into a copy of `length` bytes, which the packet filter is run on where it asks for it.
 */
static __always_inline void complete_copy(__u8* bytes, struct view* view, __u16* flags, const struct sk_buff* skb,
                                          __u32 length) {
  add_flag(flags, REC_FLAG_UNWRITTEN);
  write_length(bytes, length, wire_length(view, skb));
  if (!config.filter_fields || !config.bytes_type) return;
  view->address = as_number(bytes);
  view->linear = length;
}

/* Bytes that one step of copy_typed() moves; a power of two. What it writes after the last byte is overwritten. */
#define COPIED_AT_ONCE 16
#define COPIED_TYPED   160

/*
 * By loads that the verifier lets through: for the headers of a packet a third of what bpf_probe_read_kernel() takes,
 * which is three calls. False: it has to be asked after all, for where a load faults, zeros are read, and these may be
 * the packet's own.
 */
static __always_inline bool copy_typed(__u8* to, __u64 address, __u32 length) {
  const __u64* from = bpf_rdonly_cast((const void*)address, config.bytes_type);
  __u64 first = from[0], second = from[1];

  if (!(first | second)) return false;
  ((__u64*)to)[0] = first;
  ((__u64*)to)[1] = second;
#pragma unroll
  for (__u32 i = COPIED_AT_ONCE; i < COPIED_TYPED; i += COPIED_AT_ONCE) {
    if (i >= config.snaplen || i >= length) break;
    ((__u64*)(to + i))[0] = from[i / 8];
    ((__u64*)(to + i))[1] = from[i / 8 + 1];
  }
  return true;
}

/* The headers of a packet, as a rule. */
static __always_inline bool copy_bytes(__u8* to, __u64 address, __u32 length) {
  if (config.bytes_type && length <= COPIED_TYPED && copy_typed(to, address, length)) return true;
  return !bpf_probe_read_kernel(to, length, (const void*)address);
}

/* Returns how many bytes there are, at most config.snaplen. */
static __always_inline __u32 read_bytes(__u8* bytes, const struct view* view, __u16* flags) {
  __u32 length = view->linear;

  if (length > config.snaplen) length = config.snaplen;
  barrier_var(length);
  if (length == 0 || length > config.snaplen) return 0;
  if (copy_bytes(bytes, view->address, length)) return length;
  add_flag(flags, REC_FLAG_NO_READ);
  return 0;
}

#endif
