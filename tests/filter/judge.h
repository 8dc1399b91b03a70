/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program that runs translated filters in the kernel (judge.bpf.c) shares with the test that feeds it.
 */
#ifndef SKBTRAIL_TESTS_JUDGE_H
#define SKBTRAIL_TESTS_JUDGE_H

#ifndef __cplusplus
#include <linux/types.h>
#else
#include <cstdint>
#define __u8  uint8_t
#define __u32 uint32_t
#define __u64 uint64_t
#endif

#define JUDGE_PACKETS  8192
#define JUDGE_COPY_MAX 192
#define JUDGE_READ_MAX 512

/* One per way a filter can be presented. */
#define JUDGE_STUBS      10
#define JUDGE_STUB_WORDS 4096

/* `copy` and `linear_bytes` agree in the first `copied` bytes and are filled with different garbage after what is
 * valid. */
struct judged_packet {
  __u64 address; /* the program's: where linear_bytes is */
  __u32 copied;
  __u32 linear;
  __u32 wire_len;
  __u32 packet_type;
  __u32 ethertype;
  __u32 tag;
  __u8 copy[JUDGE_COPY_MAX];
  __u8 linear_bytes[JUDGE_READ_MAX];
  __u32 results[JUDGE_STUBS]; /* the program's */
};

#ifdef __cplusplus
#undef __u8
#undef __u32
#undef __u64
#endif

#endif
