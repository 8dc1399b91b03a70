/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Section: at which hook of netfilter, between which devices. All is read by address, from an argument of the function;
 * tracepoints have none like it.
 */
#ifndef SKBTRAIL_SECTION_HOOK_H
#define SKBTRAIL_SECTION_HOOK_H

#include "../log_trace.h"
#include "../source.h"
#include "device.h"

#ifdef SKBTRAIL_FUNCTIONS

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nf_hook_state {
  __u8 hook; /* 32 bits before 5.12 */
  __u8 pf;
  struct net_device* in;
  struct net_device* out;
  struct net* net;
};

struct nft_pktinfo {
  const struct nf_hook_state* state;
};

/* Of older kernels, where the members of struct xt_action_param were there instead (5.11). */
struct xt_action_param {
  const struct nf_hook_state* state;
};
struct nft_pktinfo___xt {
  struct xt_action_param xt;
};

#pragma clang attribute pop

/* The address of the struct; 0: it could not be found. */
static __always_inline __u64 hook_state_at(__u64 argument, __u8 via) {
  __u64 state = 0;

  if (via == HOOK_STATE) return argument;
  argument = traced_pkt(argument, via == HOOK_TRACE);
  if (bpf_core_field_exists(struct nft_pktinfo, state))
    READ_KERNEL(state, nft_pktinfo, argument, state);
  else if (bpf_core_field_exists(struct nft_pktinfo___xt, xt))
    READ_KERNEL(state, nft_pktinfo___xt, argument, xt.state);
  return state;
}

static __always_inline void fill_logged_hook(struct rec_hook* section, const struct rare_source* from) {
  section->family = (__u64)register_argument(from->context, LOG_FAMILY);
  section->hook = (__u64)register_argument(from->context, LOG_HOOK);
  section->known = 1;
  read_device((__u64)register_argument(from->context, LOG_IN), &section->in_ifindex, section->in);
  read_device((__u64)register_argument(from->context, LOG_OUT), &section->out_ifindex, section->out);
}

static __always_inline void fill_hook(struct rec_hook* section, const struct rare_source* from) {
  __u64 state, device = 0;

  __builtin_memset(section, 0, sizeof(*section));
  if (from->probe->hook_via == HOOK_LOG) {
    if (from->probe->registers) fill_logged_hook(section, from);
    return;
  }
  if (!bpf_core_type_exists(struct nf_hook_state)) return;
  state =
      hook_state_at((__u64)PROBE_ARGUMENT(from->context, from->probe, from->probe->hook_arg), from->probe->hook_via);
  if (READ_KERNEL(section->hook, nf_hook_state, state, hook)) return;
  LOAD_KERNEL(section->family, nf_hook_state, state, pf);
  section->known = 1;
  LOAD_KERNEL(device, nf_hook_state, state, in);
  read_device(device, &section->in_ifindex, section->in);
  device = 0;
  LOAD_KERNEL(device, nf_hook_state, state, out);
  read_device(device, &section->out_ifindex, section->out);
}

#else
FILL_WITH_NOTHING(hook)
#endif

#endif
