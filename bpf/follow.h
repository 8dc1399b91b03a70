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
 * packet stays the same under NAT and after a hop, protocol, IP's identification, sequence numbers. Doubt cuts.
 *
 * What a driver said of an skb (net_dev_xmit) is of an skb that may be another's by then. It belongs to the packet that
 * is worked on on the same stack. A stack is known by its address >> 14: a task keeps its own when it migrates, and a
 * softirq has another.
 */
#ifndef SKBTRAIL_FOLLOW_H
#define SKBTRAIL_FOLLOW_H

#include "follow_hash.h"

#define STACK_BITS 14 /* of an address; THREAD_SIZE of both architectures is at least that */

static __always_inline bool is_anything_followed(void) {
  return config.follow && *(volatile __u32*)&follow_gate.any;
}

static __always_inline void end_following(__u64 address, __u64 stack, enum stack_after after) {
  if (config.follow_hash)
    end_in_hash(address, stack, after);
  else
    end_in_table(address, stack, after);
}

static __always_inline bool is_followed_at(__u64 address) {
  const struct follow_table* table;

  if (config.follow_hash) return bpf_map_lookup_elem(&follow_hash, &address);
  table = follow_table_of();
  return table && find_slot(table, address);
}

/* `flag`: enum follow_flag. */
static __always_inline void set_flag(__u64 address, __u32 flag, __u32 is_set) {
  if (config.follow_hash)
    flag_in_hash(address, flag, is_set);
  else
    flag_in_table(address, flag, is_set);
}

static __always_inline __u32 flags_of(__u64 address) {
  return config.follow_hash ? flags_in_hash(address) : flags_in_table(address);
}

static __always_inline __u64 parent_of(__u64 address) {
  return config.follow_hash ? parent_in_hash(address) : parent_in_table(address);
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
    /* ARP and what else is not rewritten on its way: its first bytes. */
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

/* Nothing is known of the packet. Not the constant 0: what is known later are numbers as well, so that to the verifier
 * the ways to both are one. */
static __always_inline void know_nothing(struct followed* packet) {
  __u64 nothing = HIDDEN_RANGE(0);

  packet->id = packet->trail = packet->rest = nothing;
}

static __always_inline void find_packet(const struct hit* hit, struct followed* packet, const __u64* context,
                                        const volatile struct probe_config* probe) {
  __u64 address = as_number(hit->address), stack;
  bool by_address;

  if (!is_anything_followed() || !address) return;
  stack = stack_of(context, probe);
  by_address = has_skb(hit) || probe->skb_via >= VIA_STACK;
  if (config.follow_hash && by_address)
    find_in_hash(address, stack, probe->ends, packet);
  else if (config.follow_hash)
    current_without_table(address, stack, packet);
  else if (by_address)
    find_followed(address, stack, probe->ends, packet);
  else
    find_current(address, stack, packet);
}

/* Whether the hit's packet is followed already: asked of what was found, for the ways to that are many. */
static __always_inline bool is_known(const struct hit* hit, struct followed* packet, const __u64* context,
                                     const volatile struct probe_config* probe) {
  if (!config.follow) return false;
  find_packet(hit, packet, context, probe);
  return HIDDEN_RANGE(packet->id) != 0;
}

/* Whether it is still the same packet; if not, that is followed no more (end_other()). */
static __always_inline bool is_still(const struct hit* hit, struct followed* packet) {
  __u32 content;

  if (config.follow_exact || !has_skb(hit)) return true;
  content = content_of(hit);
  if (packet->content && content == packet->content) return true;
  count_other(COUNT_DOUBTFUL);
  know_nothing(packet);
  packet->rest = HIDDEN_RANGE(content | FOLLOWED_OTHER);
  return false;
}

/* Of a hit that the packet filter could not decide on: what is kept of that, enum follow_flag. */
static __always_inline __u32 undecided_as(const struct hit* hit) {
  return hit->flags & REC_FLAG_DIRECTION ? FOLLOW_INDETERMINATE | FOLLOW_DIRECTION : FOLLOW_INDETERMINATE;
}

/* It is shown because of a hit before, and so is as undecided as that was. */
static __always_inline void stay_undecided(struct hit* hit, const struct followed* packet) {
  __u64 indeterminate = packet->flags / FOLLOW_INDETERMINATE & 1, direction = packet->flags / FOLLOW_DIRECTION & 1;

  hit->flags |= HIDDEN_RANGE(indeterminate * REC_FLAG_INDETERMINATE + direction * REC_FLAG_DIRECTION);
}

/* From this hit on it is followed: not where nothing could tell later that it is still the same, or its end might be
 * missed because the program that sees it is not attached yet. No packet begins at an end: what is freed may be
 * anything's clone. */
static __always_inline void begin_at(const struct hit* hit, struct followed* packet, const __u64* context,
                                     const volatile struct probe_config* probe) {
  __u32 content;

  if (!config.follow || !has_skb(hit) || (is_of_xdp(probe) && !hit->address) || !*(volatile __u16*)&follow_gate.begins)
    return;
  content = packet->is_other ? packet->content : content_of(hit);
  if (!content && !config.follow_exact) return;
  if (config.follow_hash)
    begin_in_hash(as_number(hit->address), stack_of(context, probe), packet);
  else
    begin_following(as_number(hit->address), stack_of(context, probe), content, packet);
  if (hit->flags & REC_FLAG_INDETERMINATE && packet->id) set_flag(as_number(hit->address), undecided_as(hit), 1);
}

/* Where another packet is at the address now, and has not taken its place in the table. After the record: before, the
 * verifier would go through that once more. */
static __always_inline void end_other(const struct hit* hit, const struct followed* packet, const __u64* context,
                                      const volatile struct probe_config* probe) {
  if (!config.follow_exact && packet->is_other && !packet->began)
    end_following(as_number(hit->address), stack_of(context, probe), STACK_IS_DONE);
}

/* After the record: the skb is no more. Where every end is seen programs of their own tell it (lineage.h). */
static __always_inline void end_if_here(const struct hit* hit, const struct followed* packet, const __u64* context,
                                        const volatile struct probe_config* probe) {
  if (!config.follow_exact && probe->ends == END_HERE && (packet->id || is_anything_followed()))
    end_following(as_number(hit->address), stack_of(context, probe), STACK_IS_DONE);
}

/* For the prefilter: whether the hit's packet is followed, so that it may not be refused. */
static __always_inline bool is_known_at_once(const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  __u64 cookie = 0, address;

  if (!is_anything_followed() || probe->skb_not_owned) return false;
  address = (__u64)skb_argument(context, probe, &cookie);
  POINTER_TO_NUMBER(address);
  return is_followed(address, stack_of(context, probe), probe->ends);
}

#endif
