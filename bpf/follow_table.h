/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of followed packets (config.h draws it), and the packet that each stack works on.
 *
 * Functions here are global, so that each is verified by itself, and what they find is any number to whoever calls
 * them. Where the kernel lets programs not exchange a word atomically (before 5.12) the table is a hash map of the
 * kernel's (follow_hash.h), and none of these is called or loaded. `stack` is that of the hit (stack_of()).
 */
#ifndef SKBTRAIL_FOLLOW_TABLE_H
#define SKBTRAIL_FOLLOW_TABLE_H

#include "identify.h"

/* What is made from a packet has these flags of it. */
#define FOLLOW_INHERITED (FOLLOW_TALKS | FOLLOW_INDETERMINATE | FOLLOW_DIRECTION)

/* Which packet a stack works on when an skb has ended. */
enum stack_after {
  STACK_IS_KEPT = 0, /* the same as before: the skb ended elsewhere */
  STACK_STAYS = 1,   /* the one that ended: more of its end is to come */
  STACK_IS_DONE = 2, /* none */
};

static __always_inline struct follow_table* follow_table_of(void) {
  __u32 zero = 0;

  return bpf_map_lookup_elem(&follow_table, &zero);
}

/* After the value. */
static __always_inline void open_follow_gate(void) {
  *(volatile __u32*)&follow_gate.any = FOLLOW_SOME;
}

static __always_inline __u64 follow_slot(__u64 address) {
  return ((address >> 6) * 0x9e3779b97f4a7c15ULL >> 32) * config.follow_slots >> 32;
}

static __always_inline bool is_slot(__u64 slot) {
  return slot < config.follow_slots + SKBTRAIL_FOLLOW_PROBES;
}

static __always_inline struct follow_value* value_in(struct follow_table* table, __u64 slot) {
  return (struct follow_value*)&table->keys[config.follow_slots + SKBTRAIL_FOLLOW_PROBES] + slot;
}

/* In turns of user space, which forgets what was not used for long. */
static __always_inline void mark_used(struct follow_value* value) {
  __u16 turn = *(volatile __u16*)&follow_gate.turn;

  if (value->used != turn) value->used = turn;
}

/* The word with the mark of this slot (config.h). */
static __always_inline __u64* mark_of(struct follow_table* table, __u64 slot) {
  return &table->marks[slot / 64 & (SKBTRAIL_FOLLOW_MARKS / 64 - 1)];
}

/* Whether a packet whose place this slot is may be in one after. */
static __always_inline bool is_marked(const struct follow_table* table, __u64 slot) {
  return *(volatile const __u64*)mark_of((struct follow_table*)table, slot) >> (slot & 63) & 1;
}

/* The slot of a followed skb, counted from 1; 0: it is not followed. */
static __always_inline __u64 find_slot(const struct follow_table* table, __u64 address) {
  __u64 first = follow_slot(address), found = 0;
  const volatile __u64* keys = &table->keys[first];

  if (keys[0] == address) {
    found = first + 1;
  } else if (is_marked(table, first)) {
#pragma unroll
    for (int i = 1; i < SKBTRAIL_FOLLOW_PROBES; i++) {
      if (keys[i] == address) {
        found = first + i + 1;
        break;
      }
    }
  }
  return HIDDEN_RANGE(found);
}

/* Whether the skb is followed. The slots after the first without branches, of which the verifier would go through each:
 * a word is 0 where one less has the uppermost bit and it has not. */
static __always_inline bool is_in_table(const struct follow_table* table, __u64 address) {
  __u64 slot = follow_slot(address), is_one = 0;
  const volatile __u64* keys = &table->keys[slot];

  if (keys[0] == address) return true;
  if (!is_marked(table, slot)) return false;
#pragma unroll
  for (int i = 1; i < SKBTRAIL_FOLLOW_PROBES; i++) {
    __u64 difference = keys[i] ^ address;

    is_one |= (difference - 1) & ~difference;
  }
  return is_one >> 63;
}

