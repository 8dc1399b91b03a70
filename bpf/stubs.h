/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One program for every probe: EVERY_STUB(STUB) is STUB(0, 0) to STUB(7, f). The number is written in two hexadecimal
 * digits, to be pasted into a name, so that the names sort.
 */
#ifndef SKBTRAIL_STUBS_H
#define SKBTRAIL_STUBS_H

#include "config.h"

/* clang-format off */
#define STUBS_16(STUB, high)                                                            \
  STUB(high, 0) STUB(high, 1) STUB(high, 2) STUB(high, 3) STUB(high, 4) STUB(high, 5)   \
  STUB(high, 6) STUB(high, 7) STUB(high, 8) STUB(high, 9) STUB(high, a) STUB(high, b)   \
  STUB(high, c) STUB(high, d) STUB(high, e) STUB(high, f)
#define EVERY_STUB(STUB)                                                                \
  STUBS_16(STUB, 0) STUBS_16(STUB, 1) STUBS_16(STUB, 2) STUBS_16(STUB, 3)               \
  STUBS_16(STUB, 4) STUBS_16(STUB, 5) STUBS_16(STUB, 6) STUBS_16(STUB, 7)
/* SKBTRAIL_SHARED. */
#define EVERY_SHARED_STUB(STUB) STUBS_16(STUB, 0)
/* In the object for functions; SKBTRAIL_KPROBE_STUBS of the one kind, after them as many of the other, and those for
 * lists. */
#define EVERY_KPROBE_STUB(STUB) STUBS_16(STUB, 0) STUBS_16(STUB, 1)
#define EVERY_FENTRY_STUB(STUB) STUBS_16(STUB, 2) STUBS_16(STUB, 3)
#define EVERY_LIST_STUB(STUB)   STUB(4, 0) STUB(4, 1)
/* In the object for BPF programs. */
#define EVERY_BPF_STUB(STUB)                                                            \
  STUBS_16(STUB, 0) STUBS_16(STUB, 1) STUBS_16(STUB, 2) STUBS_16(STUB, 3)
/* clang-format on */
_Static_assert(SKBTRAIL_PROBES == 0x80, "one stub per probe");
_Static_assert(SKBTRAIL_SHARED == 0x10, "one stub per shared program");
_Static_assert(SKBTRAIL_KPROBE_STUBS == 0x20 && SKBTRAIL_FENTRY_STUBS == 0x20 && SKBTRAIL_LIST_STUBS == 2,
               "one stub for each program on functions");
_Static_assert(SKBTRAIL_BPF_STUBS == 0x40, "one stub for each program on a BPF program");
_Static_assert(SKBTRAIL_RETURN_STUBS == SKBTRAIL_PROBES, "as many stubs");

#endif
