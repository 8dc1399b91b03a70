/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that matched once are followed, whatever becomes of them: another address by NAT, another namespace, a header
 * in front. A packet is known by the address of its skb, from the first hit that matched to the end of the skb.
 *
 *   hit ─► is anything followed? ─► is this skb? ─► yes: it is shown, whatever the filter would say
 *               no (0.4 ns)             no
 *                └─────────────────────┴─────────► filter ─► yes: from here on it is followed
 *
 * Where ends are missed (tracepoints alone: half of the skbs that a process reads are freed without any) an address may
 * be another packet's by now. Then the content has to be what it was, or the packet is followed no more: what of a
 * packet stays the same under NAT and behind a hop, protocol, IP's identification, sequence numbers. Doubt cuts.
 *
 * What a driver said of an skb (net_dev_xmit) is of an skb that may be another's by then. It belongs to the packet that
 * is worked on on the same stack. A stack is known by its address >> 14: a task keeps its own when it migrates, and a
 * softirq has another.
 */
#ifndef SKBTRAIL_FOLLOW_H
#define SKBTRAIL_FOLLOW_H

#include "identify.h"

#define STACK_BITS 14 /* of an address; THREAD_SIZE of both architectures is at least that */

static __always_inline bool is_anything_followed(void) {
  return config.follow && *(volatile __u32*)&follow_gate.any;
}

static __always_inline struct follow_table* follow_table_of(void) {
  __u32 zero = 0;

  return bpf_map_lookup_elem(&follow_table, &zero);
}

static __always_inline __u32 follow_slot(__u64 address) {
  return (address >> 6) * 0x9e3779b97f4a7c15ULL >> 48;
}

/* The slot of a followed skb, counted from 1; 0: it is not followed. */
static __always_inline __u64 find_slot(const struct follow_table* table, __u64 address) {
  __u64 first = follow_slot(address), found = 0;

#pragma unroll
  for (int i = 0; i < SKBTRAIL_FOLLOW_PROBES; i++) {
    if (*(volatile const __u64*)&table->keys[first + i] == address) {
      found = first + i + 1;
      break;
    }
  }
  return HIDDEN_RANGE(found);
}

static __always_inline struct follow_current* current_of(struct follow_table* table, __u64 stack) {
  return &table->currents[(stack ^ stack >> 12) & (SKBTRAIL_FOLLOW_CURRENTS - 1)];
}

static __always_inline void set_current(struct follow_table* table, __u64 stack, __u64 address, __u64 id, __u64 trail) {
  struct follow_current* current = current_of(table, stack);

  *(volatile __u64*)&current->stack = 0;
  current->address = address;
  current->id = id;
  current->trail = trail;
  *(volatile __u64*)&current->stack = stack;
}

static __always_inline void clear_current(struct follow_table* table, __u64 stack) {
  struct follow_current* current = current_of(table, stack);

  if (*(volatile __u64*)&current->stack == stack) *(volatile __u64*)&current->stack = 0;
}

/* These are global, so that each is verified by itself, and what they find is any number to whoever calls them. `stack`
 * is that of the hit (stack_of()). Before 6.2, where nothing is followed, none is called or loaded. */

/* Whether the skb is followed, for hits that are refused at once if not. */
__noinline int is_followed(__u64 address, __u64 stack) {
  struct follow_table* table = follow_table_of();

  if (!table) return 0;
  if (find_slot(table, address)) return 1;
  clear_current(table, stack);
  return 0;
}

/* What is known of a followed skb, which is worked on on this stack now; an id of 0: it is not followed. */
__noinline int find_followed(__u64 address, __u64 stack, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  const struct follow_value* value;
  __u64 slot;

  if (!packet || !table) return 0;
  packet->id = 0;
  slot = find_slot(table, address) - 1;
  if (slot >= SKBTRAIL_FOLLOWED + SKBTRAIL_FOLLOW_PROBES) {
    clear_current(table, stack);
    return 0;
  }
  value = &table->values[slot];
  packet->trail = value->trail;
  packet->content = value->content;
  packet->id = *(volatile const __u64*)&value->id;
  if (packet->id) set_current(table, stack, address, packet->id, packet->trail);
  return packet->id != 0;
}

/* Of an skb that is no longer the caller's: the packet that was worked on on this stack, if it is at that address. */
__noinline int find_current(__u64 address, __u64 stack, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  const struct follow_current* current;

  if (!packet || !table) return 0;
  packet->id = 0;
  current = current_of(table, stack);
  if (*(volatile const __u64*)&current->stack != stack || current->address != address) return 0;
  packet->id = current->id;
  packet->trail = current->trail;
  if (*(volatile const __u64*)&current->stack != stack) packet->id = 0;
  clear_current(table, stack);
  return packet->id != 0;
}

/* From now on it is followed. Returns whether there is a place for it. */
__noinline int begin_following(__u64 address, __u64 stack, __u64 content, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  __u64 slot = follow_slot(address);
  __u64 now = bpf_ktime_get_ns();

  if (!packet || !table) return 0;
  packet->id = packet->trail = now << 10 | (bpf_get_smp_processor_id() & 0x3ff);
  packet->began = 1;
  for (int i = 0; i < SKBTRAIL_FOLLOW_PROBES; i++, slot++) {
    __u64 was = __sync_val_compare_and_swap(&table->keys[slot], 0, address);

    if (was && was != address) continue;
    table->values[slot].trail = packet->trail;
    table->values[slot].content = content;
    table->values[slot].seen_ms = now / 1000000;
    *(volatile __u64*)&table->values[slot].id = packet->id;
    set_current(table, stack, address, packet->id, packet->trail);
    *(volatile __u32*)&follow_gate.any = 1;
    return 1;
  }
  packet->id = packet->trail = packet->began = 0;
  count_other(COUNT_NOT_FOLLOWED);
  return 0;
}

