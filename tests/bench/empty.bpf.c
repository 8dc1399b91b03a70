/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What attaching costs by itself: programs that do nothing, as many as skbtrail has probes (bpf/skbtrail.bpf.c) and of
 * the same type. empty.cc gives as many of them a tracepoint as there are to attach to; the rest are never loaded.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* clang-format off */
#define EMPTY(high, low) \
  SEC("?tp_btf") int empty_##high##low(void) { return 0; }
#define EMPTY_16(high)                                                                      \
  EMPTY(high, 0) EMPTY(high, 1) EMPTY(high, 2) EMPTY(high, 3) EMPTY(high, 4) EMPTY(high, 5) \
  EMPTY(high, 6) EMPTY(high, 7) EMPTY(high, 8) EMPTY(high, 9) EMPTY(high, a) EMPTY(high, b) \
  EMPTY(high, c) EMPTY(high, d) EMPTY(high, e) EMPTY(high, f)
/* clang-format on */

EMPTY_16(0)
EMPTY_16(1)
EMPTY_16(2)
EMPTY_16(3)
EMPTY_16(4)
EMPTY_16(5)
EMPTY_16(6)
EMPTY_16(7)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
