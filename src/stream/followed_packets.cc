#include "stream/followed_packets.h"

#include <unistd.h>

#include <algorithm>

#include "load/follow_map.h"

namespace skbtrail::stream {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestTurn{250}, kShortestTurn{10};
constexpr int kTurnsOfAge = 8;          // a packet is kept for its age and an eighth of it at most
constexpr uint16_t kMostTurns = 16384;  // of an age; their numbers have 16 bits

follow_gate* gate_in(const load::Mapping& mapping) {
  return mapping.as<follow_gate>();
}

size_t in_pages(size_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

milliseconds FollowedPackets::turn_time(milliseconds age) {
  return std::max(std::clamp(age / kTurnsOfAge, kShortestTurn, kLongestTurn), age / kMostTurns);
}

FollowedPackets::FollowedPackets(load::BpfKernel& kernel, const load::Plan& plan, const load::BpfObject& maps)
    : kernel_(kernel),
      track_(plan.track),
      turns_kept_(static_cast<uint16_t>(plan.track_age / turn_time(plan.track_age) + 1)),
      gate_(maps.map(".bss.follow"), sizeof(follow_gate), PROT_READ | PROT_WRITE) {
  if (plan.follow_hash)
    hash_ = maps.map("follow_hash");
  else
    table_.emplace(maps.map("follow_table"), in_pages(load::follow_table_bytes(plan)), PROT_READ | PROT_WRITE);
}

void FollowedPackets::begin() {
  __atomic_store_n(&gate_in(gate_)->begins, 1, __ATOMIC_RELEASE);
}

// A program that runs when it is said may say once more that some are.
void FollowedPackets::end() {
  constexpr int kTries = 3;
  __atomic_store_n(&gate_in(gate_)->begins, 0, __ATOMIC_RELEASE);
  for (int i = 0; i < kTries; i++) {
    __atomic_store_n(&gate_in(gate_)->any, FOLLOW_NONE, __ATOMIC_SEQ_CST);
    kernel_.wait_for_programs();
    if (!any()) return;
  }
}

bool FollowedPackets::any() const {
  return __atomic_load_n(&gate_in(gate_)->any, __ATOMIC_RELAXED) != FOLLOW_NONE;
}

bool FollowedPackets::is_old(uint16_t used) const {
  return static_cast<uint16_t>(turns_ - used) > turns_kept_;
}

void FollowedPackets::turn() {
  if (!any()) return;
  __atomic_store_n(&gate_in(gate_)->turn, ++turns_, __ATOMIC_RELAXED);
  if (table_)
    forget_in_table();
  else
    forget_in_hash();
  close_gate_if_empty();
}

void FollowedPackets::close_gate_if_empty() {
  if (!is_empty()) return;
  __u32* any = &gate_in(gate_)->any;
  __atomic_store_n(any, FOLLOW_DOUBT, __ATOMIC_SEQ_CST);
  if (!is_empty()) {
    __atomic_store_n(any, FOLLOW_SOME, __ATOMIC_SEQ_CST);
    return;
  }
  __u32 doubt = FOLLOW_DOUBT;
  __atomic_compare_exchange_n(any, &doubt, FOLLOW_NONE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool FollowedPackets::is_empty() const {
  if (!table_) {
    uint64_t first = 0;
    return kernel_.next_key(hash_, nullptr, &first) != 0;
  }
  const auto* keys = table_->as<follow_table>()->keys;
  return std::all_of(keys, keys + track_,
                     [](const __u64& key) { return __atomic_load_n(&key, __ATOMIC_SEQ_CST) == 0; });
}

void FollowedPackets::forget_in_table() {
  __u64* keys = table_->as<follow_table>()->keys;
  auto* values = reinterpret_cast<follow_value*>(keys + track_);
  for (uint32_t slot = 0; slot < track_; slot++) {
    __u64 key = __atomic_load_n(&keys[slot], __ATOMIC_RELAXED);
    __u64 id = key == 0 ? 0 : __atomic_load_n(&values[slot].id, __ATOMIC_ACQUIRE);
    // With an even id it is being written.
    if (id % 2 == 0 || !is_old(__atomic_load_n(&values[slot].used, __ATOMIC_RELAXED))) continue;
    if (!__atomic_compare_exchange_n(&values[slot].id, &id, id - 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      continue;
    if (__atomic_compare_exchange_n(&keys[slot], &key, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) forgotten_++;
  }
}

// Each entry costs two calls of the kernel, so it is done once in an eighth of the age.
void FollowedPackets::forget_in_hash() {
  if (turns_ % std::max(1, turns_kept_ / kTurnsOfAge) != 0) return;
  uint64_t key = 0, next = 0;
  bool more = kernel_.next_key(hash_, nullptr, &next) == 0;
  // A key that is deleted meanwhile leads back to the first.
  for (uint32_t seen = 0; more && seen < 2 * track_; seen++) {
    key = next;
    more = kernel_.next_key(hash_, &key, &next) == 0;
    follow_value value{};
    if (kernel_.look_up(hash_, &key, &value) == 0 && is_old(value.used) && kernel_.remove(hash_, &key) == 0)
      forgotten_++;
  }
}

}  // namespace skbtrail::stream
