/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One hit of a probe, from the first look at the skb to the record: what programs on tracepoints (skbtrail.bpf.c) and
 * on functions (functions.bpf.c) have in common. The order is match, judge, record, emit. A hit that is refused costs
 * only what was looked at until then; where the kernel lets us look at packet bytes in their place nothing was copied,
 * and nothing but the packet filter was called (on CPUs that guard returns against speculation, a call in a call costs
 * as much as all the rest).
 */
#ifndef SKBTRAIL_HIT_H
#define SKBTRAIL_HIT_H

#ifdef SKBTRAIL_FUNCTIONS
#include "function.h"
#else
#include "tracepoint.h"
#endif

#include "emit.h"
#include "inner.h"
#include "judge.h"
#include "match.h"
#include "owner.h"
#include "section/args.h"
#include "section/bytes.h"
#include "section/drop.h"
#include "section/result.h"
#include "section/skb.h"
#include "section/stack.h"
#include "section/task.h"
#include "tasks.h"

/* What is known of a hit before its record is begun. */
struct hit {
  __u64 word;                /* of the call, on kprobes (config.h): looking it up takes a search */
  const void* address;       /* of the skb */
  const struct sk_buff* skb; /* 0: it is no longer ours */
  struct view view;
  __u32 result; /* of the packet filter, if it was asked */
  bool judged;  /* it was */
};

/* Pointers to structs are not loaded from the trusted skb: for each such load the verifier searches all of BTF by name
 * (btf_nested_type_is_trusted), which was two fifths of the time that the start takes. */
static __always_inline const struct net_device* device_of(const struct hit* hit, const __u64* context,
                                                          const volatile struct probe_config* probe) {
  const struct net_device* device;

  if (probe->skb_gone)
    device = TYPED(net_device, PROBE_ARGUMENT(context, probe, probe->device_arg));
  else
    device = TYPED(net_device, TYPED(sk_buff, hit->skb)->dev);
  return is_kernel_address(as_number(device)) ? device : 0;
}

static __always_inline const struct sock* socket_of(const struct hit* hit, const __u64* context,
                                                    const volatile struct probe_config* probe) {
  const void* sk = probe->sk_arg == SKBTRAIL_NO_ARG ? 0 : sk_argument(context, probe, hit->word);

  if (!sk) sk = hit->skb ? TYPED(sk_buff, hit->skb)->sk : 0;
  return sk ? TYPED(sock, sk) : 0;
}

/* Everything that can be said of the skb itself and of where it is. */
static __always_inline bool asked_for(struct hit* hit, const __u64* context, __u32 program, __u64 listed) {
  const volatile struct probe_config* probe = &config.probes[program];

  hit->word = 0;
  hit->address = probe->skb_via == VIA_LIST ? (const void*)listed : skb_argument(context, probe);
  hit->skb = 0;
  /* Twice: the verifier takes the first for granted where it trusts the argument, and wants it where it does not. */
  if (probe->skb_arg != SKBTRAIL_NO_ARG && (!hit->address || !is_object(as_number(hit->address)))) return false;
  if (!probe->skb_gone) {
    hit->skb = readable_skb(hit->address, program);
    if (!hit->skb || !match_skb(hit->skb)) return false;
  } else if (!match_gone(context, probe)) {
    return false;
  }
  if (config.match_netns || config.match_ifname) {
    struct place place;

    hit->word = call_word_of(context, program);
    find_place(&place, device_of(hit, context, probe), socket_of(hit, context, probe));
    if (!match_place(&place)) return false;
  }
  return true;
}

/* The packet filter, where it can look at the bytes in their place. */
static __always_inline bool judge_in_place(struct hit* hit, const __u64* context,
                                           const volatile struct probe_config* probe) {
  hit->judged = false;
  if (!hit->skb) return true;
  view_packet(&hit->view, hit->skb, FORGOTTEN(link_type(device_of(hit, context, probe))));
  if (!config.match_packet || !config.bytes_type || hit->view.layer == REC_START_NONE) return true;
  hit->judged = true;
  hit->result = judge_typed(&hit->view, hit->skb, hit->view.address, hit->view.linear);
  return hit->result != FILTER_NO;
}

static __always_inline void read_core(struct rec_core* core, __u32 number, const struct hit* hit, const struct sock* sk,
                                      const __u64* context, const volatile struct probe_config* probe) {
  const struct sk_buff* skb = hit->skb;

  __builtin_memset(core, 0, sizeof(*core));
  core->skb = (__u64)hit->address;
  core->sk = (__u64)sk;
  core->probe = probe_number(hit->word, number);
  core->network_offset = HEADER_UNSET;
  core->sections = probe->sections;
  if (!skb) {
    core->flags = REC_FLAG_SKB_GONE;
    if (probe->len_arg == SKBTRAIL_NO_ARG) return;
    core->len = (__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->len_arg);
    core->flags |= REC_FLAG_LEN;
    return;
  }
  core->flags = REC_FLAG_LEN | REC_FLAG_MARK;
  core->len = skb->len;
  core->mark = skb->mark;
  core->protocol = hit->view.protocol;
  core->pkt_type = packet_type(skb);
  if (skb->data_len) core->flags |= REC_FLAG_NONLINEAR;
  if (hit->view.tag) {
    core->flags |= REC_FLAG_VLAN;
    core->vlan_proto = skb->vlan_proto;
    core->vlan_tci = hit->view.tag;
  }
}

