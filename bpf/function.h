/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a hit of a function is begun (hit.h), and what is kept until the function returns. Two kinds of programs:
 *
 *   kprobe    one for all functions whose arguments are alike; the arguments are in the saved registers, and a cookie
 *             or the IP hash table (config.h) says which function it was
 *   fentry    one for each function; the arguments are in an array, after them at the return (fexit) the result
 *
 * Neither gets pointers that the verifier knows: an skb is typed with a cast where the kernel has it (6.2), else it is
 * copied, whole and in one read, before anything is looked at.
 */
#ifndef SKBTRAIL_FUNCTION_H
#define SKBTRAIL_FUNCTION_H

#include "args.h"
#include "nftables.h"

#define NF_VERDICT_MASK 0x000000ff /* include/uapi/linux/netfilter.h */
#define NF_STOLEN       2

#define PROBE_ARGUMENT(context, probe, position) \
  ((probe)->registers ? register_argument(context, position) : argument(context, position))

/* An argument of a section (tracepoint.h): only tracepoints have them in cookies. */
#define ARGUMENT_OR_COOKIE(from, position, AT) \
  ((__u64)PROBE_ARGUMENT((from)->context, (from)->probe, (from)->probe->position))
#define HAS_ARGUMENT(from, position, AT) ((from)->probe->position != SKBTRAIL_NO_ARG)

static __always_inline __u64 pointer_at(__u64 address) {
  __u64 pointer = 0;

  if (config.bytes_type) return *(const __u64*)bpf_rdonly_cast((const void*)address, config.bytes_type);
  if (bpf_probe_read_kernel(&pointer, sizeof(pointer), (const void*)address)) return 0;
  return pointer;
}

static __always_inline const void* resolve_skb(__u64 address, __u8 via) {
  if (via == VIA_TRACE) return (const void*)pointer_at(traced_pkt(address, true));
  return (const void*)(via == VIA_POINTER ? pointer_at(address) : address);
}

static __always_inline const void* resolve_sock(__u64 address, __u8 via) {
  __u64 sk = 0;

  if (via != VIA_SOCKET) return (const void*)address;
  READ_KERNEL(sk, socket, address, sk);
  return (const void*)sk;
}

static __always_inline __u64 register_at_hit(const __u64* context, bool stack) {
  __u64 value;

  if (stack)
    LOAD_REGISTER(value, context, REGISTER_STACK);
  else
    LOAD_REGISTER(value, context, REGISTER_IP);
  return value;
}

/* Of a program on kprobes. */
static __always_inline __u64 attach_cookie(const __u64* context) {
  if (config.ip_hash_multiplier) {
    __u64 address = config.function_ip ? bpf_get_func_ip((void*)context) : register_at_hit(context, false);
    __u32 slot = ip_hash_slot(address, config.ip_hash_multiplier);

#pragma unroll
    for (int i = 0; i < SKBTRAIL_IP_HASH_PROBES; i++) {
      const volatile struct ip_hash_entry* entry = &ip_hash_table.entries[slot + i];

      if (i >= config.ip_hash_probes) break;
      if (entry->address == (__u32)address) return entry->cookie;
    }
  }
  return config.cookies ? bpf_get_attach_cookie((void*)context) : ~0ULL;
}

/* Rules that nftables trace have stolen the packet: it is another's by now, or freed (nft_trace_notify() of Linux 6.4
 * looks away, too). */
static __always_inline bool is_stolen(const __u64* context, const volatile struct probe_config* probe) {
  __u64 verdict;
  __u32 code = 0;

  if (probe->verdict_arg == SKBTRAIL_NO_ARG) return false;
  verdict = (__u64)PROBE_ARGUMENT(context, probe, probe->verdict_arg);
  READ_KERNEL(code, nft_verdict, traced_verdict(verdict, probe->rule_via == RULE_NFT_INFO), code);
  return (code & NF_VERDICT_MASK) == NF_STOLEN;
}

