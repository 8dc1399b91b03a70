/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: which BPF program looked at the packet. Programs on BPF programs alone have it (../programs.bpf.c). */
#ifndef SKBTRAIL_SECTION_PROGRAM_H
#define SKBTRAIL_SECTION_PROGRAM_H

#include "../source.h"
#include "../xdp_buff.h"

static __always_inline void fill_program(struct rec_program* section, const struct rare_source* from) {
  __builtin_memset(section, 0, sizeof(*section));
#ifdef SKBTRAIL_BPF_PROGRAMS
  section->id = from->probe->program_id;
  section->type = from->probe->program_type;
  if (from->probe->skb_via == VIA_XDP) {
    section->queue = xdp_queue(from->context);
    section->has_queue = 1;
  }
#else
  (void)from;
#endif
}

#endif