static __always_inline struct follow_current* current_of(struct follow_table* table, __u64 stack) {
  return &table->currents[(stack ^ stack >> 12) & (SKBTRAIL_FOLLOW_CURRENTS - 1)];
}

static __always_inline void set_current(struct follow_table* table, __u64 stack, __u64 address, __u64 id, __u64 trail) {
  struct follow_current* current = current_of(table, stack);

  *(volatile __u64*)&current->stack = 0;
  current->address = address;
  current->id = id;
  current->trail = trail;
  current->is_left = 0;
  *(volatile __u64*)&current->stack = stack;
}

static __always_inline bool is_current(struct follow_table* table, __u64 stack, __u64 address) {
  const struct follow_current* current = current_of(table, stack);

  return *(volatile const __u64*)&current->stack == stack && current->address == address;
}

static __always_inline void clear_current(struct follow_table* table, __u64 stack) {
  struct follow_current* current = current_of(table, stack);

  if (*(volatile __u64*)&current->stack == stack) *(volatile __u64*)&current->stack = 0;
}

/* Nothing that comes on the stack is for its packet, but what its driver says of it (net_dev_xmit): the end of
 * netif_rx() may be within the sending of the packet. */
static __always_inline void leave_current(struct follow_table* table, __u64 stack) {
  struct follow_current* current = current_of(table, stack);

  if (*(volatile __u64*)&current->stack == stack) *(volatile __u64*)&current->is_left = 1;
}

static __always_inline int take_current(struct follow_table* table, __u64 address, __u64 stack,
                                        struct followed* packet) {
  const struct follow_current* current = current_of(table, stack);

  if (!is_current(table, stack, address)) return 0;
  packet->trail = current->trail;
  packet->id = HIDDEN_RANGE(current->id * (*(volatile const __u64*)&current->stack == stack));
  return HIDDEN_RANGE(packet->id) != 0;
}

/* An skb that was refused: its address, whose upper bits are those of any, and what is kept of its content. */
#define REFUSED_ADDRESS(refused) ((refused) >> 16)
static __always_inline __u64 refused_as(__u64 address, __u32 content) {
  return address << 16 | (content & 0xffff);
}

/* Where the skb is among the refused, or where it may be put; `refused` is 0 there, another one where all slots are
 * taken. */
static __always_inline __u64* slot_of_refused(struct follow_table* table, __u64 address) {
  __u64* first = &table->refused[(address >> 6) * 0x9e3779b97f4a7c15ULL >> 32 & (SKBTRAIL_FOLLOW_REFUSED - 1)];
  __u64* free = first;

#pragma unroll
  for (int i = SKBTRAIL_FOLLOW_PROBES - 1; i >= 0; i--) {
    __u64 refused = *(volatile __u64*)&first[i];

    if (REFUSED_ADDRESS(refused) == REFUSED_ADDRESS(refused_as(address, 0))) return &first[i];
    if (!refused) free = &first[i];
  }
  return free;
}

/* This packet, and not another one that was at the address. */
static __always_inline bool was_refused(struct follow_table* table, __u64 address, __u32 content) {
  if (!*(volatile __u64*)&table->any_refused) return false;
  return *(volatile __u64*)slot_of_refused(table, address) == refused_as(address, content);
}

static __always_inline void refuse(struct follow_table* table, __u64 address, __u32 content) {
  count_other(COUNT_NOT_FOLLOWED);
  *(volatile __u64*)&table->any_refused = 1;
  *(volatile __u64*)slot_of_refused(table, address) = refused_as(address, content);
}

static __always_inline void end_refusal(struct follow_table* table, __u64 address) {
  __u64* slot;

  if (!*(volatile __u64*)&table->any_refused) return;
  slot = slot_of_refused(table, address);
  if (REFUSED_ADDRESS(*(volatile __u64*)slot) == REFUSED_ADDRESS(refused_as(address, 0))) *(volatile __u64*)slot = 0;
}

