/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Judges packets in a map by translated filters, which the test patches into the stubs. One run takes one packet, so
 * BPF_PROG_TEST_RUN's `repeat` goes through them all.
 */
#include "judge.h"

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

const volatile bool typed = false; /* the kernel has bpf_rdonly_cast */

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, JUDGE_PACKETS);
  __type(key, __u32);
  __type(value, struct judged_packet);
} packets SEC(".maps");

__u32 next_packet = 0;

#define STRING(text)   #text
#define EXPANDED(text) STRING(text)
/* `goto +0`, as often as the stub is long. */
#define PLACE_FOR_A_FILTER ".fill " EXPANDED(JUDGE_STUB_WORDS) ", 8, 0x05\n"

#define STUB(number)                                                                                    \
  static __attribute__((noinline))                                                                      \
  __u32 filter_##number(const void* bytes, __u64 copied, __u64 wire_len, __u64 address, __u64 linear) { \
    __u32 result;                                                                                       \
    asm volatile(PLACE_FOR_A_FILTER "%0 = 0\n"                                                          \
                 : "=r"(result)                                                                         \
                 : "r"(bytes), "r"(copied), "r"(wire_len), "r"(address), "r"(linear));                  \
    return result;                                                                                      \
  }

/* clang-format off */
STUB(0) STUB(1) STUB(2) STUB(3) STUB(4) STUB(5) STUB(6) STUB(7) STUB(8) STUB(9)
/* clang-format on */

#define JUDGE(number, bytes) packet->results[number] = filter_##number((bytes), copied, wire_len, address, linear)

    static __attribute__((always_inline)) void judge(struct judged_packet* packet) {
  __u64 copied = packet->copied | (__u64)packet->ethertype << 32;
  __u64 wire_len = packet->wire_len | (__u64)packet->packet_type << 32;
  __u64 linear = packet->linear | (__u64)packet->tag << 32;
  __u64 address;

  /* Through memory, so that it is a number to the verifier, as it will be where the filters are used. */
  packet->address = (__u64)packet->linear_bytes;
  address = *(volatile __u64*)&packet->address;
  JUDGE(0, packet->copy);
  JUDGE(2, packet->copy);
  JUDGE(4, packet->copy);
  JUDGE(6, packet->copy);
  JUDGE(8, packet->copy);
  if (typed) {
    const void* nothing = 0;

    asm volatile("" : "+r"(nothing)); /* a constant would become part of the stubs */
    JUDGE(1, nothing);
    JUDGE(3, nothing);
    JUDGE(5, nothing);
    JUDGE(7, nothing);
    JUDGE(9, nothing);
  }
}

SEC("tc")
int judge_next(__attribute__((unused)) const void* context) {
  __u32 number = next_packet;
  struct judged_packet* packet;

  if (number >= JUDGE_PACKETS) return 0;
  next_packet = number + 1;
  packet = bpf_map_lookup_elem(&packets, &number);
  if (!packet) return 0;
  judge(packet);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
