/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The third step of a hit where drops are counted and no record is made: one is added to the row of its key
 * (drop_key.h). A key that is new takes a row; where none is free it is counted in the row of all others.
 *
 *   key ─► found last on this CPU? ─► in the hash map? ─► a free row, from now on in both
 *          drop_memos                 drop_rows          free_rows
 *
 * The kernel's hash map takes as long as all the rest. Before the kernel refuses nested hits (6.1) a memo might be half
 * written, so there it is not used.
 */
#ifndef SKBTRAIL_DROP_COUNT_H
#define SKBTRAIL_DROP_COUNT_H

#include "drop_key.h"
#include "filter.h"
#include "time_wait.h"

#define IP_WORDS         5 /* an IPv6 header */
#define TRANSPORT_WORDS  2
#define EXTENSIONS_MAX   4
#define IPPROTO_AH       51
#define TCP_SYN          2
#define ECHO_REPLY       0
#define ECHO_REPLY_V6    129
#define FRAGMENT_OFFSETS 0xf8ff /* of the first 16 bits in network order, IPv6 */

/* Whose bytes are looked at: of a network header, and how many of them are in the linear part. */
struct packet_location {
  __u64 network; /* 0: there is none */
  __u32 linear;
  __be16 protocol; /* skb->protocol, or what was told instead */
};

struct transport {
  __u32 offset;  /* from the network header; 0: the packet has none, or it is not here */
  __u32 payload; /* bytes after the network header and extensions, by the IP header */
};

static __always_inline void read_ipv4(struct drop_key* key, struct transport* transport, const __u8* header) {
  __u32 length = (header[0] & 0xf) * 4;

  key->next_header = header[9];
  if (((header[6] & 0x1f) | header[7]) == 0) transport->offset = length;
  transport->payload = (header[2] << 8 | header[3]) - length;
}

static __always_inline bool is_extension(__u8 next) {
  return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS || next == IPPROTO_FRAGMENT ||
         next == IPPROTO_AH;
}

/* Of few packets. A function of its own, so that it is no part of what the others run through. `at` and `linear` as in
 * struct packet_location. Returns where the transport header is and, after 16 bits, what it is of; 0: nowhere. */
__hidden __noinline __u64 skip_extensions(__u64 at, __u64 linear, __u64 next) {
  __u64 offset = 40;
  __u64 found = 0;

  for (int i = 0; i < EXTENSIONS_MAX; i++) {
    __u64 word = 0;
    const __u8* header = (const __u8*)&word;

    if (!is_extension(next) || offset + 8 > linear) break;
    if (!read_words(&word, at + offset, 1)) break;
    if (next == IPPROTO_FRAGMENT && *(const __u16*)(header + 2) & FRAGMENT_OFFSETS) {
      next = header[0];
      offset = 0;
      break;
    }
    offset += next == IPPROTO_FRAGMENT ? 8 : next == IPPROTO_AH ? (header[1] + 2) * 4 : (header[1] + 1) * 8;
    next = header[0];
  }
  found = offset | next << 16;
  asm volatile("" : "+r"(found));
  return found;
}

static __always_inline void read_ipv6(struct drop_key* key, struct transport* transport,
                                      const struct packet_location* packet, const __u8* header) {
  __u64 found = 40;

  key->next_header = header[6];
  if (is_extension(header[6])) {
    found = skip_extensions(packet->network, packet->linear, header[6]);
    key->next_header = found >> 16;
  }
  transport->offset = (__u16)found;
  transport->payload = (header[4] << 8 | header[5]) + 40 - transport->offset;
}

/* What tells a false alarm, of the few packets that may be one. */
static __always_inline __u8 traits_of(const struct drop_key* key, const struct transport* transport,
                                      const struct packet_location* packet, const struct sk_buff* skb) {
  bool tcp = key->next_header == IPPROTO_TCP;
  __u64 words[TRANSPORT_WORDS] = {};
  const __u8* header = (const __u8*)words;

  if (!transport->offset || transport->offset + sizeof(words) > packet->linear) {
    /* An ICMP header has eight bytes. */
    if (tcp || !transport->offset || transport->offset + 8 > packet->linear) return 0;
  }
  /* Some may be beyond the packet: there is always more of the skb's memory after it (struct skb_shared_info). */
  if (!read_words(words, packet->network + transport->offset, TRANSPORT_WORDS)) return 0;
  if (tcp) {
    bool acknowledges = !(header[13] & TCP_SYN) && transport->payload == (__u32)(header[12] >> 4) * 4;

    return acknowledges && packet_type(skb) == PACKET_HOST ? DROP_ONLY_ACKNOWLEDGES : 0;
  }
  return header[0] == (key->next_header == IPPROTO_ICMP ? ECHO_REPLY : ECHO_REPLY_V6) ? DROP_COPIED_REPLY : 0;
}

