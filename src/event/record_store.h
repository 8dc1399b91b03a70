// Copies of records, one after the other in chunks: for whoever keeps them for a while, few or many, and lets them go
// nearly in the order in which they came.
//
//   chunk: | record | record | record |        |      a chunk is used again when all of its records were released
//
// No allocation for a record, one for a chunk of 256 KiB at most. Owns the copies; a record stays where it is until it
// is released. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace skbtrail::event {

class RecordStore {
 public:
  static constexpr size_t kChunk = 256u << 10;

  struct Chunk {
    std::unique_ptr<std::byte[]> bytes;
    size_t used = 0;
    size_t live = 0;  // records that were not released
  };
  struct Kept {
    std::byte* bytes = nullptr;  // aligned to 8
    Chunk* chunk = nullptr;
  };

  // At most kChunk bytes.
  Kept keep(std::span<const std::byte> bytes);
  void release(Chunk* chunk);

  // Of all chunks that hold records, or the last one that did.
  [[nodiscard]] size_t memory() const { return chunks_.size() * kChunk; }
  // What memory() would be with one more record of this size.
  [[nodiscard]] size_t memory_with(size_t bytes) const { return memory() + (fits(bytes) ? 0 : kChunk); }

 private:
  [[nodiscard]] bool fits(size_t bytes) const;

  std::vector<std::unique_ptr<Chunk>> chunks_;  // the last one is being filled
  std::vector<std::unique_ptr<Chunk>> free_chunks_;
};

}  // namespace skbtrail::event