/* Whether the skb is followed, for hits that are refused at once if not. `ends`: enum packet_end of the probe. Within
 * the program, as these are most hits, and a call costs as much as the look-up. */
static __always_inline bool is_followed(__u64 address, __u64 stack, __u32 ends) {
  struct follow_table* table = follow_table_of();

  if (!table) return false;
  if (is_in_table(table, address)) return true;
  if (ends == END_BEGUN) return is_current(table, stack, address);
  clear_current(table, stack);
  return false;
}

/* 0: it is being written, or has ended. */
static __always_inline __u64 live_id(const struct follow_value* value) {
  __u64 id = *(volatile const __u64*)&value->id;

  return id & -(id & 1);
}

/* What a value keeps of content, kind and flags. */
static __always_inline __u64 rest_of(const struct follow_value* value) {
  return HIDDEN_RANGE(*(const __u64*)&value->content & FOLLOWED_KEPT);
}

/* What is known of the followed skb in this slot, which is worked on on this stack now; an id of 0: it is followed no
 * more. */
static __always_inline int take_known(struct follow_table* table, __u64 slot, __u64 address, __u64 stack,
                                      struct followed* packet) {
  struct follow_value* value = value_in(table, slot);
  __u64 id;

  packet->trail = value->trail;
  packet->rest = rest_of(value);
  id = live_id(value);
  /* User space may have forgotten it meanwhile, and another be here. */
  packet->id = id = HIDDEN_RANGE(id * (*(volatile const __u64*)&table->keys[slot] == address));
  if (!HIDDEN_RANGE(id)) return 0;
  mark_used(value);
  set_current(table, stack, address, id, packet->trail);
  return 1;
}

/* As find_slot(). */
__noinline __u64 find_any_slot(__u64 address) {
  const struct follow_table* table = follow_table_of();

  return table ? find_slot(table, address) : 0;
}

/* What is known of a followed skb, in what is all 0: an id of 0: it is not followed. Most are in their first slot, and
 * are found without a call. To the verifier there is one way from both. */
static __always_inline int find_followed(__u64 address, __u64 stack, __u32 ends, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  __u64 slot = follow_slot(address);

  if (!table) return 0;
  if (*(volatile const __u64*)&table->keys[slot] != address)
    slot = is_marked(table, slot) ? find_any_slot(address) - 1 : ~0ULL;
  HIDE_RANGE(slot);
  if (is_slot(slot)) return take_known(table, slot, address, stack, packet);
  if (ends == END_BEGUN) return take_current(table, address, stack, packet);
  clear_current(table, stack);
  return 0;
}

/* What is known of the skb; 0: it is not followed. */
static __always_inline struct follow_value* value_of(__u64 address) {
  struct follow_table* table = follow_table_of();
  __u64 slot;

  if (!table) return 0;
  slot = find_slot(table, address) - 1;
  return is_slot(slot) ? value_in(table, slot) : 0;
}

/* The id of what a followed skb was made from; 0: it was made from none, or is followed no more. */
__noinline __u64 parent_in_table(__u64 address) {
  const struct follow_value* value = value_of(address);

  return value ? value->parent : 0;
}

/* Of an skb that is no longer the caller's: the packet that was worked on on this stack, if it is at that address. */
__noinline int find_current(__u64 address, __u64 stack, struct followed* packet) {
  struct follow_table* table = follow_table_of();

  if (!packet || !table) return 0;
  packet->id = 0;
  if (!take_current(table, address, stack, packet)) return 0;
  clear_current(table, stack);
  return 1;
}

/* Of whoever has claimed the slot. A clock or a counter of the CPU would take as long as all else that is done for a
 * new packet. */
static __always_inline __u64 next_id(const struct follow_value* value, __u64 slot) {
  __u64 last = *(volatile const __u64*)&value->id & ~1ULL;

  if (!last) last = config.first_id + 2 * slot;
  return (last + 2 * ((__u64)config.follow_slots + SKBTRAIL_FOLLOW_PROBES)) | 1;
}

