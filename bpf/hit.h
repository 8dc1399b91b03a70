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
#include "match.h"
#include "owner.h"
#include "packet_filter.h"
#include "section/bytes.h"
#include "tasks.h"

#define SKBTRAIL_FILL
#include "sections.h"

/* What is known of a hit before its record is begun. */
struct hit {
  __u64 cookie;              /* attach cookie (config.h): on kprobes looking it up takes a search */
  const void* address;       /* of the skb */
  const struct sk_buff* skb; /* 0: it is no longer ours */
  struct view view;
  __u32 result; /* of the packet filter, if it was asked */
  bool judged;  /* it was */
  __u8 headers; /* enum header_state */
};

/* Pointers to structs are not loaded from the trusted skb: for each such load the verifier searches all of BTF by name
 * (btf_nested_type_is_trusted), which was two fifths of the time that the start takes. */
static __always_inline const struct net_device* device_of(const struct hit* hit, const __u64* context,
                                                          const volatile struct probe_config* probe) {
  const struct net_device* device;

  if (probe->skb_not_owned)
    device = TYPED(net_device, PROBE_ARGUMENT(context, probe, probe->device_arg));
  else
    device = TYPED(net_device, TYPED(sk_buff, hit->skb)->dev);
  return is_kernel_address(as_number(device)) ? device : 0;
}

static __always_inline const struct sock* socket_of(const struct hit* hit, const __u64* context,
                                                    const volatile struct probe_config* probe) {
  const void* sk = probe->sk_arg == SKBTRAIL_NO_ARG ? 0 : sk_argument(context, probe, hit->cookie);

  if (!sk) sk = hit->skb ? TYPED(sk_buff, hit->skb)->sk : 0;
  return sk ? TYPED(sock, sk) : 0;
}

/* Nobody has set anything of a packet's yet: __alloc_skb() leaves an skb so, and netlink hands it on so to many. */
static __always_inline bool is_no_packet(const struct sk_buff* skb) {
  return !skb->protocol && !skb->network_header && skb->mac_header == HEADER_UNSET;
}

/* Whether it is an skb that crosses devices, or one of a socket whose family is asked for. What is at a device is a
 * packet, whoever sent it (AF_XDP, PPPoE). */
static __always_inline bool match_family(const struct hit* hit, const __u64* context,
                                         const volatile struct probe_config* probe) {
  const struct sock* sk = socket_of(hit, context, probe);
  const struct net_device* device;
  __u16 family;

  if (!hit->skb) return true;
  if (sk) {
    family = LOAD(sk, __sk_common.skc_family);
    if (family >= 64 || config.families >> family & 1) return true;
  } else if (!is_no_packet(hit->skb)) {
    return true;
  }
  device = device_of(hit, context, probe);
  if (device && net_of(device)) return true;
  count_other(COUNT_OTHER_FAMILIES);
  return false;
}

static __always_inline bool is_where_asked_for(const struct hit* hit, const __u64* context,
                                               const volatile struct probe_config* probe) {
  struct place place;

  find_place(&place, device_of(hit, context, probe), socket_of(hit, context, probe));
  return match_place(&place);
}

/* Everything that can be said of the skb itself, and of where it is unless few come so far (below). */
static __always_inline bool asked_for(struct hit* hit, const __u64* context, __u32 program, __u64 listed) {
  const volatile struct probe_config* probe = &config.probes[program];

  hit->cookie = 0;
  hit->address = probe->skb_via == VIA_LIST ? (const void*)listed : skb_argument(context, probe, &hit->cookie);
  hit->skb = 0;
  /* Twice: the verifier takes the first for granted where it trusts the argument, and wants it where it does not. */
  if (probe->skb_arg != SKBTRAIL_NO_ARG && (!hit->address || !is_object(as_number(hit->address)))) return false;
  if (!probe->skb_not_owned) {
    hit->skb = readable_skb(hit->address, program);
    if (!hit->skb || !match_skb(hit->skb)) return false;
  } else if (!match_not_owned(context, probe)) {
    return false;
  }
  if (probe->skb_arg != SKBTRAIL_ARG_IN_COOKIE || probe->skb_via == VIA_LIST)
    hit->cookie = attach_cookie_of(context, program);
  if (asks_for_place() && !config.prefilter && !is_where_asked_for(hit, context, probe)) return false;
  return !config.match_family || match_family(hit, context, probe);
}

