/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the program that makes and judges early headers (early.bpf.c) shares with the test that feeds it.
 */
#ifndef SKBTRAIL_TESTS_EARLY_H
#define SKBTRAIL_TESTS_EARLY_H

#ifndef __cplusplus
#include <linux/types.h>
#else
#include <cstdint>
#define __u8  uint8_t
#define __u16 uint16_t
#define __u32 uint32_t
#define __u64 uint64_t
#endif

#define EARLY_SKB_MAX   512
#define EARLY_SOCK_MAX  8192
#define EARLY_BYTES_MAX 64 /* as much as a record keeps at least */
#define EARLY_FLOW_MAX  128
#define EARLY_HEAD_MAX  256

/* `skb`, `sock` and `flow` are images of the kernel's structs, laid out as the running kernel has them. With `data_at`
 * the skb's head is `head`, and its data as many bytes after. */
struct early_packet {
  __u32 by_function; /* enum header_state */
  __u32 data_at;
  __u8 skb[EARLY_SKB_MAX];
  __u8 sock[EARLY_SOCK_MAX];
  __u8 flow[EARLY_FLOW_MAX];
  __u8 head[EARLY_HEAD_MAX];
  /* From here on it is the program's. */
  __u8 bytes[EARLY_BYTES_MAX];
  __u32 length;
  __u32 wire_len;
  __u32 verdict;
  __u32 flags;
  __u32 headers;  /* enum header_state */
  __u16 protocol; /* in network order */
  __u8 layer;
  __u8 has_run;
};

#ifdef __cplusplus
#undef __u8
#undef __u16
#undef __u32
#undef __u64
#endif

#endif
