/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What attaching costs by itself: programs that do nothing, as many as skbtrail has probes (bpf/skbtrail.bpf.c) and of
 * the same type. empty.cc gives as many of them a tracepoint as there are to attach to; the rest are never loaded.
 */
#include "stubs.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY(high, low)                       \
  SEC("?tp_btf") int empty_##high##low(void) { \
    return 0;                                  \
  }
EVERY_STUB(EMPTY)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