/* The packet filter, where it can look at the bytes in their place. */
static __always_inline bool filter_in_place(struct hit* hit, const __u64* context,
                                            const volatile struct probe_config* probe) {
  hit->judged = false;
  if (!hit->skb) return true;
  hit->headers = HIDDEN_RANGE(headers_of(hit->skb, headers_by_function(hit->cookie, probe)));
  view_packet(&hit->view, hit->skb, HIDDEN_RANGE(link_type(device_of(hit, context, probe))), hit->headers);
  hit->view.direction = config.filter_type ? direction_by_probe(hit->cookie, probe) : DIRECTION_UNKNOWN;
  if (!config.match_packet || !config.bytes_type || hit->view.layer == REC_START_NONE) return true;
  if (config.filter_fields && hit->headers == HEADERS_NO_LENGTH) return true;
  hit->judged = true;
  hit->result = filter_typed(&hit->view, hit->skb, hit->view.address, hit->view.linear);
  if (hit->result != FILTER_NO) return true;
  if (hit->view.tag) count_other(COUNT_TAGGED);
  return false;
}

/* Where the packet filter refused most hits at once, it is asked before the place, so that it can be told what it takes
 * and where that is not asked for. */
static __always_inline bool is_here(const struct hit* hit, const __u64* context,
                                    const volatile struct probe_config* probe) {
  if (!config.prefilter || !asks_for_place() || is_where_asked_for(hit, context, probe)) return true;
  if (hit->judged && !is_indeterminate(hit->result)) count_other(COUNT_ELSEWHERE);
  return false;
}

