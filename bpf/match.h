/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is this event asked for? Conditions on what the skb and its device say, the cheapest first. Something that is not
 * known here (the mark of an skb that is gone, the namespace of one without device and socket) meets no condition.
 */
#ifndef SKBTRAIL_MATCH_H
#define SKBTRAIL_MATCH_H

#include "core.h"
#include "section/device.h"

static __always_inline bool match_skb(const struct rec_core* core) {
  if (config.match_len) {
    if (!(core->flags & REC_FLAG_LEN)) return false;
    if (core->len < config.len_min || core->len > config.len_max) return false;
  }
  if (config.match_mark) {
    if (!(core->flags & REC_FLAG_MARK)) return false;
    if ((core->mark & config.mark_mask) != config.mark) return false;
  }
  return true;
}

static __always_inline bool match_device(const struct rec_device* device) {
  const __u64* name = (const __u64*)device->name;

  if (config.match_netns && device->netns != config.netns) return false;
  if (config.match_ifname && (name[0] != config.ifname[0] || name[1] != config.ifname[1])) return false;
  return true;
}

#endif
