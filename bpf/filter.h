/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The second step of a hit: is it asked for? All conditions, the cheapest first, and one verdict before anything is
 * built. Something that is not known here meets no condition, except where it is said otherwise.
 *
 *   length, mark ─► namespace, device ─► family ─► packet filter in place ─► owner ─► packet filter on a copy ─► inner
 *                                                       |                                    |
 *                                             bytes where they are                kernels before 6.2, headers that
 *                                             (6.2)                               are not written yet, fragments
 *
 * A copy is put into `scratch`. What a record is built in is not touched before the verdict: where it is taken from a
 * ring (emit.h), room is taken for events that are asked for, and for no others.
 */
#ifndef SKBTRAIL_FILTER_H
#define SKBTRAIL_FILTER_H

#include "follow.h"
#include "identify.h"
#include "inner.h"
#include "match.h"
#include "owner.h"
#include "packet_filter.h"
#include "scratch.h"
#include "section/bytes.h"
#include "tasks.h"

enum verdict {
  VERDICT_NO = 0,
  VERDICT_YES = 1,
  VERDICT_INDETERMINATE = 2, /* not known; it is shown, and the record says so */
};

/* Nothing of a packet is set yet: __alloc_skb() leaves an skb so, and netlink hands it on so to many. */
static __always_inline bool is_no_packet(const struct sk_buff* skb) {
  return !skb->protocol && !skb->network_header && skb->mac_header == HEADER_UNSET;
}

/* Whether it is an skb of a socket whose family is asked for, or, unless families alone are, one that crosses devices.
 * What is at a device is a packet, whoever sent it (AF_XDP, PPPoE). */
static __always_inline bool match_family(const struct hit* hit, const __u64* context,
                                         const volatile struct probe_config* probe) {
  const struct sock* sk = socket_of(hit, context, probe);
  const struct net_device* device;
  __u16 family;

  if (sk) {
    family = LOAD(sk, __sk_common.skc_family);
    if (family >= 64 || config.families >> family & 1) return true;
  }
  if (config.families & 1) {
    if (!has_skb(hit) || (!sk && !is_no_packet(hit->skb))) return true;
    device = device_of(hit, context, probe);
    if (device && net_of(device)) return true;
  }
  count_other(COUNT_OTHER_FAMILIES);
  return false;
}

static __always_inline bool match_hit_location(const struct hit* hit, const __u64* context,
                                               const volatile struct probe_config* probe) {
  struct location location;

  locate(&location, device_of(hit, context, probe), socket_of(hit, context, probe));
  return match_location(&location);
}

/* What the skb says, and the cookie, and where it is unless few come as far as the packet filter (below). */
static __always_inline bool match_first(struct hit* hit, const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];

  if (is_of_xdp(probe) && config.match_mark) return false;
  if (is_without_skb(hit, probe) ? !match_not_owned(context, probe) : !match_skb(hit->skb)) return false;
  if (!config.follow) identify_probe(hit, context, program);
  if (asks_for_location() && !config.prefilter && !match_hit_location(hit, context, probe)) return false;
  return !config.match_family || match_family(hit, context, probe);
}

/* The packet filter, where it can look at the bytes in place. */
static __always_inline bool match_in_place(struct hit* hit) {
  if (!has_skb(hit) || !config.match_packet || !config.bytes_type || hit->view.layer == REC_START_NONE) return true;
  if (config.filter_fields && hit->headers == HEADERS_NO_LENGTH) return true;
  hit->filtered = true;
  hit->result = filter_typed(&hit->view, hit->skb, hit->view.address, hit->view.linear);
  if (hit->result != FILTER_NO) return true;
  if (hit->view.tag) count_other(COUNT_TAGGED);
  return false;
}

/* Where the prefilter refused most hits, the packet filter is run before the location is asked for, so that it can be
 * told what it takes and where that is not asked for. */
static __always_inline bool match_location_late(const struct hit* hit, const __u64* context,
                                                const volatile struct probe_config* probe) {
  if (!config.prefilter || !asks_for_location() || match_hit_location(hit, context, probe)) return true;
  if (hit->filtered && !is_indeterminate(hit->result)) count_other(COUNT_ELSEWHERE);
  return false;
}

/* Whether the task on the CPU does this itself. A function of its own, hidden as handle() is: on the stack of Linux
 * 5.10 and 6.1, which is 512 bytes for all calls, its variables have no room beside those of handle(). */
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
  if (match_owner(as_number(sk), HIDDEN_RANGE(in_task(stack)))) return true;
  if (config.match_packet) count_other(COUNT_OTHER_OWNER);
  return false;
}

static __always_inline bool wants_bytes(const volatile struct probe_config* probe) {
  return probe->sections & REC_SECTION_BYTES || config.match_packet || config.match_inner;
}

