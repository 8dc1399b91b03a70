/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The third step of a hit: its record is built, in the ring or for the kernel's (emit.h). Section sizes are constants
 * here, so the length is one until the packet's bytes are added.
 */
#ifndef SKBTRAIL_BUILD_H
#define SKBTRAIL_BUILD_H

#include "emit.h"
#include "filter.h"

#define SKBTRAIL_FILL
#include "sections.h"

/* All of it but the time: each field is written once. `caplen` bytes of the packet are in the record. */
static __always_inline void read_core(struct rec_core* core, __u32 number, const struct hit* hit, const struct sock* sk,
                                      const __u64* context, const volatile struct probe_config* probe, __u64 caplen) {
  const struct sk_buff* skb = hit->skb;
  bool owned = has_skb(hit);
  __u16 flags = hit->flags | REC_FLAG_SKB_NOT_OWNED;
  __u32 len = 0;

  core->skb = (__u64)hit->address;
  core->sk = (__u64)sk;
  core->probe = probe_number(hit->cookie, number);
  core->sections = probe->sections;
  core->vlan_proto = core->vlan_tci = 0;
  if (owned) {
    flags = hit->flags | REC_FLAG_LEN | REC_FLAG_MARK;
    len = skb->len;
    core->mark = skb->mark;
    core->protocol = hit->view.protocol;
    core->pkt_type = packet_type(skb);
    if (is_of_xdp(probe)) flags &= ~REC_FLAG_MARK;
    if (skb->data_len) flags |= REC_FLAG_NONLINEAR;
    if (hit->view.tag) {
      flags |= REC_FLAG_VLAN;
      core->vlan_proto = skb->vlan_proto;
      core->vlan_tci = hit->view.tag;
    }
  } else {
    core->mark = core->protocol = core->pkt_type = 0;
    if (probe->len_arg != SKBTRAIL_NO_ARG) {
      len = (__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->len_arg);
      flags |= REC_FLAG_LEN;
    }
  }
  core->start_layer = caplen ? hit->view.layer : REC_START_NONE;
  core->network_offset = caplen ? hit->view.network_offset : HEADER_UNSET;
  core->wire_len = owned && wants_bytes(probe) && hit->view.layer != REC_START_NONE ? wire_length(&hit->view, skb) : 0;
  core->len = len;
  core->flags = flags;
}

static __always_inline void stamp(struct rec_core* core) {
  __u32 cpu = bpf_get_smp_processor_id();
  volatile const __u64* lost = (volatile const __u64*)cpu_losses[cpu & (SKBTRAIL_CPUS - 1)].lost;

  core->cpu = cpu;
  for (int i = 0; i < REC_LOSS_CAUSES / 2; i++) ((__u64*)core->lost)[i] = lost[i]; /* two at once */
  core->time_ns = bpf_ktime_get_ns();
}

/* Bytes after a section's struct. */
#define TAIL_FIXED(probe)   0
#define TAIL_COUNTED(probe) (probe)->args_size

