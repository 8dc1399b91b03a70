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

/* Of an skb that is another's by now; its length may be among the arguments. */
static __always_inline bool match_not_owned(const __u64* context, const volatile struct probe_config* probe) {
  if (config.match_mark || (config.match_packet && !config.filter_excludes) || config.match_inner) return false;
  if (!config.match_len) return true;
  return probe->len_arg != SKBTRAIL_NO_ARG &&
         match_length((__u32)(__u64)PROBE_ARGUMENT(context, probe, probe->len_arg));
}

/* Whether a condition asks where the event is. Then the location is looked up, and with it the attach cookie, before
 * anything else is; if not, once it is known that there is an event. */
static __always_inline bool asks_for_location(void) {
  return config.match_netns || config.match_ifname;
}

static __always_inline bool is_name(__u64 first, __u64 second, int number) {
  return number < config.ifname_count && first == config.ifnames[number][0] && second == config.ifnames[number][1];
}

/* What -i may be besides one name: the device's name as two words, and `link` (TARGET_LINK). Global, so that it is
 * verified by itself and not with all that comes after it. */
__noinline int match_other_names(__u64 first, __u64 second, __u64 link) {
  __u64 name[2] = {first, second};

#pragma unroll
  for (int i = 1; i < SKBTRAIL_IFNAMES; i++)
    if (is_name(first, second, i)) return 1;
  if (config.match_ifglob && match_glob(&config.ifglob, (const char*)name)) return 1;
  if (!config.match_links) return 0;
#pragma unroll
  for (int i = 0; i < SKBTRAIL_LINKS; i++)
    if (*(volatile __u64*)&targets.links[i] == link) return 1;
  return 0;
}

static __always_inline bool match_device(const struct location* location) {
  __u64 name[2] = {};

  if (!location->device) return false;
  read_name(name, location->device);
  if (is_name(name[0], name[1], 0)) return true;
  if (config.ifname_count <= 1 && !config.match_ifglob && !config.match_links) return false;
  return match_other_names(name[0], name[1],
                           TARGET_LINK(LOAD(location->net, ns.inum), LOAD(location->device, ifindex)));
}

static __always_inline __u32 wanted_netns(void) {
  return config.netns_moves ? *(volatile __u32*)&targets.netns : config.netns;
}

static __always_inline bool match_location(const struct location* location) {
  if (config.match_netns && (!location->net || LOAD(location->net, ns.inum) != wanted_netns())) return false;
  return !config.match_ifname || match_device(location);
}

#endif