static __always_inline void stamp(struct rec_core* core) {
  __u32 cpu = bpf_get_smp_processor_id();
  const struct cpu_losses* losses = &cpu_losses[cpu & (SKBTRAIL_CPUS - 1)];

  core->cpu = cpu;
  for (int i = 0; i < REC_LOSS_CAUSES; i++) core->lost[i] = *(volatile const __u32*)&losses->lost[i];
  core->time_ns = bpf_ktime_get_ns();
}

/* Packet bytes, and what the filter says where it was not asked yet. Returns whether the event is asked for. */
static __always_inline bool take_bytes(struct rec_core* core, __u8* bytes, __u64* taken, struct hit* hit,
                                       const struct sock* sk, const __u64* context,
                                       const volatile struct probe_config* probe) {
  __u32 length = 0;
  bool wanted = probe->sections & REC_SECTION_BYTES || config.match_packet || config.match_inner;

  if (hit->skb && wanted) {
    if (hit->view.layer != REC_START_NONE)
      length = read_bytes(core, bytes, &hit->view, hit->skb);
    else if (sk)
      length = read_made_headers(core, bytes, &hit->view, hit->skb, sk);
  }
  core->caplen = *taken = length;
  if (config.match_packet) {
    if (!hit->judged) {
      if (!length) return false;
      hit->result = judge_copied(&hit->view, hit->skb, bytes, length);
    }
    if (!(core->flags & REC_FLAG_MADE_HEADERS))
      hit->result = judge_fragments(hit->result, &hit->view, hit->skb, context, probe->skb_arg);
    else if (hit->result == FILTER_OUT_OF_RANGE)
      hit->result = FILTER_NO;
    if (hit->result == FILTER_NO) return false;
    if (hit->result == FILTER_OUT_OF_RANGE) core->flags |= REC_FLAG_UNDECIDED;
  }
  if (config.match_inner) {
    __u32 result = hit->skb ? judge_inner(&hit->view, hit->skb, bytes) : FILTER_NO;

    if (result == FILTER_NO || (result == FILTER_OUT_OF_RANGE && !hit->skb->data_len)) return false;
    if (result == FILTER_OUT_OF_RANGE) core->flags |= REC_FLAG_UNDECIDED;
  }
  return true;
}

/* The sections that few ask for. `address` is that of the skb. A function of its own for the reason of in_process(). */
__hidden __noinline int read_more(__u8* at, const __u64* context, __u64 number, __u64 address) {
  const volatile struct probe_config* probe = &config.probes[number];
  __u16 sections = probe->sections;
  int result = 0;

  if (sections & REC_SECTION_ARGS) {
    read_args((struct rec_args*)at, context, number, address);
    at += sizeof(struct rec_args) + probe->args_size;
  }
  if (sections & REC_SECTION_CALLER) {
    read_caller((struct rec_caller*)at, (void*)context);
    at += sizeof(struct rec_caller);
  }
  if (sections & REC_SECTION_STACK) read_stack((struct rec_stack*)at, (void*)context, number);
  asm volatile("" : "+r"(result));
  return result;
}

/* Whether the task on the CPU does this itself. A function of its own, hidden as look_closely() is: on the stack of
 * Linux 5.10 and 6.1, which is 512 bytes for all calls, its variables have no place beside those of look_closely(). */
__hidden __noinline int in_process(__u64 stack) {
  struct rec_task task;
  int result;

  read_task(&task, stack);
  result = task.context == REC_CONTEXT_PROCESS;
  asm volatile("" : "+r"(result));
  return result;
}

static __always_inline bool match_task_or_socket(const struct sock* sk, __u64 stack) {
  if (!config.match_pid && !config.match_comm) return true;
  return match_owner(as_number(sk), FORGOTTEN(in_process(stack)));
}

/*
 * Builds the record behind the scratch slot's head. Section sizes are constants here, so `size` is one until the bytes
 * are added; the bytes are taken first, because they may still be refused.
 */