static __always_inline void read_protocol(struct drop_key* key, const struct packet_location* packet,
                                          const struct sk_buff* skb) {
  __u64 words[IP_WORDS] = {};
  struct transport transport = {};
  const __u8* header = (const __u8*)words;
  bool tells = false;

  key->protocol = bpf_ntohs(packet->protocol);
  if (!packet->network || packet->linear < 20 || !read_words(words, packet->network, IP_WORDS)) return;
  key->protocol = ethertype_of(packet->protocol, header[0]);
  if (key->protocol == ETH_P_IP)
    read_ipv4(key, &transport, header);
  else if (key->protocol == ETH_P_IPV6 && packet->linear >= 40)
    read_ipv6(key, &transport, packet, header);
  tells = key->next_header == IPPROTO_TCP;
  if (key->next_header == IPPROTO_ICMP || key->next_header == IPPROTO_ICMPV6)
    tells = BPF_CORE_READ_BITFIELD(skb, cloned);
  if (tells) key->traits |= traits_of(key, &transport, packet, skb);
}

/* Its packet has no header yet, and it says what it will be. */
static __always_inline void protocol_of_socket(struct drop_key* key, const struct sock* sk) {
  __u16 family = LOAD(sk, __sk_common.skc_family);
  __u8 state = LOAD(sk, __sk_common.skc_state);

  if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV) return; /* these are smaller structs */
  if (family != AF_INET && family != AF_INET6) return;
  key->protocol = family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
  key->next_header = LOAD(sk, sk_protocol);
}

/* The row of a key that is new, or that of all others. Two CPUs may take one at once. */
__hidden __noinline __u64 begin_row(const struct drop_key* key) {
  __u64 result = SKBTRAIL_OTHER_DROPS;
  const __u32* known;
  __u32 row;

  if (!bpf_map_pop_elem(&free_rows, &row)) {
    result = row;
    if (bpf_map_update_elem(&drop_rows, key, &row, BPF_NOEXIST)) {
      bpf_map_push_elem(&free_rows, &row, BPF_ANY);
      known = bpf_map_lookup_elem(&drop_rows, key);
      result = known ? *known : SKBTRAIL_OTHER_DROPS;
    }
  }
  asm volatile("" : "+r"(result));
  return result;
}

#define KEY_WORDS (sizeof(struct drop_key) / sizeof(__u64))

static __always_inline bool is_memo_of(const struct drop_memo* memo, const struct drop_key* key) {
  const __u64 *a = (const __u64*)&memo->key, *b = (const __u64*)key;
  __u64 differ = !memo->row;

#pragma unroll
  for (__u32 i = 0; i < KEY_WORDS; i++) differ |= a[i] ^ b[i];
  return !differ;
}

static __always_inline struct drop_memo* memo_of(const struct drop_key* key) {
  const __u64* words = (const __u64*)key;
  __u64 hash = (words[0] ^ words[3] << 16 ^ words[4] << 24) * 0x9e3779b97f4a7c15ULL >> (64 - SKBTRAIL_MEMO_BITS);

  return &drop_memos[bpf_get_smp_processor_id() & (SKBTRAIL_CPUS - 1)].of[hash];
}

static __always_inline __u32 row_of(const struct drop_key* key) {
  struct drop_memo* memo = memo_of(key);
  const __u32* known;
  __u32 row;

  if (config.rdonly_cast && is_memo_of(memo, key)) return memo->row;
  known = bpf_map_lookup_elem(&drop_rows, key);
  row = known ? *known : begin_row(key);
  if (config.rdonly_cast && row != SKBTRAIL_OTHER_DROPS) {
    memo->key = *key;
    memo->row = row;
  }
  return row;
}

/* Of this CPU. Before the kernel refuses nested hits (6.1) an interrupt may come between. */
static __always_inline void add_to(__u64* number, __u64 more) {
  if (config.rdonly_cast)
    *number += more;
  else
    __sync_fetch_and_add(number, more);
}

static __always_inline void fill_key(struct drop_key* key, const __u64* context, const struct hit* hit,
                                     const struct sock* sk, const struct packet_location* packet) {
  const volatile struct probe_config* probe = &config.probes[0];
  const struct sock* waits = TYPED(sock, PROBE_ARGUMENT(context, probe, probe->sk_arg));
  struct location location;

  locate(&location, device_of(hit, context, probe), sk);
  key->location = (__u64)PROBE_ARGUMENT(context, probe, probe->location_arg);
  if (probe->reason_arg != SKBTRAIL_NO_ARG) {
    key->reason = (__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->reason_arg);
    key->traits |= DROP_HAS_REASON;
  }
  if (location.net) key->netns = LOAD(location.net, ns.inum);
  if (location.device) {
    key->ifindex = LOAD(location.device, ifindex);
    read_name(key->name, location.device);
  }
  read_protocol(key, packet, hit->skb);
  if (!key->protocol && sk) protocol_of_socket(key, sk);
  if (probe->sk_arg == SKBTRAIL_NO_ARG || !is_object(as_number(waits))) waits = 0;
  MERGE_STATES(sock, waits);
  if (key->traits & DROP_ONLY_ACKNOWLEDGES && is_of_time_wait(waits)) key->traits |= DROP_TIME_WAIT;
}

