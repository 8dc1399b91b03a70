// The reading side of one ring of our own; bpf/ring.h draws it.
//
// Ownership: a Ring owns nothing; memory and ends are those of Rings. One thread reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bpf/ring.h"

namespace skbtrail::stream {

// The same for every ring of a session.
struct RingShape {
  uint32_t bytes = 0;         // of each, a power of two, without the room after segments
  uint32_t segment_bits = 0;  // a segment has 1 << segment_bits bytes, and is no longer than the ring
  uint32_t entry_room = 0;    // after each segment; a multiple of 8

  [[nodiscard]] uint32_t segments() const { return bytes >> segment_bits; }
  // From one segment to the next.
  [[nodiscard]] size_t pitch() const { return (size_t{1} << segment_bits) + entry_room; }
};

class Ring {
 public:
  // `secret` as in ring_tag().
  Ring(const RingShape& shape, uint64_t secret, const std::byte* segments, ring_ends* ends)
      : shape_(shape), secret_(secret), segments_(segments), ends_(ends), at_(ends->tail) {}

  // Calls `take` with each complete record, oldest first, at most `limit` of them; returns how many. Those after one
  // that is being written have to wait. The bytes are valid during the call only.
  template <typename Take>
  size_t drain(size_t limit, Take take) {
    size_t taken = 0;
    uint64_t released = at_;
    while (taken < limit) {
      if (!is_complete(at_)) break;
      const auto* entry = reinterpret_cast<const ring_entry*>(entry_at(at_));
      if (const uint32_t length = ring_record_length(entry->lengths)) {
        take(std::span<const std::byte>(reinterpret_cast<const std::byte*>(entry + 1), length));
        taken++;
      }
      at_ = ring_after(at_, ring_entry_length(entry->lengths), shape_.segment_bits);
      if (at_ - released >= kReleaseEvery) release(released);
    }
    if (at_ != released) release(released);
    return taken;
  }

  // From now on no entry begins; one that has may still be completed.
  void close() {
    closed_ = RING_CLOSED;
    std::atomic_ref<__u64>(ends_->tail).store(at_ | closed_, std::memory_order_seq_cst);
  }

  // When no program writes any more: skips an entry that was begun and never finished, which a drain stops at.
  // False: there is none. What is after it is found by its tag.
  bool skip_unfinished() {
    const uint64_t head = std::atomic_ref<__u64>(ends_->head).load(std::memory_order_acquire);
    if (at_ >= head) return false;
    uint64_t next = at_;
    do next = ring_after(next, sizeof(__u64), shape_.segment_bits);
    while (next < head && !is_complete(next));
    at_ = next;
    release(next);
    return true;
  }

  // The next entry that finds it so rings the bell. Returns whether it was set already.
  bool fall_asleep() { return std::atomic_ref<__u32>(ends_->need_wakeup).exchange(1, std::memory_order_seq_cst) != 0; }
  void wake() { std::atomic_ref<__u32>(ends_->need_wakeup).store(0, std::memory_order_relaxed); }

 private:
  static constexpr uint64_t kReleaseEvery = 16384;  // bytes, so that a full ring gets room before the drain ends

  [[nodiscard]] const std::byte* entry_at(uint64_t position) const {
    const uint64_t segment = (position & (shape_.bytes - 1)) >> shape_.segment_bits;
    return segments_ + segment * shape_.pitch() + ring_offset(position, shape_.segment_bits);
  }
  [[nodiscard]] bool is_complete(uint64_t position) const {
    const auto* entry = reinterpret_cast<const ring_entry*>(entry_at(position));
    return __atomic_load_n(&entry->tag, __ATOMIC_ACQUIRE) == ring_tag(position, secret_);
  }
  void release(uint64_t& released) {
    std::atomic_ref<__u64>(ends_->tail).store(at_ | closed_, std::memory_order_release);
    released = at_;
  }

  RingShape shape_;
  uint64_t secret_;
  const std::byte* segments_;
  ring_ends* ends_;
  uint64_t at_;
  uint64_t closed_ = 0;  // or RING_CLOSED
};

}  // namespace skbtrail::stream
