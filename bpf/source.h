/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What sections (sections.h) are filled from. */
#ifndef SKBTRAIL_SOURCE_H
#define SKBTRAIL_SOURCE_H

#include "args.h"

/* Where an event is. */
struct location {
  const struct net_device* device; /* 0: none, or none that is believed */
  const struct net* net;           /* 0: unknown */
};

/* The packet as it is followed (follow.h). On the stack of handle(), of which Linux 5.10 has no byte more to give.
 */
struct followed {
  __u64 id; /* 0: it is not followed */
  __u64 trail;
  union {
    struct {
      __u32 content; /* as in struct follow_value, or of this hit where that is another packet */
      __u8 kind;     /* the same */
      __u8 flags;    /* the same */
      __u8 began;    /* with this hit */
      __u8 is_other; /* what is in the table is another packet, which was at the address before */
    };
    __u64 rest; /* by which they are set, so that it is always one word to the verifier */
  };
};

#define FOLLOWED_KEPT  0x0000ffffffffffffULL /* of the same word in struct follow_value */
#define FOLLOWED_OTHER (1ULL << 56)          /* is_other */

/* The common ones. */
struct source {
  const __u64* context;
  const volatile struct probe_config* probe;
  const struct sk_buff* skb; /* 0: it is no longer ours */
  const struct sock* sk;     /* 0: none is known */
  const struct location* location;
  __u64 address; /* of the skb, which may have been copied; 0: none */
  __u64 packet;  /* as hit_stack() wants it */
  __u64 cookie;
  const struct followed* followed;
};

/* The rare ones, which are filled by a function of their own: it is given numbers, and pointers of no type. */
struct rare_source {
  const __u64* context;
  const volatile struct probe_config* probe;
  __u32 program;
  __u64 skb; /* its address; 0: the probe has none */
};

/* For objects in which no probe has what the section is made from. */
#define FILL_WITH_NOTHING(name)                                                                         \
  static __always_inline void fill_##name(struct rec_##name* section, const struct rare_source* from) { \
    (void)from;                                                                                         \
    __builtin_memset(section, 0, sizeof(*section));                                                     \
  }

#endif
