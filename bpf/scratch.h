/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A slot of `scratch` (maps.h), which a hit has from the moment its packet is copied for the packet filter, or its
 * record is begun for the kernel's ring buffers, to its end. The tag says that it is taken.
 *
 *   kernel's ring buffers   | ring_entry | record: core and sections | packet bytes |      the copy is where it belongs
 *   rings of our own        | ring_entry | packet bytes |                                  the record is in the ring
 */
#ifndef SKBTRAIL_SCRATCH_H
#define SKBTRAIL_SCRATCH_H

#include "core.h"

/* 0: another hit has it. */
static __always_inline struct ring_entry* take_scratch(__u32 program) {
  struct ring_entry* slot = bpf_map_lookup_elem(&scratch, &program);

  if (!slot || slot->tag) return 0;
  slot->tag = 1;
  return slot;
}

/* That which was taken. */
static __always_inline struct ring_entry* own_scratch(__u32 program) {
  return bpf_map_lookup_elem(&scratch, &program);
}

static __always_inline void release_scratch(__u32 program) {
  struct ring_entry* slot = own_scratch(program);

  if (slot) slot->tag = 0;
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

static __always_inline __u8* scratch_bytes(struct ring_entry* slot, const volatile struct probe_config* probe) {
  return (__u8*)(slot + 1) + (config.ring_slots ? size_of_sections(probe) : 0);
}

#endif