/* All of it but the time, and what take_bytes() says: each field is written once. */
static __always_inline void read_core(struct rec_core* core, __u32 number, const struct hit* hit, const struct sock* sk,
                                      const __u64* context, const volatile struct probe_config* probe) {
  const struct sk_buff* skb = hit->skb;
  __u16 flags = REC_FLAG_SKB_NOT_OWNED;
  __u32 len = 0;

  core->skb = (__u64)hit->address;
  core->sk = (__u64)sk;
  core->probe = probe_number(hit->cookie, number);
  core->sections = probe->sections;
  core->vlan_proto = core->vlan_tci = 0;
  if (skb) {
    flags = REC_FLAG_LEN | REC_FLAG_MARK;
    len = skb->len;
    core->mark = skb->mark;
    core->protocol = hit->view.protocol;
    core->pkt_type = packet_type(skb);
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

static __always_inline bool wants_bytes(const volatile struct probe_config* probe) {
  return probe->sections & REC_SECTION_BYTES || config.match_packet || config.match_inner;
}

/* Whose packet it is: `sk` may be who works on it, such as a listener on the answer to a request. */
static __always_inline const struct sock* owner_of(const struct hit* hit, const struct sock* sk) {
  const struct sock* owner = TYPED(sk_buff, hit->skb)->sk;

  if (owner) sk = TYPED(sock, owner);
  MERGE_STATES(sock, sk);
  return sk;
}

/* Of what has no packet bytes. */
static __always_inline bool is_surely_no_tcp(const struct hit* hit, const struct sock* sk) {
  const struct sock* owner;

  if (!hit->skb) return true;
  owner = owner_of(hit, sk);
  return owner && !makes_headers(owner);
}

/* Packet bytes, and what the filter says where it was not asked yet. Returns whether the event is asked for. */
static __always_inline bool take_bytes(struct rec_core* core, __u8* bytes, __u64* taken, struct hit* hit,
                                       const struct sock* sk, const __u64* context,
                                       const volatile struct probe_config* probe) {
  bool wanted = hit->skb && wants_bytes(probe);
  __u32 length = 0;

  if (wanted && hit->view.layer != REC_START_NONE) {
    length = read_bytes(core, bytes, &hit->view, hit->skb);
    if (hit->headers == HEADERS_NO_LENGTH) complete_copy(core, bytes, &hit->view, length);
  } else {
    no_bytes(core);
    core->wire_len = 0;
    if (wanted)
      length = read_made_headers(core, bytes, &hit->view, hit->skb, owner_of(hit, sk), hit->headers,
                                 flow_argument(context, probe));
  }
  *taken = length;
  if (config.match_packet) {
    if (!hit->judged) {
      if (!length) return config.filter_excludes && is_surely_no_tcp(hit, sk);
      hit->result = filter_copied(&hit->view, hit->skb, bytes, length);
    }
    if (core->flags & REC_FLAG_SYNTHESIZED) {
      if (hit->result == FILTER_OUT_OF_RANGE) hit->result = FILTER_NO;
    } else if (!config.filter_fields || hit->headers != HEADERS_NO_LENGTH) {
      hit->result = filter_fragments(hit->result, &hit->view, hit->skb, context, probe);
    } else if (core->wire_len <= length && hit->result == FILTER_OUT_OF_RANGE) {
      hit->result = FILTER_NO;
    }
    if (hit->result == FILTER_NO) return false;
    if (is_indeterminate(hit->result)) core->flags |= REC_FLAG_INDETERMINATE;
    if (config.filter_type && hit->result == FILTER_INDETERMINATE) core->flags |= REC_FLAG_DIRECTION;
  }
  if (config.match_inner) {
    __u32 result = hit->skb ? filter_inner(&hit->view, hit->skb, bytes) : FILTER_NO;

    if (result == FILTER_NO || (result == FILTER_OUT_OF_RANGE && !hit->skb->data_len)) return false;
    if (result == FILTER_OUT_OF_RANGE) core->flags |= REC_FLAG_INDETERMINATE;
  }
  return true;
}

/* Bytes behind a section's struct. */
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

/* Whether the task on the CPU does this itself. A function of its own, hidden as slow_path() is: on the stack of
 * Linux 5.10 and 6.1, which is 512 bytes for all calls, its variables have no place beside those of slow_path(). */
__hidden __noinline int in_task(__u64 stack) {
  struct rec_task task;
  int result;

  read_task(&task, stack);
  result = task.context == REC_CONTEXT_PROCESS;
  asm volatile("" : "+r"(result));
  return result;
}

static __always_inline bool match_owner_or_task(const struct sock* sk, __u64 stack) {
  if (!config.match_pid && !config.match_comm) return true;
  return match_owner(as_number(sk), HIDDEN_RANGE(in_task(stack)));
}

/* Packet bytes that a record will have, at most. What is asked here is asked again later: the verifier must not know
 * the answer, or it goes through all that lies between for each of them. */
static __always_inline __u64 max_bytes(const struct hit* hit, const volatile struct probe_config* probe) {
  __u64 linear = HIDDEN_RANGE(hit->view.linear);

  if (!hit->skb || !wants_bytes(probe)) return 0;
  if (HIDDEN_RANGE(hit->view.layer) == REC_START_NONE) return MADE_HEADERS_MAX;
  linear = linear < config.snaplen ? linear : config.snaplen;
  return (linear + COPIED_AT_ONCE - 1) & ~(__u64)(COPIED_AT_ONCE - 1);
}

/* Bytes of the record that come before those of the packet: a constant. */
static __always_inline __u32 size_of_sections(const volatile struct probe_config* probe) {
  __u32 size = sizeof(struct rec_core);

#define ADD_SIZE(bit, NAME, name, tail, of) \
  if (probe->sections & REC_SECTION_##NAME) size += sizeof(struct rec_##name);
  REC_SECTIONS_COMMON(ADD_SIZE)
#undef ADD_SIZE
  return size + probe->rare_size;
}

/*
 * Builds the record behind an entry's head. Section sizes are constants here, so `size` is one until the bytes are
 * added; the bytes are taken first, because they may still be refused. Returns the record's length, 0: not asked for.
 */
static __always_inline __u64 build(struct ring_entry* entry, const __u64* context, __u64 number, struct hit* hit,
                                   const struct sock* sk) {
  const volatile struct probe_config* probe = &config.probes[number];
  struct rec_core* core = (struct rec_core*)(entry + 1);
  struct place place;
  struct source from = {.context = context, .probe = probe, .skb = hit->skb, .sk = sk, .place = &place};
  __u32 sections = probe->sections;
  __u32 size = sizeof(struct rec_core);
  __u64 caplen;

  read_core(core, number, hit, sk, context, probe);
  if (!take_bytes(core, (__u8*)core + size_of_sections(probe), &caplen, hit, sk, context, probe)) return 0;
  HIDE_RANGE(caplen);
  find_place(&place, device_of(hit, context, probe), sk);
  MERGE_STATES(net_device, place.device);
  MERGE_STATES(net, place.net);
  from.packet = hit->view.address;
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
  }
  stamp(core);
  return size + caplen;
}

/* Whether the hit has been through all conditions before its record is begun. */
static __always_inline bool passed_all(const struct hit* hit) {
  if (config.match_inner) return false;
  return !config.match_packet || (hit->judged && hit->result != FILTER_OUT_OF_RANGE);
}

static __always_inline void record(const __u64* context, __u64 number, struct hit* hit) {
  const volatile struct probe_config* probe = &config.probes[number];
  const struct sock* sk;
  struct ring_entry* entry;
  struct room room;

  sk = socket_of(hit, context, probe);
  MERGE_STATES(sock, sk);
  if (!match_owner_or_task(sk, hit_stack(hit->view.address, context, probe))) {
    if (config.match_packet) count_other(COUNT_OTHER_OWNER);
    return;
  }
  entry = begin_entry(&room, number, size_of_sections(probe) + max_bytes(hit, probe));
  if (entry)
    end_entry(&room, entry, build(entry, context, number, hit, sk));
  else
    count_no_entry(passed_all(hit));
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
__hidden __noinline int slow_path(const __u64* context, __u64 number, __u64 listed) {
  struct hit hit = {}; /* on ways that only the verifier believes in, what is not set would be read */
  int result = 0;

  if (number < SKBTRAIL_PROGRAMS && asked_for(&hit, context, number, listed) &&
      filter_in_place(&hit, context, &config.probes[number]) && is_here(&hit, context, &config.probes[number]))
    record(context, number, &hit);
  asm volatile("" : "+r"(result));
  return result;
}

/* The prefilter. Returns whether it was taken, where it does not end the program itself. */
static __always_inline bool refused(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];
  /* A number (those from registers are): the verifier would have a pointer checked before it is cast, and the cast is
   * what makes it harmless. */
  __u64 call = 0, address = (__u64)skb_argument(context, probe, &call);
  __u64 headers = headers_by_function(call, probe);
  const __u8* skb;
  const void* owner;
  __u64 word, number_of_skb;

  if (headers == HEADERS_NO_UDP) return false;
  if (!probe->registers) POINTER_TO_NUMBER(address);
  skb = bpf_rdonly_cast((const void*)address, config.bytes_type);
  if (config.prefilter_tagged && vlan_tag(TYPED(sk_buff, (const void*)address))) return false;
  word = headers_word(skb);
  if (headers == HEADERS_LINK_AT_DATA && !link_is_at_data(skb, link_in(word))) return false;
  if (network_in(word)) {
    run_prefilter(skb, word);
    return false;
  }
  if (config.filter_excludes) return false;
  /* From what was cast: the address itself would have to be put aside for the few that come here. */
  number_of_skb = as_number(skb);
  if (!is_object(number_of_skb) || has_some_header(word)) return false;
  /* Without the attach cookie, where the skb has an owner: it is no TCP packet because a TCP socket works on it. */
  owner = TYPED(sk_buff, (const void*)number_of_skb)->sk;
  if (owner && !makes_headers(TYPED(sock, owner))) return true;
  return !makes_headers(socket_of(
      &(struct hit){.cookie = attach_cookie_of(context, number), .skb = TYPED(sk_buff, (const void*)number_of_skb)},
      context, probe));
}

/* Whether the hit need not be looked at in full. Where the prefilter ends the program, it does so as one that was. */
static __always_inline bool fast_reject(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];

  return !match_current() || (config.prefilter && !probe->skb_not_owned && refused(context, number));
}

static __always_inline int probe_hit(const __u64* context, __u32 number) {
  return fast_reject(context, number) ? 0 : slow_path(context, number, 0);
}

#endif