/* `traits`: what the filter says of it. */
static __always_inline void count_in_row(const __u64* context, const struct hit* hit, const struct sock* sk,
                                         const struct packet_location* packet, __u8 traits) {
  struct drop_key key = {.traits = traits, .next_header = SKBTRAIL_NO_NEXT_HEADER};
  struct drop_count* count;
  __u32 row;

  fill_key(&key, context, hit, sk, packet);
  row = row_of(&key);
  count = bpf_map_lookup_elem(&drop_counts, &row);
  if (!count) return;
  add_to(&count->packets, 1);
  add_to(&count->bytes, hit->skb->len);
}

/* `network`, and `rest`: linear, protocol << 32 and what `filter` says << 48, as in struct packet_location. A function
 * of its own, because on the stack of Linux 5.10 the filter leaves no room for it. */
__hidden __noinline int count_drop(const __u64* context, __u64 network, __u64 rest) {
  const volatile struct probe_config* probe = &config.probes[0];
  const struct packet_location packet = {.network = network, .linear = rest, .protocol = (__u16)(rest >> 32)};
  struct hit hit = {};
  const struct sock* sk;
  int result = 0;

  hit.skb = readable_skb(skb_argument(context, probe, &hit.cookie), 0);
  sk = socket_of(&hit, context, probe);
  MERGE_STATES(sock, sk);
  count_in_row(context, &hit, sk, &packet, rest >> 48);
  asm volatile("" : "+r"(result));
  return result;
}

/* --reason and --not-reason: decided first, for it is what costs least. */
static __always_inline bool is_reason_wanted(const __u64* context) {
  const volatile struct probe_config* probe = &config.probes[0];
  __u32 reason;

  if (config.reason_choice == REASONS_ALL || probe->reason_arg == SKBTRAIL_NO_ARG) return true;
  reason = (__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->reason_arg);
  return !!bpf_map_lookup_elem(&chosen_reasons, &reason) == (config.reason_choice == REASONS_CHOSEN);
}

/* Whether it is asked for, and where its packet lies: what handle() of hit.h asks before it makes a record. */
static __always_inline bool is_drop_asked_for(struct hit* hit, const struct sock** sk, struct packet_location* location,
                                              const __u64* context) {
  struct followed packet = {};

  if (!identify_skb(hit, context, 0, 0) || filter(hit, sk, &packet, context, 0) == VERDICT_NO) return false;
  location->network = hit->view.address + hit->view.network_offset;
  location->linear = HIDDEN_RANGE(hit->view.linear - hit->view.network_offset);
  location->protocol = hit->view.protocol;
  if (hit->view.layer == REC_START_NONE || hit->view.network_offset > hit->view.linear)
    location->network = location->linear = 0;
  HIDE_RANGE(location->network);
  drop_copy(hit, 0);
  return true;
}

static __always_inline __u8 traits_by_filter(const struct hit* hit) {
  return hit->flags & REC_FLAG_INDETERMINATE ? DROP_INDETERMINATE : 0;
}

/* What count_drop() is told of a packet, on the stack of the program: both are called by it, one after the other, for a
 * call in a call costs more than the rest of it (hit.h). */
struct wanted_drop {
  __u64 network;
  __u64 rest;
};

/* Hidden for the reason of handle(), as the next. */
__hidden __noinline int is_drop_wanted(const __u64* context, struct wanted_drop* drop) {
  struct hit hit = {};
  struct packet_location location;
  const struct sock* sk;
  int result = 0;

  if (is_drop_asked_for(&hit, &sk, &location, context)) {
    drop->network = location.network;
    drop->rest =
        HIDDEN_RANGE((__u32)location.linear | (__u64)location.protocol << 32 | (__u64)traits_by_filter(&hit) << 48);
    result = 1;
  }
  asm volatile("" : "+r"(result));
  return result;
}

/* Both in one, where the filter looks at packets in place and so leaves room on the stack. */
__hidden __noinline int count_if_wanted(const __u64* context) {
  struct hit hit = {};
  struct packet_location location;
  const struct sock* sk;
  int result = 0;

  if (is_drop_asked_for(&hit, &sk, &location, context))
    count_in_row(context, &hit, sk, &location, traits_by_filter(&hit));
  asm volatile("" : "+r"(result));
  return result;
}

#endif