/* The rare sections. `address` is that of the skb. A function of its own for the reason of in_task(). */
__hidden __noinline int fill_rare(__u8* at, const __u64* context, __u64 number, __u64 address) {
  const volatile struct probe_config* probe = &config.probes[number];
  const struct rare_source from = {.context = context, .probe = probe, .program = number, .skb = address};
  __u32 sections = probe->sections;
  int result = 0;

#define FILL_RARE(bit, NAME, name, tail, of)              \
  if (sections & REC_SECTION_##NAME) {                    \
    fill_##name((struct rec_##name*)at, &from);           \
    at += sizeof(struct rec_##name) + TAIL_##tail(probe); \
  }
  REC_SECTIONS_RARE(FILL_RARE)
#undef FILL_RARE
  asm volatile("" : "+r"(result));
  return result;
}

/* Packet bytes that a record will have, at most. What is asked here is asked again later: the verifier must not know
 * the answer, or it goes through all that lies between for each of them. */
static __always_inline __u64 max_bytes(const struct hit* hit, const volatile struct probe_config* probe) {
  __u64 linear = HIDDEN_RANGE(hit->view.linear);

  if (!has_skb(hit) || !wants_bytes(probe)) return 0;
  if (HIDDEN_RANGE(hit->view.layer) == REC_START_NONE) return MADE_HEADERS_MAX;
  linear = linear < config.snaplen ? linear : config.snaplen;
  return (linear + COPIED_AT_ONCE - 1) & ~(__u64)(COPIED_AT_ONCE - 1);
}

/* The packet's bytes, into the record. Where the packet filter was run on a copy they are there, or are made no more.
 */
static __always_inline __u32 take_bytes(struct hit* hit, __u8* bytes, const struct sock* sk, const __u64* context,
                                        const volatile struct probe_config* probe) {
  if (!has_skb(hit) || !wants_bytes(probe)) return 0;
  if (!copies_for_filter()) return copy_or_make(hit, bytes, sk, context, probe);
  if (config.ring_slots && !config.bytes_type) return hit->copied;
  return hit->view.layer != REC_START_NONE ? copy_written(hit, bytes) : 0;
}

/* Returns the record's length; 0: nothing is to be told yet. */
static __always_inline __u64 build(struct ring_entry* entry, const __u64* context, __u64 number, struct hit* hit,
                                   const struct sock* sk, const struct followed* packet) {
  const volatile struct probe_config* probe = &config.probes[number];
  struct rec_core* core = (struct rec_core*)(entry + 1);
  struct location location;
  struct source from = {.context = context, .probe = probe, .skb = hit->skb, .sk = sk, .location = &location};
  __u32 sections = probe->sections;
  __u32 size = sizeof(struct rec_core);
  __u64 caplen = take_bytes(hit, (__u8*)core + size_of_sections(probe), sk, context, probe);

  HIDE_RANGE(caplen);
  read_core(core, number, hit, sk, context, probe, HIDDEN_RANGE(caplen));
  HIDE_RANGE(caplen);
  locate(&location, device_of(hit, context, probe), sk);
  MERGE_STATES(net_device, location.device);
  MERGE_STATES(net, location.net);
  from.address = as_number(hit->address);
  from.packet = hit->view.address;
  from.cookie = hit->cookie;
  from.followed = packet;
#define SECTION_HERE ((void*)((__u8*)core + size))
#define FILL(bit, NAME, name, tail, of) \
  if (sections & REC_SECTION_##NAME) {  \
    fill_##name(SECTION_HERE, &from);   \
    size += sizeof(struct rec_##name);  \
  }
  REC_SECTIONS_COMMON(FILL)
#undef FILL
  if (probe->rare_size) fill_rare(SECTION_HERE, context, number, as_number(hit->address));
  size += probe->rare_size;
  barrier_var(caplen);
  if (caplen > config.snaplen) return 0; /* it is not; the verifier forgot */
  barrier_var(caplen);
  if (probe->returns) {
    keep_for_return(entry, size + caplen, context, number);
    core->flags |= REC_FLAG_ENTERED;
    if (probe->returns != RETURNS_TOO) return 0;
  }
  stamp(core);
  return size + caplen;
}

/* The action on a hit that is asked for: an event. */
static __always_inline void record(const __u64* context, __u64 number, struct hit* hit, const struct sock* sk,
                                   const struct followed* packet) {
  const volatile struct probe_config* probe = &config.probes[number];
  struct ring_entry* entry;
  struct room room;

  entry = begin_entry(&room, number, size_of_sections(probe) + max_bytes(hit, probe), has_copy(hit));
  if (entry)
    end_entry(&room, entry, build(entry, context, number, hit, sk, packet));
  else
    count_no_entry(&room);
  if (!config.ring_slots) drop_copy(hit, number);
}

#endif