static __always_inline void record(struct scratch* slot, const __u64* context, __u64 number, struct hit* hit) {
  const volatile struct probe_config* probe = &config.probes[number];
  const struct sock* sk;
  struct rec_core* core = (struct rec_core*)(slot + 1);
  struct place place;
  __u16 sections = probe->sections;
  __u32 size = sizeof(struct rec_core) + sizeof(struct rec_device);
  __u32 before_bytes = size;
  __u64 caplen;

  if (sections & REC_SECTION_TASK) before_bytes += sizeof(struct rec_task);
  if (sections & REC_SECTION_DROP) before_bytes += sizeof(struct rec_drop);
  if (sections & REC_SECTION_RESULT) before_bytes += sizeof(struct rec_result);
  if (sections & REC_SECTION_SKB) before_bytes += sizeof(struct rec_skb);
  before_bytes += probe->more_size;

  if (!config.match_netns && !config.match_ifname) hit->word = call_word_of(context, number);
  sk = socket_of(hit, context, probe);
  MERGE(sock, sk);
  if (!match_task_or_socket(sk, hit_stack(hit->view.address, context, probe))) return;
  read_core(core, number, hit, sk, context, probe);
  if (!take_bytes(core, (__u8*)core + before_bytes, &caplen, hit, sk, context, probe)) return;
  FORGET(caplen);
  stamp(core);
  find_place(&place, device_of(hit, context, probe), sk);
  MERGE(net_device, place.device);
  MERGE(net, place.net);
  read_device((struct rec_device*)(core + 1), &place);
#define SECTION_HERE ((void*)((__u8*)core + size))
  if (sections & REC_SECTION_TASK) {
    read_task(SECTION_HERE, hit_stack(hit->view.address, context, probe));
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
  if ((sections & REC_SECTION_SKB) && hit->skb) {
    read_skb(SECTION_HERE, hit->skb);
    size += sizeof(struct rec_skb);
  }
  if (probe->more_size) read_more(SECTION_HERE, context, number, as_number(hit->address));
  size += probe->more_size;
  BOUNDED(caplen);
  if (caplen > config.snaplen) return; /* it is not; the verifier forgot */
  BOUNDED(caplen);
  if (probe->returns) core->flags |= REC_FLAG_ENTERED;
  emit(core, size + caplen);
  keep_for_return(slot, size + caplen, context, number);
}

static __always_inline void record_once(const __u64* context, __u64 number, struct hit* hit) {
  struct scratch* slot;
  __u32 key = number;

  slot = bpf_map_lookup_elem(&scratch, &key);
  if (!slot) return;
  if (slot->busy) return count_loss(REC_LOSS_NESTED);
  slot->busy = 1;
  record(slot, context, number, hit);
  slot->busy = 0;
}

/*
 * A hit that could not be refused at once. Out of the program, so that what most hits are is a few lines of code that
 * lie together, and so that the object holds this once and not in each program.
 *
 * Hidden makes it static to the verifier, as its pointers ask, and not to the compiler, which puts static functions
 * behind all others (packet_filter has to be the last). Returns 0, which the compiler must not know: it would leave in
 * the register of the result what the verifier does not let out of a function.
 *
 * `number` has 64 bits because it is put aside on the stack, and older verifiers forget there what has fewer. `listed`
 * is the address of an skb that no argument leads to (VIA_LIST).
 */
__hidden __noinline int look_closely(const __u64* context, __u64 number, __u64 listed) {
  struct hit hit = {}; /* on ways that only the verifier believes in, what is not set would be read */
  int result = 0;

  if (number < SKBTRAIL_PROBES && asked_for(&hit, context, number, listed) &&
      judge_in_place(&hit, context, &config.probes[number]))
    record_once(context, number, &hit);
  asm volatile("" : "+r"(result));
  return result;
}

/* The short way to "no". Returns whether it was taken, where it does not end the program itself. */
static __always_inline bool refused(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];
  /* A number (those from registers are): the verifier would have a pointer checked before it is cast, and the cast is
   * what makes it harmless. */
  __u64 address = (__u64)skb_argument(context, probe);
  const __u8* skb;
  const void* owner;
  __u64 word, number_of_skb;

  if (!probe->registers) FORGET(address);
  skb = bpf_rdonly_cast((const void*)address, config.bytes_type);
  if (config.quick_tagged && vlan_tag(TYPED(sk_buff, (const void*)address))) return false;
  word = headers_word(skb);
  if (network_in(word)) {
    refuse_at_once(skb, word);
    return false;
  }
  /* From what was cast: the address itself would have to be put aside for the few that come here. */
  number_of_skb = as_number(skb);
  if (!is_object(number_of_skb) || has_some_header(word)) return false;
  /* Without the word of the call, where the skb has an owner: it is no TCP packet because a TCP socket works on it. */
  owner = TYPED(sk_buff, (const void*)number_of_skb)->sk;
  if (owner && !makes_headers(TYPED(sock, owner))) return true;
  return !makes_headers(
      socket_of(&(struct hit){.word = call_word_of(context, number), .skb = TYPED(sk_buff, (const void*)number_of_skb)},
                context, probe));
}

/* Whether the hit need not be looked at closely. Where the short way ends the program, it does so as one that was. */
static __always_inline bool passed_over(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];

  return !match_current() || (config.quick && !probe->skb_gone && refused(context, number));
}

static __always_inline int probe_hit(const __u64* context, __u32 number) {
  return passed_over(context, number) ? 0 : look_closely(context, number, 0);
}

#endif
