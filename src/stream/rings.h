// All rings of a session, and what wakes their reader. Each CPU that is online at the start has a ring of its own. For
// those that may come later there are a quarter as many more, at least one, so that none writes into the ring of a CPU
// that is busy already: where one or few come, each has its own as well.
//
// Two kinds: our own (bpf/ring.h), and the kernel's ring buffers (kernel_ring.h) where programs cannot write to ours.
// Their memory is made by the constructor, which takes the kernel some time to clear, and the table by which programs
// find the kernel's is filled from then on; nothing else of a session is needed for that.
//
// Failure: SessionError where memory or descriptors are refused. Ownership: Rings own maps and mappings. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <optional>
#include <span>
#include <vector>

#include "load/bpf_kernel.h"
#include "load/mapping.h"
#include "load/ring_memory.h"
#include "stream/kernel_ring.h"

#include "stream/ring.h"

namespace skbtrail::stream {

enum class RingKind { own, of_kernel };

// What one look at all rings brought.
struct Drained {
  size_t records = 0;
  bool all = true;  // every ring was read to its end
};

// Bytes for each of `cpus` rings out of `total` (0: the default of 8 MiB a CPU, at most 256 MiB all together): a power
// of two, at least one page.
uint32_t ring_bytes_per_cpu(uint64_t total, uint32_t cpus);

// Of rings with so many bytes for entries of at most `entry_room`. A ring has room for two such entries at least.
RingShape ring_shape(uint32_t bytes, uint32_t entry_room);

class Rings {
 public:
  using Take = std::function<void(std::span<const std::byte>)>;

  // `total` as in ring_bytes_per_cpu; `entry_room`: what a record and what is before it take at most; `cpus` are
  // possible.
  Rings(load::BpfKernel& kernel, RingKind kind, uint64_t total, uint32_t entry_room, uint32_t cpus);
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;

  // What programs have to know.
  [[nodiscard]] const load::RingMemory& memory() const { return memory_of_programs_; }
  // When the object is loaded that makes the other maps by which programs reach rings. Once.
  void connect(const load::BpfObject& object);

  // Reads every ring once, at most `limit` records each.
  Drained drain(size_t limit, const Take& take);

  // From now on no record begins; those that programs write to already are completed. False: the kernel's ring buffers
  // cannot be closed.
  [[nodiscard]] bool close();

  // When no program runs any more: entries that were never finished are skipped, at most one of each ring. How many.
  size_t skip_unfinished();

  // Readable while a program wakes a reader that set need_wakeup.
  [[nodiscard]] int poll_fd() const { return epoll_.get(); }

  // To be called when a drain brought nothing, before waiting at poll_fd(). Returns how long to wait at most, before
  // the next drain: not at all where what came before this call has to be looked for; for a moment, because a program
  // may not have seen that we sleep, and we may not see yet what it wrote; else as long as one likes.
  [[nodiscard]] std::chrono::milliseconds fall_asleep();

  [[nodiscard]] RingKind kind() const { return kind_; }
  [[nodiscard]] uint64_t bytes() const { return rings_count_ * uint64_t{bytes_}; }

 private:
  void make_own(uint32_t entry_room);
  void make_table();
  void fill_table();
  void describe();
  [[nodiscard]] uint32_t ring_of(uint32_t cpu) const;

  load::BpfKernel& kernel_;
  RingKind kind_;
  uint32_t cpus_;
  std::vector<uint32_t> online_;  // CPUs that have a ring of their own
  uint32_t rings_count_;          // with those for CPUs that come later, which are after
  uint32_t bytes_;                // of each
  load::Fd epoll_;
  std::vector<KernelRing> kernel_rings_;  // or the bell alone
  RingShape shape_;
  uint64_t secret_ = 0;
  load::Fd memory_;
  load::Fd table_;
  load::RingMemory memory_of_programs_;
  std::optional<load::Mapping> segments_, ends_;
  std::vector<Ring> rings_;
  enum class Sleep { none, light, deep } sleep_ = Sleep::none;
  std::future<void> filled_;  // the last: it is waited for before what it uses goes
};

}  // namespace skbtrail::stream
