/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is this event asked for? Conditions on what the skb and its device say, the cheapest first. Something that is not
 * known here (the mark of an skb that is gone, the namespace of one without device and socket) meets no condition.
 */
#ifndef SKBTRAIL_MATCH_H
#define SKBTRAIL_MATCH_H

#include "core.h"
#include "section/device.h"

static __always_inline bool match_length(__u32 length) {
  return !config.match_len || (length >= config.len_min && length <= config.len_max);
}

static __always_inline bool match_skb(const struct sk_buff* skb) {
  if (config.match_len && !match_length(skb->len)) return false;
  if (config.match_mark && (skb->mark & config.mark_mask) != config.mark) return false;
  return true;
}

/* Of an skb that is somebody else's by now; its length may stand among the arguments. */
static __always_inline bool match_gone(const __u64* context, const volatile struct probe_config* probe) {
  if (config.match_mark || (config.match_packet && !config.filter_excludes) || config.match_inner) return false;
  if (!config.match_len) return true;
  return probe->len_arg != SKBTRAIL_NO_ARG &&
         match_length((__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->len_arg));
}

/* Whether a condition asks where the event is. Then the place is looked for, and with it the word of the call, before
 * anything else is; if not, once it is known that there is an event. */
static __always_inline bool asks_for_place(void) {
  return config.match_netns || config.match_ifname;
}

static __always_inline bool match_place(const struct place* place) {
  if (config.match_netns && (!place->net || LOAD(place->net, ns.inum) != config.netns)) return false;
  if (config.match_ifname) {
    __u64 name[2] = {};

    if (!place->device) return false;
    read_name(name, place->device);
    if (name[0] != config.ifname[0] || name[1] != config.ifname[1]) return false;
  }
  return true;
}

#endif
