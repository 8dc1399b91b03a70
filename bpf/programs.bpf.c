/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side of skbtrail on BPF programs (-t bpf:*): a program at the begin and one at the end of each XDP and tc
 * program that is traced. It is an object of its own, so that no other run loads it; maps that are not its own are
 * those of skbtrail.bpf.c.
 *
 *   tc    the kernel hands on the skb that the program's struct __sk_buff is a view of: a hit as of any function
 *   XDP   there may be no skb (xdp.h)
 */
#define SKBTRAIL_FUNCTIONS
#define SKBTRAIL_BPF_PROGRAMS
#include "returned.h"
#include "stubs.h"
#include "xdp.h"

static __always_inline int program_entered(const __u64* context, __u32 number) {
  if (config.probes[number].skb_via != VIA_XDP) return probe_hit(context, number);
  return match_current() ? slow_path(context, number, 0) : 0;
}

/* These have to return 0. */
#define ENTRY(high, low)                                       \
  SEC("?fentry") int entry_##high##low(const __u64* context) { \
    program_entered(context, 0x##high##low);                   \
    return 0;                                                  \
  }
EVERY_BPF_STUB(ENTRY)

#define LEAVE(high, low)                                      \
  SEC("?fexit") int leave_##high##low(const __u64* context) { \
    return traced_returned(context, 0x##high##low);           \
  }
EVERY_BPF_STUB(LEAVE)

DEFINE_PACKET_FILTER()

char LICENSE[] SEC("license") = SKBTRAIL_LICENSE;
