/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last step: a finished record goes into the ring of this CPU, or is counted as lost there. A wake-up is sent only
 * where the reader had read everything before (the ring buffer's own rule); a reader that drains every millisecond
 * gets at most one per drain and CPU.
 */
#ifndef SKBTRAIL_EMIT_H
#define SKBTRAIL_EMIT_H

#include "core.h"

static __always_inline void emit(struct rec_core* core, __u64 size) {
  __u32 slot = core->cpu;
  void* ring;

  if (slot >= config.ring_slots) slot = 0;
  ring = bpf_map_lookup_elem(&rings, &slot);
  if (!ring || bpf_ringbuf_output(ring, core, size, 0)) count_loss(REC_LOSS_RING);
}

#endif
