/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first step of a hit: which skb it is about, whose socket, at which device, and where the packet lies in the skb.
 * Nothing is asked for here; what costs much is found when it is needed: the attach cookie, which on kprobes is a
 * search, after the first conditions (filter.h).
 */
#ifndef SKBTRAIL_IDENTIFY_H
#define SKBTRAIL_IDENTIFY_H

#ifdef SKBTRAIL_FUNCTIONS
#include "function.h"
#else
#include "tracepoint.h"
#endif

#include "section/device.h"
#include "view.h"

/* What is known of a hit before its record is begun. */
struct hit {
  __u64 cookie;              /* attach cookie (config.h) */
  const void* address;       /* of the skb */
  const struct sk_buff* skb; /* 0: it is no longer the caller's, or there is none */
  struct view view;
  __u32 result;  /* of the packet filter, if it was run */
  __u32 copied;  /* packet bytes in `scratch`: the packet filter needed a copy */
  __u16 flags;   /* enum rec_flag, of what was found on the way */
  bool filtered; /* the packet filter was run */
  bool has_slot; /* of `scratch` */
  __u8 headers;  /* enum header_state */
};

/* The compiler must not conclude from "none" what it may skip: verifiers before 6.2 believe in a pointer more than
 * it does, and refuse what it then puts where the pointer was. */
static __always_inline bool has_skb(const struct hit* hit) {
  __u64 number = (__u64)hit->skb;

  barrier_var(number);
  return number;
}

/* Of a probe without an skb among its arguments: this hit has none either, or none that can be looked at. */
static __always_inline bool is_without_skb(const struct hit* hit, const volatile struct probe_config* probe) {
  return probe->skb_not_owned && (probe->skb_via < VIA_STACK || !has_skb(hit));
}

#ifdef SKBTRAIL_BPF_PROGRAMS

/* xdp.h, which needs what is needed of this header. */
__hidden __noinline int describe_xdp(const __u64* context, __u32 program);
__hidden __noinline __u64 skb_of_xdp(const __u64* context);

/* The packet of an XDP program, through an skb of our own; its address is that of the kernel's, 0: there is none. */
static __always_inline bool identify_xdp(struct hit* hit, const __u64* context, __u32 program) {
  const struct skb_copy* copy;

  if (!describe_xdp(context, program)) return false;
  copy = bpf_map_lookup_elem(&skb_copies, &program);
  if (!copy) return false;
  hit->skb = (const struct sk_buff*)copy->bytes;
  hit->address = (const void*)skb_of_xdp(context);
  return true;
}

static __always_inline bool is_of_xdp(const volatile struct probe_config* probe) {
  return probe->skb_via == VIA_XDP;
}

#else

static __always_inline bool identify_xdp(struct hit* hit, const __u64* context, __u32 program) {
  (void)hit, (void)context, (void)program;
  return false;
}

static __always_inline bool is_of_xdp(const volatile struct probe_config* probe) {
  (void)probe;
  return false;
}

#endif

/* The skb; `listed` is its address where no argument leads to it (VIA_LIST and after). False: there is none to look
 * at. */
static __always_inline bool identify_skb(struct hit* hit, const __u64* context, __u32 program, __u64 listed) {
  const volatile struct probe_config* probe = &config.probes[program];

  hit->cookie = 0;
  if (is_of_xdp(probe)) {
    hit->flags = HIDDEN_RANGE(0);
    return identify_xdp(hit, context, program);
  }
  hit->address = probe->skb_via >= VIA_LIST ? (const void*)listed : skb_argument(context, probe, &hit->cookie);
  hit->skb = 0;
  hit->flags = HIDDEN_RANGE(0);
  if (probe->skb_via >= VIA_STACK) {
    if (config.rdonly_cast && listed) hit->skb = TYPED(sk_buff, hit->address);
    return true;
  }
  /* Twice: the verifier takes the first for granted where it trusts the argument, and wants it where it does not. */
  if (probe->skb_arg != SKBTRAIL_NO_ARG && (!hit->address || !is_object(as_number(hit->address)))) return false;
  if (probe->skb_not_owned) return true;
  hit->skb = readable_skb(hit->address, program);
  return has_skb(hit);
}

/* The attach cookie, unless the skb could not be found without. */
static __always_inline void identify_probe(struct hit* hit, const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];

  if (probe->skb_arg != SKBTRAIL_ARG_IN_COOKIE || probe->skb_via == VIA_LIST)
    hit->cookie = attach_cookie_of(context, program);
}

/* Pointers to structs are not loaded from the trusted skb: for each such load the verifier searches all of BTF by name
 * (btf_nested_type_is_trusted), which was two fifths of the time that the start takes. */
static __always_inline const struct net_device* device_of(const struct hit* hit, const __u64* context,
                                                          const volatile struct probe_config* probe) {
  const struct net_device* device;

  if (is_without_skb(hit, probe))
    device = TYPED(net_device, PROBE_ARGUMENT(context, probe, probe->device_arg));
  else
    device = TYPED(net_device, TYPED(sk_buff, hit->skb)->dev);
  return is_kernel_address(as_number(device)) ? device : 0;
}

static __always_inline const struct sock* socket_of(const struct hit* hit, const __u64* context,
                                                    const volatile struct probe_config* probe) {
  const void* sk = probe->sk_arg == SKBTRAIL_NO_ARG ? 0 : sk_argument(context, probe, hit->cookie);

  if (!sk) sk = has_skb(hit) ? TYPED(sk_buff, hit->skb)->sk : 0;
  return sk ? TYPED(sock, sk) : 0;
}

/* Where the packet lies, and which way it goes. */
static __always_inline void identify_packet(struct hit* hit, const __u64* context,
                                            const volatile struct probe_config* probe) {
  if (!has_skb(hit)) return;
  hit->headers = HIDDEN_RANGE(headers_of(hit->skb, headers_by_function(hit->cookie, probe)));
  view_packet(&hit->view, hit->skb, HIDDEN_RANGE(link_type(device_of(hit, context, probe))), hit->headers);
  hit->view.direction = config.filter_type ? direction_by_probe(hit->cookie, probe) : DIRECTION_UNKNOWN;
}

/* Whose packet it is: `sk` may be who works on it, such as a listener on the answer to a request. */
static __always_inline const struct sock* owner_of(const struct hit* hit, const struct sock* sk) {
  const struct sock* owner = TYPED(sk_buff, hit->skb)->sk;

  if (owner) sk = TYPED(sock, owner);
  MERGE_STATES(sock, sk);
  return sk;
}

#endif
