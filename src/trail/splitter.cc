#include "trail/splitter.h"

#include <algorithm>
#include <cstring>

#include "event/decision.h"
#include "event/section/program.h"

namespace skbtrail::trail {

namespace {

constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
constexpr int64_t kXmitBusy = 0x10;  // NETDEV_TX_BUSY, linux/netdevice.h: it will be handed in again

uint64_t location_of(const event::Event& event, uint8_t once) {
  const uint64_t netns = event.device ? event.device->netns : 0, ifindex = event.device ? event.device->ifindex : 0;
  return netns << 32 | (ifindex & 0xffffff) << 8 | once;
}

uint32_t stack_of(const event::Event& event) {
  return event.follow ? event.follow->stack : 0;
}

uint64_t flow_of(const Headers& headers, uint64_t location) {
  uint64_t hash = location * kMultiplier ^ headers.protocol;
  const auto add = [&](uint64_t value) { hash = (hash ^ value) * kMultiplier ^ hash >> 29; };
  for (const packet::IpAddress* address : {&headers.src, &headers.dst}) {
    uint64_t halves[2] = {};
    std::memcpy(halves, address->bytes.data(), address->version == 6 ? 16 : 4);
    for (const uint64_t half : halves) add(half);
  }
  add(uint64_t{headers.sport} << 16 | headers.dport);
  return hash;
}

bool is_free(Role role) {
  return role == Role::kfree || role == Role::consume;
}

constexpr Lineage lineage_of(uint8_t kind) {
  switch (kind) {
    case REC_LINEAGE_CLONE: return Lineage::clone;
    case REC_LINEAGE_COPY: return Lineage::copy;
    case REC_LINEAGE_SEGMENT: return Lineage::segment;
    case REC_LINEAGE_FRAGMENT: return Lineage::fragment;
    case REC_LINEAGE_REASSEMBLED: return Lineage::reassembled;
    case REC_LINEAGE_MERGED: return Lineage::merged;
    case REC_LINEAGE_REBUILT: return Lineage::rebuilt;
    case REC_LINEAGE_RETRANSMISSION: return Lineage::retransmission;
    default: return Lineage::original;
  }
}

// Of the skb that is named as its parent.
bool became_part(uint8_t kind) {
  return kind == REC_LINEAGE_REASSEMBLED || kind == REC_LINEAGE_MERGED;
}

}  // namespace

Identity Splitter::of(const event::Event& event, Mark mark) {
  has_look_ = false;
  if (mark.role == Role::ends_xmit) return of_call(event, Role::starts_xmit);
  if (mark.role == Role::ends_gro) return of_call(event, Role::starts_gro);
  if (event.core->skb == 0) return event::is_at_xdp(event) ? of_buffer(event) : Identity{};
  return of_skb(event, mark);
}

Identity Splitter::of_skb(const event::Event& event, Mark mark) {
  Identity identity;
  const auto found = by_address_.find(event.core->skb);
  Life* life = found == by_address_.end() ? nullptr : found->second;
  if (Life* ended = life ? nullptr : ended_life(event)) {
    identity.life = ended;
    return identity;
  }
  if (life) {
    identity.cut = find_cut(*life, event, mark);
    if (identity.cut != Cut::none) {
      identity.cut_off = life;
      end(*life);
      life = nullptr;
    }
  }
  if (!life) {
    read_look(event);
    identity.life = nullptr;
    if (Life* built = event.has(REC_FLAG_SKB_NOT_OWNED) ? nullptr : built_of_buffer(event)) {
      identity.life = life = built;
      identity.is_built = true;
      take_address(*life, event);
    }
  }
  if (!life) {
    find_parent(identity, event, mark);
    const bool is_freeing = event.follow && event.follow->flags & REC_FOLLOW_FREEING;
    const bool is_all_of_it = mark.role == Role::kfree && look_.is_packet() && event.is_drop();
    if ((is_free(mark.role) || is_freeing || event::has_let_go(event)) && !identity.parent && !is_all_of_it)
      return identity;
    if (event.has(REC_FLAG_SKB_NOT_OWNED)) return identity;
    life = &open(event);
    identity.born = true;
    is_other_visit(*life, event, mark);
  }
  identity.life = life;
  identity.is_new_look = has_look_ && look_.layers > 0;
  life->last_ns = std::max<uint64_t>(life->last_ns, event.core->time_ns);
  note_program(*life, event, mark);
  note_call(event, mark, *life);
  const bool ends = is_free(mark.role) || (event.follow && event.follow->flags & REC_FOLLOW_END);
  if (!identity.born && event.follow && became_part(event.follow->kind)) {
    identity.lineage = lineage_of(event.follow->kind);
    identity.parent = with_kernel_id(event.follow->parent);
  }
  if (ends) end(*life);
  return identity;
}

// Null: none. Over veth a packet that was handed to a driver comes back as it is; before Linux 6.3 that it is the same
// skb is told by nothing.
Life* Splitter::sent_to_buffer(const event::Event& event) {
  Life* sent = same_content(look_, event.core->time_ns, 0);
  if (!sent || !sent->is_with_driver || sent->has_ended) return nullptr;
  sent->is_with_driver = false;
  return sent;
}

// The return of a program may be the second that is seen of the packet there.
Identity Splitter::of_buffer(const event::Event& event) {
  Identity identity;
  read_look(event);
  if (!look_.is_packet()) return identity;
  if (buffers_.size() >= kMostStacks) buffers_.clear();
  Buffers& buffers = buffers_[call_key(event)];
  const bool is_return = event.has(REC_FLAG_RETURN);
  const auto entered = std::find_if(buffers.begin(), buffers.end(), [&](const Buffer& buffer) {
    return is_return && buffer.is_entered && buffer.digest == look_digest_;
  });
  if (entered != buffers.end()) {
    identity.life = with_number(entered->life);
    buffers.erase(entered);
  }
  if (!identity.life) {
    identity.life = sent_to_buffer(event);
    identity.is_built = identity.life != nullptr;
  }
  if (!identity.life) {
    identity.life = &open(event);
    identity.born = true;
  }
  identity.is_new_look = identity.born;
  identity.life->last_ns = std::max<uint64_t>(identity.life->last_ns, event.core->time_ns);
  const bool goes_on = !is_return || (!identity.life->address && event::is_passed_by_xdp(event));
  if (buffers.size() >= kMostBuffers) buffers.erase(buffers.begin());
  if (goes_on) buffers.push_back({identity.life->number, look_digest_, !is_return});
  return identity;
}

// Null: of none for sure.
Life* Splitter::built_of_buffer(const event::Event& event) {
  const auto on_stack = buffers_.empty() ? buffers_.end() : buffers_.find(call_key(event));
  if (on_stack == buffers_.end() || !look_.is_packet()) return nullptr;
  Buffers& buffers = on_stack->second;
  std::erase_if(buffers, [&](const Buffer& buffer) {
    const Life* life = with_number(buffer.life);
    return !life || event.core->time_ns > life->last_ns + kSameContent;
  });
  const auto found = std::find_if(buffers.begin(), buffers.end(), [&](const Buffer& buffer) {
    const Life& life = *with_number(buffer.life);
    return !buffer.is_entered && same_packet(life.look, look_) == Same::yes &&
           life.look.inner.has_same_ends(look_.inner);
  });
  if (found == buffers.end()) return nullptr;
  Life* life = with_number(found->life);
  buffers.erase(found);
  return life;
}

// What takes part in the free of an skb comes after the end that was told.
Life* Splitter::ended_life(const event::Event& event) {
  const bool is_exact = event.follow && event.follow->flags & REC_FOLLOW_EXACT;
  Life* life = is_exact ? with_kernel_id(event.follow->id) : nullptr;
  return life && life->has_ended && life->address == event.core->skb ? life : nullptr;
}

Cut Splitter::find_cut(Life& life, const event::Event& event, Mark mark) {
  const rec_follow* follow = event.follow;
  const bool is_exact = follow && follow->flags & REC_FOLLOW_EXACT;
  // What a function returns comes after what it called: the packet may have begun to be followed long before.
  const bool begins = follow && follow->flags & REC_FOLLOW_BIRTH && !event.has(REC_FLAG_RETURN);
  const bool has_other_id = follow && ((follow->id && life.kernel_id && follow->id != life.kernel_id) || begins);
  if (is_exact && (has_other_id || follow->id != life.kernel_id)) return Cut::other_id;
  if (is_exact && follow->id) {
    if (digest_of(event) != life.digest) read_look(event);
    return Cut::none;
  }
  Same same = Same::yes;
  if (event.bytes.empty()) {
    same = Same::unknown;
    // The packet had headers, and no packet loses them.
    if (is_free(mark.role) && life.look.is_packet() && !event.has(REC_FLAG_NO_READ)) return Cut::other_packet;
  } else if (digest_of(event) != life.digest) {
    read_look(event);
    same = same_packet(life.look, look_);
  } else if (!life.look.inner.tells_packets_apart()) {
    same = Same::unknown;
  }
  if (same == Same::no) return Cut::other_packet;
  // Where the kernel side misses ends it looks at one header alone, so a content that is the packet's counts for more.
  if (same == Same::unknown && has_other_id) return Cut::other_id;
  if (is_other_visit(life, event, mark)) return Cut::revisited;
  if (same == Same::unknown && lost_until_ns_ > life.last_ns) return Cut::after_loss;
  return Cut::none;
}

// Notes the visit. What a function returned is no visit.
bool Splitter::is_other_visit(Life& life, const event::Event& event, Mark mark) {
  if (!mark.once || event.has(REC_FLAG_RETURN)) return false;
  const uint64_t location = location_of(event, mark.once);
  if (std::find(life.visited.begin(), life.visited.end(), location) != life.visited.end()) return true;
  if (life.visited.size() < 256) life.visited.push_back(location);
  return false;
}

void Splitter::read_look(const event::Event& event) {
  if (has_look_) return;
  look_ = look_at(event);
  look_digest_ = event.bytes.empty() ? 0 : digest_of(event);
  has_look_ = true;
}

void Splitter::keep_look(Life& life) {
  if (look_.made && life.look.is_packet()) return;
  life.look = look_;
  life.digest = look_digest_;
  if (!look_.is_packet()) return;
  size_t used = 0;
  const auto add = [&](uint64_t key) {
    while (used < life.keys.size() && life.keys[used] && life.keys[used] != key) used++;
    if (!key || used == life.keys.size()) return;
    life.keys[used] = key;
    // The first one of its trail is the parent of all that look like it.
    const auto [entry, added] = by_content_.try_emplace(key, life.number);
    const Life* first = added ? nullptr : with_number(entry->second);
    if (!added && (!first || first->trail != life.trail)) entry->second = life.number;
  };
  add(key_of(look_.inner));
  if (look_.layers > 1 && look_.outer.has_id) add(key_of(look_.outer));
}

Life& Splitter::open(const event::Event& event) {
  std::unique_ptr<Life> life;
  if (free_.empty()) {
    life = std::make_unique<Life>();
  } else {
    life = std::move(free_.back());
    free_.pop_back();
  }
  life->number = next_number_++;
  life->last_ns = event.core->time_ns;
  take_address(*life, event);
  return *(by_number_[life->number] = std::move(life));
}

void Splitter::take_address(Life& life, const event::Event& event) {
  life.address = event.core->skb;
  if (life.address) by_address_[life.address] = &life;
  if (!event.follow || !event.follow->id) return;
  life.kernel_id = event.follow->id;
  life.kernel_trail = event.follow->trail;
  by_kernel_id_[life.kernel_id] = life.number;
}

// What was handed to a driver and is read by a task was read from a tun device.
void Splitter::note_program(Life& life, const event::Event& event, Mark mark) {
  if (event.has(REC_FLAG_RETURN)) return;
  if (mark.role == Role::to_program || (mark.role == Role::reads && life.is_with_driver)) life.went_to_program = true;
  life.is_with_driver = mark.role == Role::starts_xmit;
}

void Splitter::find_parent(Identity& identity, const event::Event& event, Mark mark) {
  const rec_follow* follow = event.follow;
  if (follow && follow->id) {
    identity.parent = with_kernel_id(follow->parent);
    if (!identity.parent && follow->trail != follow->id) identity.parent = with_kernel_id(follow->trail);
    if (identity.parent) identity.lineage = follow->kind ? lineage_of(follow->kind) : Lineage::copy;
    if (identity.parent) return;
  }
  if (!look_.is_packet()) return;
  // The kernel side sees what is made from what. Fragments that come one by one are made elsewhere.
  if (follow && follow->flags & REC_FOLLOW_EXACT && !look_.inner.is_fragment && !look_.outer.is_fragment) return;
  identity.parent = same_content(look_, event.core->time_ns, event.core->skb);
  if (identity.parent && identity.parent->went_to_program && comes_in(mark.role)) identity.parent = nullptr;
  if (!identity.parent) return;
  identity.is_likely = true;
  identity.lineage =
      look_.inner.is_fragment || identity.parent->look.inner.is_fragment ? Lineage::fragment : Lineage::copy;
}

Life* Splitter::same_content(const Look& look, uint64_t now_ns, uint64_t address) {
  const auto find = [&](const Headers& headers, bool whole) -> Life* {
    const uint64_t key = key_of(headers);
    const auto found = key ? by_content_.find(key) : by_content_.end();
    Life* life = found == by_content_.end() ? nullptr : with_number(found->second);
    if (!life || same_packet(life->look, look) != Same::yes) return nullptr;
    const bool is_piece = headers.is_fragment || life->look.inner.is_fragment || life->look.outer.is_fragment;
    if (now_ns > life->last_ns + (is_piece ? kReassembly : kSameContent)) return nullptr;
    if (whole && !is_piece && !life->look.inner.has_same_ends(headers)) return nullptr;
    (void)address;
    return life;
  };
  if (Life* life = find(look.inner, true)) return life;
  return look.layers > 1 && look.outer.has_id ? find(look.outer, false) : nullptr;
}

// What was lately begun on the same stack, and is answered now.
Identity Splitter::of_call(const event::Event& event, Role begins) {
  Identity identity;
  const auto calls = calls_.find(call_key(event));
  if (calls == calls_.end()) return identity;
  auto& open = calls->second;
  const auto is_it = [&](const Call& call) {
    return call.role == begins && (event.core->skb == 0 || call.skb == event.core->skb);
  };
  const auto found = std::find_if(open.rbegin(), open.rend(), is_it);
  if (found == open.rend()) return identity;
  identity.life = with_number(found->life);
  const uint64_t location = found->location;
  open.erase(std::prev(found.base()), open.end());
  if (!identity.life) return identity;
  Life& life = *identity.life;
  life.last_ns = std::max<uint64_t>(life.last_ns, event.core->time_ns);
  if (begins == Role::starts_xmit && event.result && static_cast<int32_t>(event.result->value) == kXmitBusy)
    life.visited.clear();
  if (begins == Role::starts_gro && event.result) note_gro(identity, event, location);
  return identity;
}

void Splitter::note_gro(Identity& identity, const event::Event& event, uint64_t location) {
  Life& life = *identity.life;
  const auto result = static_cast<Gro>(event.result->value);
  const uint64_t key = flow_of(life.look.inner, location);
  if (result == Gro::held) {
    if (held_.size() >= kMostHeld) held_.clear();
    held_[key] = life.number;
  } else if (result == Gro::normal) {
    held_.erase(key);
  } else if (result == Gro::merged || result == Gro::merged_and_freed) {
    const auto held = held_.find(key);
    identity.lineage = Lineage::merged;
    identity.parent = held == held_.end() ? nullptr : with_number(held->second);
    if (identity.parent && !identity.parent->look.inner.has_same_ends(life.look.inner)) identity.parent = nullptr;
    if (result == Gro::merged_and_freed) end(life);
  }
}

uint64_t Splitter::call_key(const event::Event& event) {
  constexpr uint64_t kByCpu = uint64_t{1} << 32;
  const uint32_t stack = stack_of(event);
  return stack ? stack : kByCpu | event.core->cpu;
}

void Splitter::note_call(const event::Event& event, Mark mark, const Life& life) {
  if (mark.role != Role::starts_xmit && mark.role != Role::starts_gro) return;
  if (event.core->cpu == event::kUnknownCpu) return;
  if (calls_.size() >= kMostStacks) calls_.clear();
  auto& open = calls_[call_key(event)];
  // An end that never came, for it was not traced.
  if (open.size() >= kMostCalls) open.erase(open.begin());
  open.push_back({mark.role, event.core->skb, life.number, location_of(event, 0)});
}

// Within the gap a packet may have ended and another one begun, and calls have ended.
void Splitter::gap(const event::Gap& gap) {
  lost_until_ns_ = std::max(lost_until_ns_, gap.before_ns);
  calls_.clear();
  buffers_.clear();
  held_.clear();
}

void Splitter::end(Life& life) {
  life.has_ended = true;
  if (const auto found = by_address_.find(life.address); found != by_address_.end() && found->second == &life)
    by_address_.erase(found);
}

void Splitter::release(Life& life) {
  end(life);
  for (const uint64_t key : life.keys)
    if (const auto found = by_content_.find(key); found != by_content_.end() && found->second == life.number)
      by_content_.erase(found);
  if (life.kernel_id)
    if (const auto found = by_kernel_id_.find(life.kernel_id);
        found != by_kernel_id_.end() && found->second == life.number)
      by_kernel_id_.erase(found);
  const auto owner = by_number_.find(life.number);
  auto visited = std::move(life.visited);
  visited.clear();
  auto kept = std::move(owner->second);
  by_number_.erase(owner);
  *kept = Life{};
  kept->visited = std::move(visited);
  if (free_.size() < 4096) free_.push_back(std::move(kept));
}

Life* Splitter::with_number(uint64_t number) {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second.get();
}

Life* Splitter::with_kernel_id(uint64_t id) {
  const auto found = id ? by_kernel_id_.find(id) : by_kernel_id_.end();
  return found == by_kernel_id_.end() ? nullptr : with_number(found->second);
}

}  // namespace skbtrail::trail
