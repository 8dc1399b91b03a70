/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The same steps as in follow_table.h where the table is a hash map of the kernel's: before Linux 5.12 (commit
 * 5ffa25502b5a) programs cannot exchange a word atomically. It is used only where every end of an skb is seen, so no
 * entry is deleted while its skb is looked at. The packets of stacks are in struct follow_table here, too.
 *
 * Functions that are given a pointer are static to the verifier: global ones may have none before 5.12 (e5069b9c23b3).
 */
#ifndef SKBTRAIL_FOLLOW_HASH_H
#define SKBTRAIL_FOLLOW_HASH_H

#include "follow_table.h"

/* See find_followed(). */
__hidden __noinline int find_in_hash(__u64 address, __u64 stack, __u32 ends, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  struct follow_value* value;
  __u64 id;

  if (!table) return 0;
  value = bpf_map_lookup_elem(&follow_hash, &address);
  if (!value) {
    if (ends == END_BEGUN) return take_current(table, address, stack, packet);
    clear_current(table, stack);
    return 0;
  }
  packet->trail = value->trail;
  packet->rest = rest_of(value);
  id = *(volatile const __u64*)&value->id;
  packet->id = HIDDEN_RANGE(id);
  mark_used(value);
  set_current(table, stack, address, id, packet->trail);
  return 1;
}

__noinline __u64 parent_in_hash(__u64 address) {
  const struct follow_value* value = bpf_map_lookup_elem(&follow_hash, &address);

  return value ? value->parent : 0;
}

/* See find_current(). */
__hidden __noinline int current_without_table(__u64 address, __u64 stack, struct followed* packet) {
  struct follow_table* table = follow_table_of();

  if (!table || !take_current(table, address, stack, packet)) return 0;
  clear_current(table, stack);
  return 1;
}

/* `trail` 0: its own. Returns its id, 0: there is no slot for it. */
__noinline __u64 keep_in_hash(__u64 address, __u64 trail, __u64 parent, __u32 kind) {
  struct follow_table* table = follow_table_of();
  struct follow_value value = {.trail = trail, .parent = parent, .kind = kind, .flags = kind >> 8};

  if (!table || was_refused(table, address, 0)) return 0;
  value.id = bpf_ktime_get_ns() << 10 | (bpf_get_smp_processor_id() & 0x3ff); /* programs cannot count atomically */
  if (!trail) value.trail = value.id;
  value.used = *(volatile __u16*)&follow_gate.turn;
  if (bpf_map_update_elem(&follow_hash, &address, &value, BPF_ANY)) {
    refuse(table, address, 0);
    return 0;
  }
  open_follow_gate();
  return value.id;
}

/* See begin_following(). Within handle(): to probes of lists, which it is called from, one call less is what has room
 * on the stack (5.10). */
static __always_inline int begin_in_hash(__u64 address, __u64 stack, struct followed* packet) {
  struct follow_table* table = follow_table_of();

  packet->id = packet->trail = keep_in_hash(address, 0, 0, 0);
  packet->rest = 0;
  if (!table || !packet->id) return 0;
  packet->began = 1;
  set_current(table, stack, address, packet->id, packet->id);
  return 1;
}

/* See end_entry_of(). */
__noinline int end_in_hash(__u64 address, __u64 stack, __u32 after) {
  struct follow_table* table = follow_table_of();

  if (!table) return 0;
  leave_at_end(table, address, stack, after, after == STACK_STAYS ? bpf_map_lookup_elem(&follow_hash, &address) : 0);
  if (bpf_map_delete_elem(&follow_hash, &address)) end_refusal(table, address);
  return 0;
}

__noinline int inherit_in_hash(__u64 parent, __u64 child, __u32 kind) {
  const struct follow_value* value = bpf_map_lookup_elem(&follow_hash, &parent);
  __u64 trail, id;
  __u32 flags;

  if (!value || !is_object(child)) return 0;
  trail = value->trail;
  id = *(volatile const __u64*)&value->id;
  if (value->flags & FOLLOW_RESENT) kind = REC_LINEAGE_RETRANSMISSION;
  flags = value->flags & FOLLOW_INHERITED;
  if (!id || bpf_map_lookup_elem(&follow_hash, &child)) return 0;
  return keep_in_hash(child, trail, id, kind | flags << 8) != 0;
}

__noinline int flag_in_hash(__u64 address, __u32 flag, __u32 is_set) {
  struct follow_value* value = bpf_map_lookup_elem(&follow_hash, &address);

  if (value) change_flag(value, flag, is_set);
  return 0;
}

__noinline int flags_in_hash(__u64 address) {
  const struct follow_value* value = bpf_map_lookup_elem(&follow_hash, &address);

  return value ? value->flags : 0;
}

#endif
