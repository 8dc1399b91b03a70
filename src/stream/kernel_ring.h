// The reading side of one BPF ring buffer (kernel/bpf/ringbuf.c, Linux 5.8).
//
// The kernel maps three areas: the consumer's position (ours to write), the producer's position, and the entries,
// mapped twice in a row so that an entry which wraps around is still in one piece:
//
//   page 0                page 1               2 x size
//   | consumer position | producer position | entries | entries again |
//
//   entry:  | u32 length, bit 31 busy, bit 30 discarded | u32 | length bytes | padding to 8 |
//
// Positions only grow. A busy entry is reserved and not yet written: reading stops before it.
// Ownership: a KernelRing owns its map and mappings. One thread reads.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/fd.h"

namespace skbtrail::stream {

class KernelRing {
 public:
  // `map`: a ring of `bytes` (a power of two, at least a page); empty: it was refused, with errno. Throws
  // std::system_error.
  KernelRing(kernel::Fd map, uint32_t bytes);
  KernelRing(KernelRing&& other) noexcept;
  KernelRing& operator=(KernelRing&&) = delete;
  ~KernelRing();

  // Calls `take` with each finished entry, oldest first, at most `limit` of them; returns how many. The bytes are valid
  // during the call only.
  template <typename Take>
  size_t drain(size_t limit, Take take) {
    size_t taken = 0;
    uint64_t at = consumer_->load(std::memory_order_relaxed);
    uint64_t end = producer_->load(std::memory_order_acquire);
    while (at < end && taken < limit) {
      auto* header = reinterpret_cast<std::atomic<uint32_t>*>(entries_ + (at & (bytes_ - 1)));
      uint32_t word = header->load(std::memory_order_acquire);
      if (word & kBusy) break;
      uint32_t length = word & ~(kBusy | kDiscarded);
      if (!(word & kDiscarded)) {
        take(std::span<const std::byte>(reinterpret_cast<std::byte*>(header) + kHeader, length));
        taken++;
      }
      at += (kHeader + length + 7) & ~uint64_t{7};
      if (taken % kReleaseEvery == 0) consumer_->store(at, std::memory_order_release);
    }
    // The kernel wakes us only if it sees that we had read everything; the order of this store and the next load of the
    // producer's position decides that, hence not merely a release.
    consumer_->store(at, std::memory_order_seq_cst);
    return taken;
  }

  [[nodiscard]] int map_fd() const { return map_.get(); }

 private:
  static constexpr uint32_t kBusy = 1u << 31;
  static constexpr uint32_t kDiscarded = 1u << 30;
  static constexpr size_t kHeader = 8;
  static constexpr size_t kReleaseEvery = 64;  // entries, so that a full ring gets room before the drain ends

  kernel::Fd map_;
  size_t bytes_;
  std::atomic<uint64_t>* consumer_ = nullptr;
  std::atomic<uint64_t>* producer_ = nullptr;
  std::byte* entries_ = nullptr;
};

}  // namespace skbtrail::stream