/* Whether the packet filter, or that for inner packets, may need a copy. */
static __always_inline bool copies_for_filter(void) {
  return config.match_packet || (config.match_inner && !config.bytes_type);
}

/* Of a hit with an skb: whether it does. */
static __always_inline bool needs_copy(const struct hit* hit) {
  return copies_for_filter() && (!config.bytes_type || !hit->filtered);
}

/* Whether a slot of `scratch` is the hit's: always, where bytes are not looked at in place. */
static __always_inline bool has_copy(const struct hit* hit) {
  return has_skb(hit) && copies_for_filter() && (!config.bytes_type || HIDDEN_RANGE(hit->has_slot));
}

static __always_inline void drop_copy(const struct hit* hit, __u32 program) {
  if (has_copy(hit)) release_scratch(program);
}

/* Of an skb without packet bytes. */
static __always_inline bool is_surely_no_tcp(const struct hit* hit, const struct sock* sk) {
  const struct sock* owner = owner_of(hit, sk);

  return owner && !makes_headers(owner);
}

/* Without an skb that is the caller's. */
static __always_inline bool match_without_packet(void) {
  return !config.match_inner && (!config.match_packet || config.filter_excludes);
}

/* The packet filter where it was not run yet, and on fragments. `copy` has the first bytes of the packet, if any. */
static __always_inline bool match_packet(struct hit* hit, const __u8* copy, const struct sock* sk, const __u64* context,
                                         const volatile struct probe_config* probe) {
  if (!hit->filtered) {
    if (!hit->copied) return config.filter_excludes && is_surely_no_tcp(hit, sk);
    hit->result = filter_copied(&hit->view, hit->skb, copy, hit->copied);
  }
  if (hit->flags & REC_FLAG_SYNTHESIZED) {
    if (hit->result == FILTER_OUT_OF_RANGE) hit->result = FILTER_NO;
  } else if (!config.filter_fields || hit->headers != HEADERS_NO_LENGTH) {
    hit->result = filter_fragments(hit->result, &hit->view, hit->skb, context, probe);
  } else if (wire_length(&hit->view, hit->skb) <= hit->copied && hit->result == FILTER_OUT_OF_RANGE) {
    hit->result = FILTER_NO;
  }
  if (is_indeterminate(hit->result)) hit->flags |= REC_FLAG_INDETERMINATE;
  if (config.filter_type && hit->result == FILTER_INDETERMINATE) hit->flags |= REC_FLAG_DIRECTION;
  return hit->result != FILTER_NO;
}

static __always_inline bool match_inner_packet(struct hit* hit, const __u8* copy) {
  __u32 result = filter_inner(&hit->view, hit->skb, copy);

  if (result == FILTER_NO || (result == FILTER_OUT_OF_RANGE && !hit->skb->data_len)) return false;
  if (result == FILTER_OUT_OF_RANGE) hit->flags |= REC_FLAG_INDETERMINATE;
  return true;
}

static __always_inline bool match_bytes(struct hit* hit, const __u8* copy, const struct sock* sk, const __u64* context,
                                        const volatile struct probe_config* probe) {
  if (config.match_packet && !match_packet(hit, copy, sk, context, probe)) return false;
  return !config.match_inner || match_inner_packet(hit, copy);
}

static __always_inline __u32 copy_written(struct hit* hit, __u8* bytes) {
  __u32 length = HIDDEN_RANGE(read_bytes(bytes, &hit->view, &hit->flags));

  if (hit->headers == HEADERS_NO_LENGTH) complete_copy(bytes, &hit->view, &hit->flags, hit->skb, length);
  return length;
}

/* The packet's bytes as they are, or headers where there are none yet. Returns how many bytes. */
static __always_inline __u32 copy_or_make(struct hit* hit, __u8* bytes, const struct sock* sk, const __u64* context,
                                          const volatile struct probe_config* probe) {
  if (hit->view.layer != REC_START_NONE) return copy_written(hit, bytes);
  return HIDDEN_RANGE(make_headers(bytes, &hit->view, &hit->flags, hit->skb, owner_of(hit, sk), hit->headers,
                                   flow_argument(context, probe)));
}

/* Puts the packet's bytes into `scratch`, where they stay until it is released. Where bytes are looked at in
 * place this is done for headers that are not written yet, and the view becomes one of the copy. False: no slot is
 * free. */
static __always_inline bool copy_for_filter(struct hit* hit, const struct sock* sk, const __u64* context,
                                            __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  struct ring_entry* slot = take_scratch(program);

  if (!slot) {
    count_loss(REC_LOSS_UNFILTERED);
    return false;
  }
  hit->has_slot = HIDDEN_RANGE(1);
  hit->copied = copy_or_make(hit, scratch_bytes(slot, probe), sk, context, probe);
  return true;
}

