/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * XDP and tc programs that tests hang on devices of their own (test_bpf_programs.py). What they do to a UDP packet of
 * IPv4 without options is told by its destination port; all others pass. They call no helper, and so need no licence
 * that goes with the kernel's.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(name) __attribute__((section(name), used))

#define TYPE_AT     12
#define PROTOCOL_AT 23
#define PORT_AT     36
#define NEEDED      38

/* 0: it is no such packet. */
static __attribute__((always_inline)) inline __u32 udp_port(__u32 data, __u32 data_end) {
  const unsigned char* bytes = (const unsigned char*)(long)data;

  if (bytes + NEEDED > (const unsigned char*)(long)data_end) return 0;
  if (bytes[TYPE_AT] != 0x08 || bytes[TYPE_AT + 1] != 0x00 || bytes[PROTOCOL_AT] != 17) return 0;
  return bytes[PORT_AT] << 8 | bytes[PORT_AT + 1];
}

/* Longer than the 15 bytes that the kernel keeps of a name. */
SEC("xdp") int xdp_answers_by_port(struct xdp_md* context) {
  switch (udp_port(context->data, context->data_end)) {
    case 9001: return XDP_DROP;
    case 9002: return XDP_TX;
    case 9003: return XDP_ABORTED;
    case 9004: return 77;
    default: return XDP_PASS;
  }
}

SEC("xdp") int xdp_passes(struct xdp_md* context) {
  (void)context;
  return XDP_PASS;
}

SEC("tc") int tc_answers_by_port(struct __sk_buff* skb) {
  return udp_port(skb->data, skb->data_end) == 9005 ? 2 /* TC_ACT_SHOT */ : 0 /* TC_ACT_OK */;
}

SEC("tc") int tc_passes(struct __sk_buff* skb) {
  (void)skb;
  return 0;
}

/* Of this one its types do not say that its argument is a packet. */
SEC("tc") int tc_of_any(void* anything) {
  (void)anything;
  return 0;
}

char LICENSE[] SEC("license") = "BSD";
