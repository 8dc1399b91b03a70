/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Section: which packet it is, as it is followed (../follow.h). */
#ifndef SKBTRAIL_SECTION_FOLLOW_H
#define SKBTRAIL_SECTION_FOLLOW_H

#include "../source.h"

static __always_inline void fill_follow(struct rec_follow* section, const struct source* from) {
  section->id = from->followed->id;
  section->trail = from->followed->trail;
  section->parent = config.follow && from->followed->kind ? parent_of(from->address) : 0;
  section->stack = hit_stack(from->packet, from->context, from->probe) >> STACK_BITS;
  section->kind = from->followed->kind;
  section->flags =
      (from->followed->began ? REC_FOLLOW_BIRTH : 0) | (from->probe->ends == END_HERE ? REC_FOLLOW_END : 0) |
      (from->probe->ends == END_BEGUN ? REC_FOLLOW_FREEING : 0) | (config.follow_exact ? REC_FOLLOW_EXACT : 0);
  section->pad = 0;
}

#endif