/* `cookie`, which is 0 before, becomes the attach cookie where the skb cannot be found without. */
static __always_inline const void* skb_argument(const __u64* context, const volatile struct probe_config* probe,
                                                __u64* cookie) {
  if (probe->skb_arg == SKBTRAIL_NO_ARG || is_stolen(context, probe)) return 0;
  if (probe->skb_arg != SKBTRAIL_ARG_IN_COOKIE)
    return resolve_skb((__u64)PROBE_ARGUMENT(context, probe, probe->skb_arg), probe->skb_via);
  *cookie = attach_cookie(context);
  return resolve_skb((__u64)register_argument(context, COOKIE_SKB_AT(*cookie)), COOKIE_SKB_VIA(*cookie));
}

static __always_inline const void* sk_argument(const __u64* context, const volatile struct probe_config* probe,
                                               __u64 cookie) {
  if (probe->sk_arg != SKBTRAIL_ARG_IN_COOKIE)
    return resolve_sock((__u64)PROBE_ARGUMENT(context, probe, probe->sk_arg), probe->sk_via);
  return resolve_sock((__u64)register_argument(context, COOKIE_SK_AT(cookie)), COOKIE_SK_VIA(cookie));
}

/* 0: it could not be read. */
static __always_inline const struct sk_buff* readable_skb(const void* address, __u32 program) {
  struct skb_copy* copy;

  if (config.rdonly_cast) return TYPED(sk_buff, address);
  copy = bpf_map_lookup_elem(&skb_copies, &program);
  if (!copy || bpf_core_type_size(struct sk_buff) > SKB_BYTES) return 0;
  if (bpf_probe_read_kernel(copy->bytes, bpf_core_type_size(struct sk_buff), address)) return 0;
  return (const struct sk_buff*)copy->bytes;
}

static __always_inline __u64 attach_cookie_of(const __u64* context, __u32 program) {
  return config.probes[program].registers ? attach_cookie(context) : 0;
}

/* enum header_state, as far as the function tells. */
static __always_inline __u64 headers_by_function(__u64 cookie, const volatile struct probe_config* probe) {
  return (probe->registers ? COOKIE_HEADERS(cookie) : 0) | probe->headers;
}

/* enum packet_direction, the same. */
static __always_inline __u64 direction_by_probe(__u64 cookie, const volatile struct probe_config* probe) {
  return (probe->registers ? COOKIE_DIRECTION(cookie) : 0) | probe->direction;
}

/* The flow of a function that writes the UDP header of its first argument: its second. */
static __always_inline __u64 flow_argument(const __u64* context, const volatile struct probe_config* probe) {
  if (!probe->registers && probe->headers != HEADERS_NO_UDP) return 0;
  return (__u64)PROBE_ARGUMENT(context, probe, 1);
}

static __always_inline __u16 probe_number(__u64 cookie, __u32 program) {
  return config.probes[program].registers ? cookie : config.probes[program].number;
}

static __always_inline __u64 hit_stack(__u64 packet, const __u64* context, const volatile struct probe_config* probe) {
  (void)packet;
  return probe->registers ? register_at_hit(context, true) : as_number(context);
}

/* Until a record is stamped its time is free; in one that is kept it is the length. So is what is lost, where stamp()
 * writes at the return:
 *
 *   | class: where a classifier will have put the one that it chose | enum returns |   |
 *   0                                                               8             12  16
 */
static __always_inline void keep_for_return(struct ring_entry* entry, __u64 size, const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  struct rec_core* core = (struct rec_core*)(entry + 1);
  struct call_key key = {};

  key.stack = hit_stack(0, context, probe);
  key.number = core->probe;
  core->time_ns = size;
  *(__u64*)core->lost = 0;
  if (probe->sections & REC_SECTION_TC && probe->class_arg != SKBTRAIL_NO_ARG)
    *(__u64*)core->lost = (__u64)PROBE_ARGUMENT(context, probe, probe->class_arg);
  core->lost[2] = probe->returns;
  if (bpf_map_update_elem(&calls, &key, entry, BPF_ANY)) count_loss(REC_LOSS_CALLS);
}

#endif