/* What is known of the packet, into a slot that is the caller's. `known->trail` 0: its own. Returns its id. */
static __always_inline __u64 write_value(struct follow_value* value, __u64 slot, const struct follow_value* known) {
  __u64 id = next_id(value, slot);

  *(volatile __u64*)&value->id = id - 1;
  value->trail = known->trail ?: id;
  value->parent = known->parent;
  value->kind = known->kind;
  value->flags = known->flags;
  value->content = known->content;
  value->used = *(volatile __u16*)&follow_gate.turn;
  *(volatile __u64*)&value->id = id;
  return id;
}

/* Ends what is known of the packet in this slot; false: it was ended meanwhile, and the slot may be another's. Of
 * several CPUs one is told true, and nobody ends what another has just begun. */
static __always_inline bool end_value(struct follow_value* value) {
  __u64 id = *(volatile const __u64*)&value->id;

  return !(id & 1) || __sync_val_compare_and_swap(&value->id, id, id - 1) == id;
}

/* Keeps what is known of the packet, and returns its id. 0: there is no slot for it. */
static __always_inline __u64 keep_in_table(struct follow_table* table, __u64 address,
                                           const struct follow_value* known) {
  __u64 slot = follow_slot(address);

  if (was_refused(table, address, known->content)) return 0;
  for (int i = 0; i < SKBTRAIL_FOLLOW_PROBES; i++, slot++) {
    __u64 was = __sync_val_compare_and_swap(&table->keys[slot], 0, address), id;

    if (was && was != address) continue;
    id = write_value(value_in(table, slot), slot, known);
    if (i) __sync_fetch_and_or(mark_of(table, slot - i), 1ULL << (slot - i & 63));
    if (*(volatile __u32*)&follow_gate.any != FOLLOW_SOME) open_follow_gate();
    return id;
  }
  refuse(table, address, known->content);
  return 0;
}

/* What is worked on when the skb at this address has ended; `value` is what is known of it, 0: it was not followed. */
static __always_inline void leave_at_end(struct follow_table* table, __u64 address, __u64 stack, __u32 after,
                                         const struct follow_value* value) {
  if (after == STACK_STAYS && value)
    set_current(table, stack, address, live_id(value), value->trail);
  else if (after == STACK_IS_DONE || (after == STACK_STAYS && !is_current(table, stack, address)))
    clear_current(table, stack);
}

static __always_inline void free_slot(struct follow_table* table, __u64 slot) {
  if (end_value(value_in(table, slot))) *(volatile __u64*)&table->keys[slot] = 0;
}

/* The skb is no more. `after`: enum stack_after. It may be told more than once. */
__noinline int end_entry_of(__u64 address, __u64 stack, __u32 after) {
  struct follow_table* table = follow_table_of();
  struct follow_value* value = 0;
  __u64 slot;

  if (!table) return 0;
  slot = find_slot(table, address) - 1;
  if (!is_slot(slot)) {
    leave_at_end(table, address, stack, after, 0);
    end_refusal(table, address);
    return 0;
  }
  value = value_in(table, slot);
  leave_at_end(table, address, stack, after, value);
  free_slot(table, slot);
  return 0;
}

/* The same; most skbs are not followed, and nothing is known of them. */
static __always_inline void end_in_table(__u64 address, __u64 stack, __u32 after) {
  struct follow_table* table = follow_table_of();

  if (!table) return;
  if (is_in_table(table, address) || *(volatile __u64*)&table->any_refused)
    end_entry_of(address, stack, after);
  else
    leave_at_end(table, address, stack, after, 0);
}

/* Another packet is at the address of one that is followed: it takes its slot. Returns its id; 0: there is none. */
static __always_inline __u64 take_place(struct follow_table* table, __u64 address, const struct follow_value* known) {
  __u64 slot = find_slot(table, address) - 1;

  if (!is_slot(slot) || !end_value(value_in(table, slot))) return 0;
  return write_value(value_in(table, slot), slot, known);
}

