/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes headers for an skb that has none, and judges them, by the project's own code and in the order in which the
 * tracer does it, but on images of an skb and its socket in a map. To code that casts every pointer, memory of a map is
 * as good as any of the kernel's; to code that does not, for kernels before 6.2, it is memory that the verifier knows.
 */
#include "early.h"
#include "../../bpf/packet_filter.h"
#include "section/bytes.h"

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct early_packet);
} early SEC(".maps");

/* Bytes in the place of those that an address in an image does not lead to. */
static __always_inline void put_head(struct early_packet* packet) {
  __u64 head = as_number(packet->head);

  *(__u64*)(packet->skb + bpf_core_field_offset(struct sk_buff, head)) = head;
  *(__u64*)(packet->skb + bpf_core_field_offset(struct sk_buff, data)) = head + packet->data_at;
}

static __always_inline void make(struct early_packet* packet, const struct sk_buff* skb, const struct sock* sk) {
  struct view view;
  __u16 flags = 0;
  __u32 length = 0;

  __u64 headers = headers_of(skb, packet->by_function);

  view_packet(&view, skb, HEADER_UNSET, headers);
  if (view.layer == REC_START_NONE) {
    length = make_headers(packet->bytes, &view, &flags, skb, sk, headers, as_number(packet->flow));
  } else if (headers == HEADERS_NO_LENGTH) {
    length = read_bytes(packet->bytes, &view, &flags);
    complete_copy(packet->bytes, &view, &flags, skb, length);
  }
  packet->headers = headers;
  packet->length = length;
  packet->wire_len = view.layer != REC_START_NONE ? wire_length(&view, skb) : 0;
  packet->flags = flags;
  packet->protocol = length && flags & REC_FLAG_SYNTHESIZED ? view.protocol : 0;
  packet->layer = view.layer;
  if (length) packet->verdict = filter_copied(&view, skb, packet->bytes, length);
}

SEC("tc")
int make_early(__attribute__((unused)) const void* context) {
  __u32 zero = 0;
  struct early_packet* packet = bpf_map_lookup_elem(&early, &zero);

  if (!packet) return 0;
  packet->has_run = 1;
  if (packet->data_at) put_head(packet);
  if (config.rdonly_cast)
    make(packet, TYPED(sk_buff, (void*)as_number(packet->skb)), TYPED(sock, (void*)as_number(packet->sock)));
  else
    make(packet, (void*)packet->skb, (void*)packet->sock);
  return 0;
}

DEFINE_PACKET_FILTER()

char LICENSE[] SEC("license") = "Dual BSD/GPL";
