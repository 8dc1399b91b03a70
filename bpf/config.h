/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space tells the kernel side before it is loaded. It becomes read-only, so the verifier knows every value
 * and removes what is switched off: a field here costs nothing per hit. Shared by BPF C and C++.
 */
#ifndef SKBTRAIL_CONFIG_H
#define SKBTRAIL_CONFIG_H

#include "record.h"

/* Probes that one object can hold. One program per tracepoint: the kernel drops nested hits of the same program, so
 * tracepoints must not share one. */
#define SKBTRAIL_PROBES 128

/* CPUs for which losses are counted apart; a CPU above shares a slot with another. */
#define SKBTRAIL_CPUS 1024

#define SKBTRAIL_SNAPLEN_MAX 4096

#define SKBTRAIL_NO_ARG 0xff

/* Where a tracepoint's arguments stand; SKBTRAIL_NO_ARG: it has no such argument. Found in BTF, see src/probe. */
struct probe_config {
  __u8 skb_arg;
  __u8 sk_arg;
  __u8 device_arg;
  __u8 location_arg;
  __u8 reason_arg;
  __u8 result_arg;
  __u8 len_arg;
  __u8 skb_gone;  /* the skb is no longer the caller's: follow no pointer */
  __u16 sections; /* enum rec_section, for this probe */
  __u16 pad;
};

struct skbtrail_config {
  struct probe_config probes[SKBTRAIL_PROBES];
  __u32 snaplen;    /* packet bytes a record holds at most */
  __u32 ring_slots; /* entries in the array of rings */
  __u8 rdonly_cast; /* the kernel has the kfunc bpf_rdonly_cast (6.2) */

  /* Conditions, all of which must hold; each is off where its match_ flag is 0. */
  __u8 match_netns;
  __u8 match_ifname;
  __u8 match_mark;
  __u8 match_len;
  __u8 pad[3];
  __u32 netns;
  __u32 mark;
  __u32 mark_mask;
  __u32 len_min;
  __u32 len_max;
  __u32 pad2;
  __u64 ifname[2]; /* the name, padded with zeros, as two words */
};

/* One per CPU, mapped into user space. Only ever added to. */
struct cpu_losses {
  __u32 lost[REC_LOSS_CAUSES];
  __u32 pad[12]; /* a cache line of its own */
};

#endif