__noinline int end_following(__u64 address, __u64 stack) {
  struct follow_table* table = follow_table_of();
  __u64 slot;

  if (!table) return 0;
  clear_current(table, stack);
  slot = find_slot(table, address) - 1;
  if (slot >= SKBTRAIL_FOLLOWED + SKBTRAIL_FOLLOW_PROBES) return 0;
  *(volatile __u64*)&table->values[slot].id = 0;
  *(volatile __u64*)&table->keys[slot] = 0;
  return 0;
}

/* What stays the same of a packet on its way, as a number; 0: unknown. `network` is the address of its IP header, which
 * is read by loads that may fault and then are zeros. */
static __always_inline __u64 content_at(__u64 network) {
  const __u64* words = bpf_rdonly_cast((const void*)network, config.bytes_type);
  __u64 first = words[0], second = words[1], content;
  __u64 version = first >> 4 & 0xf, transport = 40, protocol = first >> 48 & 0xff;

  if (version == 4) {
    /* identification, and whether and where it is a fragment */
    content = first >> 32;
    protocol = second >> 8 & 0xff;
    transport = (first & 0xf) * 4;
  } else if (version == 6) {
    content = first & 0xffffffffffffULL; /* flow label and length */
  } else {
    /* ARP and what else nobody rewrites on its way: its first bytes. */
    content = first ^ second * 0x9e3779b97f4a7c15ULL ^ words[2] * 0xff51afd7ed558ccdULL;
    return first | second ? content | 1ULL << 63 : 0;
  }
  content = content << 8 | protocol;
  if (protocol == IPPROTO_TCP || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6) {
    __u64 number = *(const __u32*)bpf_rdonly_cast((const void*)(network + transport + 4), config.bytes_type);

    if (protocol != IPPROTO_TCP) number >>= 16; /* the sequence number: NAT writes another identifier */
    content ^= number * 0x9e3779b97f4a7c15ULL;
  }
  return content | 1ULL << 63;
}

/* 32 bits of it. */
static __always_inline __u32 content_of(const struct hit* hit) {
  __u64 network;

  if (config.follow_exact || !config.bytes_type || hit->view.layer == REC_START_NONE) return 0;
  network = hit->view.address + (hit->view.layer == REC_START_LINK ? hit->view.network_offset : 0);
  network = content_at(HIDDEN_RANGE(network));
  return network ? (__u32)(network * 0xff51afd7ed558ccdULL >> 32) | 1 : 0;
}

static __always_inline __u64 stack_of(const __u64* context, const volatile struct probe_config* probe) {
  return hit_stack(0, context, probe) >> STACK_BITS;
}

/* Whether the hit's packet is followed already. */
static __always_inline bool is_known(const struct hit* hit, struct followed* packet, const __u64* context,
                                     const volatile struct probe_config* probe) {
  __u64 address = as_number(hit->address), stack;

  if (!is_anything_followed() || !address) return false;
  stack = stack_of(context, probe);
  if (has_skb(hit)) return find_followed(address, stack, packet) != 0;
  return find_current(address, stack, packet) != 0;
}

/* Whether it is still the same packet; if not, it is followed no more. */
static __always_inline bool is_still(const struct hit* hit, struct followed* packet, const __u64* context,
                                     const volatile struct probe_config* probe) {
  if (config.follow_exact || !has_skb(hit)) return true;
  if (packet->content && content_of(hit) == packet->content) return true;
  end_following(as_number(hit->address), stack_of(context, probe));
  count_other(COUNT_DOUBTFUL);
  packet->id = packet->trail = 0;
  return false;
}

/* From this hit on it is followed, unless it ends here: what is freed may be anything's clone. Nor where nothing could
 * tell later that it is still the same. */
static __always_inline void begin_at(const struct hit* hit, struct followed* packet, const __u64* context,
                                     const volatile struct probe_config* probe) {
  __u32 content;

  if (!config.follow || !has_skb(hit) || probe->ends) return;
  content = content_of(hit);
  if (!content && !config.follow_exact) return;
  begin_following(as_number(hit->address), stack_of(context, probe), content, packet);
}

/* Behind the record: the skb is no more. */
static __always_inline void end_at(const struct hit* hit, const struct followed* packet, const __u64* context,
                                   const volatile struct probe_config* probe) {
  if (config.follow && probe->ends && packet->id) end_following(as_number(hit->address), stack_of(context, probe));
}

/* For the prefilter: whether the hit's packet is followed, so that it may not be refused. */
static __always_inline bool is_known_at_once(const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  __u64 cookie = 0, address;

  if (!is_anything_followed() || probe->skb_not_owned) return false;
  address = (__u64)skb_argument(context, probe, &cookie);
  POINTER_TO_NUMBER(address);
  return is_followed(address, stack_of(context, probe));
}

/* Where the free of an skb is no probe: it makes no event, and ends what is followed. Argument 0 is the skb. */
static __always_inline int end_without_event(const __u64* context) {
  __u64 address = context[0];

  POINTER_TO_NUMBER(address);
  if (is_anything_followed()) end_following(address, as_number(context) >> STACK_BITS);
  return 0;
}

#ifndef SKBTRAIL_FUNCTIONS
SEC("?tp_btf/kfree_skb") int follow_kfree_skb(const __u64* context) {
  return end_without_event(context);
}

SEC("?tp_btf/consume_skb") int follow_consume_skb(const __u64* context) {
  return end_without_event(context);
}
#endif

#endif
