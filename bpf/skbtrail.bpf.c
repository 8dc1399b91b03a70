/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel side of skbtrail: one program per tracepoint, each a stub around probe_hit(), which does the work in the
 * order match, bytes, sections, emit. A hit that is refused costs only what was looked at until then.
 *
 * The attach target of every program is set by user space before loading; programs that are not used are not loaded.
 */
#include <stdbool.h>

#include "args.h"
#include "emit.h"
#include "match.h"
#include "section/bytes.h"
#include "section/drop.h"
#include "section/result.h"
#include "section/skb.h"
#include "section/task.h"

/* The accelerated VLAN tag, where there is one. */
static __always_inline void read_vlan(struct rec_core* core, const struct sk_buff* skb) {
  bool present;

  if (bpf_core_field_exists(struct sk_buff___vlan_all, vlan_all))
    present = ((const struct sk_buff___vlan_all*)skb)->vlan_all != 0;
  else
    present = BPF_CORE_READ_BITFIELD((const struct sk_buff___vlan_present*)skb, vlan_present);
  if (!present) return;
  core->flags |= REC_FLAG_VLAN;
  core->vlan_proto = skb->vlan_proto;
  core->vlan_tci = skb->vlan_tci;
}

static __always_inline void begin_core(struct rec_core* core, __u32 number, const volatile struct probe_config* probe,
                                       const __u64* context, const void* skb) {
  __builtin_memset(core, 0, sizeof(*core));
  core->skb = (__u64)skb;
  core->probe = number;
  core->network_offset = HEADER_UNSET;
  if (probe->skb_gone) {
    core->flags = REC_FLAG_SKB_GONE;
    if (probe->len_arg != SKBTRAIL_NO_ARG) {
      core->len = (__u32)(__u64)argument(context, probe->len_arg);
      core->flags |= REC_FLAG_LEN;
    }
  }
}

static __always_inline void read_core(struct rec_core* core, const struct sk_buff* skb) {
  core->flags = REC_FLAG_LEN | REC_FLAG_MARK;
  core->len = skb->len;
  core->mark = skb->mark;
  core->protocol = skb->protocol;
  core->pkt_type = BPF_CORE_READ_BITFIELD(skb, pkt_type);
  read_vlan(core, skb);
}

static __always_inline void stamp(struct rec_core* core) {
  __u32 cpu = bpf_get_smp_processor_id();
  const struct cpu_losses* losses = &cpu_losses[cpu & (SKBTRAIL_CPUS - 1)];

  core->cpu = cpu;
  for (int i = 0; i < REC_LOSS_CAUSES; i++) core->lost[i] = *(volatile const __u32*)&losses->lost[i];
  core->time_ns = bpf_ktime_get_ns();
}

/*
 * Builds the record behind the scratch slot's head. Section sizes are constants here, so `size` is one until the bytes
 * are added.
 */
static __always_inline void trace_skb(struct scratch* slot, const __u64* context, __u32 number,
                                      const volatile struct probe_config* probe) {
  struct rec_core* core = (struct rec_core*)(slot + 1);
  struct rec_device* section_device = (struct rec_device*)(core + 1);
  void* skb_arg = argument(context, probe->skb_arg);
  void* sk_arg = argument(context, probe->sk_arg);
  const struct sk_buff* skb = 0;
  const struct sock* sk = 0;
  const struct net_device* device;
  __u16 sections = probe->sections;
  __u32 size = sizeof(struct rec_core) + sizeof(struct rec_device);
  __u32 length = 0;

  if (!skb_arg) return;
  begin_core(core, number, probe, context, skb_arg);
  if (!probe->skb_gone) {
    skb = TYPED(sk_buff, skb_arg);
    read_core(core, skb);
  }
  if (!match_skb(core)) return;

  if (probe->sk_arg != SKBTRAIL_NO_ARG && sk_arg)
    sk = TYPED(sock, sk_arg);
  else if (skb)
    sk = skb->sk;
  if (probe->skb_gone)
    device = TYPED(net_device, argument(context, probe->device_arg));
  else
    device = skb->dev;
  read_device(section_device, device, sk);
  if (!match_device(section_device)) return;

  core->sk = (__u64)sk;
  core->sections = sections;
  stamp(core);
#define SECTION_HERE ((void*)((__u8*)core + size))
  if (sections & REC_SECTION_TASK) {
    *(volatile __u64*)&slot->stack = (__u64)context;
    read_task(SECTION_HERE, *(volatile __u64*)&slot->stack);
    size += sizeof(struct rec_task);
  }
  if (sections & REC_SECTION_DROP) {
    read_drop(SECTION_HERE, context, probe);
    size += sizeof(struct rec_drop);
  }
  if (sections & REC_SECTION_RESULT) {
    read_result(SECTION_HERE, context, probe);
    size += sizeof(struct rec_result);
  }
  if ((sections & REC_SECTION_SKB) && skb) {
    read_skb(SECTION_HERE, skb);
    size += sizeof(struct rec_skb);
  }
  if ((sections & REC_SECTION_BYTES) && skb)
    length = read_bytes(core, SECTION_HERE, skb, sk, section_device->ifindex ? section_device->type : HEADER_UNSET);
  core->caplen = length;
  emit(core, size + length);
}

static __noinline int probe_hit(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe;
  struct scratch* slot;
  __u32 key = number;

  if (number >= SKBTRAIL_PROBES) return 0;
  probe = &config.probes[number];
  slot = bpf_map_lookup_elem(&scratch, &key);
  if (!slot) return 0;
  if (slot->busy) {
    count_loss(REC_LOSS_NESTED);
    return 0;
  }
  slot->busy = 1;
  trace_skb(slot, context, number, probe);
  slot->busy = 0;
  return 0;
}

/* Probe numbers are written in hexadecimal digits so that the names sort: probe_00 to probe_7f. */
/* clang-format off */
#define PROBE(high, low) \
  SEC("?tp_btf") int probe_##high##low(const __u64* context) { return probe_hit(context, 0x##high##low); }
#define PROBES_16(high)                                                                             \
  PROBE(high, 0) PROBE(high, 1) PROBE(high, 2) PROBE(high, 3) PROBE(high, 4) PROBE(high, 5)         \
  PROBE(high, 6) PROBE(high, 7) PROBE(high, 8) PROBE(high, 9) PROBE(high, a) PROBE(high, b)         \
  PROBE(high, c) PROBE(high, d) PROBE(high, e) PROBE(high, f)
/* clang-format on */

PROBES_16(0)
PROBES_16(1)
PROBES_16(2)
PROBES_16(3)
PROBES_16(4)
PROBES_16(5)
PROBES_16(6)
PROBES_16(7)
_Static_assert(SKBTRAIL_PROBES == 0x80, "one stub per probe");

/* Some helpers (the ring buffer is not among them, bpf_probe_read_kernel is) are for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";