/* From now on it is followed. Returns whether there is a slot for it. */
__noinline int begin_following(__u64 address, __u64 stack, __u64 content, struct followed* packet) {
  struct follow_table* table = follow_table_of();
  struct follow_value known = {.content = content};
  __u64 id = 0;

  if (!packet || !table) return 0;
  if (packet->is_other) id = take_place(table, address, &known);
  if (!id) id = keep_in_table(table, address, &known);
  packet->id = packet->trail = id;
  packet->kind = packet->flags = packet->began = 0;
  if (!id) return 0;
  packet->began = 1;
  set_current(table, stack, address, id, id);
  return 1;
}

/* The skb at `child` was made from the one at `parent`. If that is followed, so is this from now on; one that is
 * followed already stays what it is. */
__noinline int inherit_in_table(__u64 parent, __u64 child, __u32 kind) {
  struct follow_table* table = follow_table_of();
  struct follow_value known = {.kind = kind};
  __u64 slot;

  if (!table || !is_object(child)) return 0;
  slot = find_slot(table, parent) - 1;
  if (!is_slot(slot)) return 0;
  known.parent = live_id(value_in(table, slot));
  known.trail = value_in(table, slot)->trail;
  if (value_in(table, slot)->flags & FOLLOW_RESENT) known.kind = REC_LINEAGE_RETRANSMISSION;
  known.flags = value_in(table, slot)->flags & FOLLOW_INHERITED;
  if (!known.parent || find_slot(table, child)) return 0;
  return keep_in_table(table, child, &known) != 0;
}

static __always_inline struct follow_current* rebuild_on(struct follow_table* table, __u64 stack) {
  return &table->rebuilds[(stack ^ stack >> 8) & (SKBTRAIL_FOLLOW_REBUILDS - 1)];
}

/* Another skb may be made of this one, and this one be freed, before the function returns that does it. */
__noinline int begin_rebuild(__u64 address, __u64 stack) {
  struct follow_table* table = follow_table_of();
  struct follow_current* rebuild;
  __u64 slot;

  if (!table) return 0;
  rebuild = rebuild_on(table, stack);
  *(volatile __u64*)&rebuild->stack = 0;
  slot = find_slot(table, address) - 1;
  if (!is_slot(slot)) return 0;
  rebuild->address = address;
  rebuild->id = live_id(value_in(table, slot));
  rebuild->trail = value_in(table, slot)->trail;
  *(volatile __u64*)&rebuild->stack = stack;
  return 0;
}

/* What came of it: the same skb, another, or none. */
__noinline int end_rebuild(__u64 address, __u64 stack) {
  struct follow_table* table = follow_table_of();
  struct follow_value known = {.kind = REC_LINEAGE_REBUILT};
  struct follow_current* rebuild;

  if (!table) return 0;
  rebuild = rebuild_on(table, stack);
  if (*(volatile __u64*)&rebuild->stack != stack) return 0;
  known.parent = rebuild->id;
  known.trail = rebuild->trail;
  *(volatile __u64*)&rebuild->stack = 0;
  if (!is_object(address) || rebuild->address == address || !known.parent) return 0;
  end_entry_of(address, stack, STACK_IS_KEPT);
  return keep_in_table(table, address, &known) != 0;
}

static __always_inline void change_flag(struct follow_value* value, __u32 flag, __u32 is_set) {
  value->flags = is_set ? value->flags | flag : value->flags & ~flag;
}

/* Sets a flag of a followed skb, or clears it. `flag`: enum follow_flag. */
__noinline int flag_in_table(__u64 address, __u32 flag, __u32 is_set) {
  struct follow_value* value = value_of(address);

  if (value) change_flag(value, flag, is_set);
  return 0;
}

/* Those of a followed skb; 0: none, or it is not followed. */
__noinline int flags_in_table(__u64 address) {
  const struct follow_value* value = value_of(address);

  return value ? value->flags : 0;
}

#endif