/* Of a packet that is followed already: where a record's bytes are those of the copy, it needs one, too. False: no slot
 * is free. */
static __always_inline bool copy_for_record(struct hit* hit, const struct sock* sk, const __u64* context,
                                            __u32 program) {
  if (config.bytes_type || !has_skb(hit) || !copies_for_filter()) return true;
  return copy_for_filter(hit, sk, context, program);
}

/* What is left to ask of the packet. */
static __always_inline bool match_copied(struct hit* hit, const struct sock* sk, const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  const __u8* copy = 0;

  if (!has_skb(hit)) return match_without_packet();
  if (needs_copy(hit) && !copy_for_filter(hit, sk, context, program)) return false;
  if (copies_for_filter() && !config.bytes_type) {
    struct ring_entry* slot = own_scratch(program);

    if (!slot) return false;
    copy = scratch_bytes(slot, probe);
  }
  if (match_bytes(hit, copy, sk, context, probe)) return true;
  drop_copy(hit, program);
  return false;
}

/* The ways to a hit that is wanted are one to the verifier. */
static __always_inline void hide_way(struct hit* hit) {
  hit->flags = HIDDEN_RANGE(hit->flags);
  hit->result = HIDDEN_RANGE(hit->result);
  hit->copied = HIDDEN_RANGE(hit->copied);
  hit->filtered = HIDDEN_RANGE(hit->filtered);
  hit->has_slot = HIDDEN_RANGE(hit->has_slot);
}

/* All that is asked, but of a packet that is followed already. */
static __always_inline enum verdict filter(struct hit* hit, const struct sock** found, struct followed* packet,
                                           const __u64* context, __u32 program) {
  const volatile struct probe_config* probe = &config.probes[program];
  bool known = is_known(hit, packet, context, probe);
  const struct sock* sk;

  if (config.follow) identify_probe(hit, context, program);
  if (!known && !match_first(hit, context, program)) return VERDICT_NO;
  identify_packet(hit, context, probe);
  if (known && !is_still(hit, packet)) {
    known = false;
    if (probe->skb_via == VIA_STACK || probe->skb_via == VIA_QUEUE)
      hit->skb = hit->address = 0; /* it is not known what is worked on */
    if (!match_first(hit, context, program)) return VERDICT_NO;
  }
  if (!known && (!match_in_place(hit) || !match_location_late(hit, context, probe))) return VERDICT_NO;
  sk = socket_of(hit, context, probe);
  MERGE_STATES(sock, sk);
  *found = sk;
  if (!known && !match_owner_or_task(sk, hit_stack(hit->view.address, context, probe))) return VERDICT_NO;
  if (known ? !copy_for_record(hit, sk, context, program) : !match_copied(hit, sk, context, program)) return VERDICT_NO;
  if (known)
    stay_undecided(hit, packet);
  else if (!probe->ends)
    begin_at(hit, packet, context, probe);
  if (config.follow || config.match_packet) hide_way(hit);
  return hit->flags & REC_FLAG_INDETERMINATE ? VERDICT_INDETERMINATE : VERDICT_YES;
}

/* The prefilter: whether it refuses the hit, where it does not end the program itself (packet_filter.h). */
static __always_inline bool prefilter_refuses(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];
  /* A number (those from registers are, and those of programs without types): the verifier would have a pointer checked
   * before it is cast, and the cast is what makes it harmless. */
  __u64 call = 0, address = (__u64)skb_argument(context, probe, &call);
  __u64 headers = headers_by_function(call, probe);
  const __u8* skb;
  const void* owner;
  __u64 word, number_of_skb;

  if (headers == HEADERS_NO_UDP) return false;
  if (!probe->registers && !probe->shared) POINTER_TO_NUMBER(address);
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

/* Whether length or mark refuse it: where the skb is at hand they take nothing else. */
static __always_inline bool skb_refuses(const __u64* context, __u32 number) {
  const volatile struct probe_config* probe = &config.probes[number];
  __u64 call = 0, address;

  if (!config.match_len && !config.match_mark) return false;
  if (!config.rdonly_cast || probe->skb_via >= VIA_LIST || is_of_xdp(probe)) return false;
  address = (__u64)skb_argument(context, probe, &call);
  if (!probe->registers && !probe->shared) POINTER_TO_NUMBER(address);
  return !match_skb(TYPED(sk_buff, (const void*)address));
}

/* Whether the hit is refused at once. Where the prefilter ends the program, it does so as one that was. */
static __always_inline bool fast_reject(const __u64* context, __u32 number) {
  if (!match_current()) return true;
  if (config.probes[number].skb_not_owned) return false;
  if (skb_refuses(context, number)) return !is_known_at_once(context, number);
  return config.prefilter && !is_known_at_once(context, number) && prefilter_refuses(context, number);
}

#endif
