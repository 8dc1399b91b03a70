// Copies of records for whoever lets them go in any order: each is in a block of its size class, and the block is used
// for another record as soon as it is released. (In record_store.h one record keeps a chunk of 256 KiB.)
//
//   chunk, aligned to its size: | head | block | block | ... |      blocks of one class: a multiple of 64 bytes
//   above kLargest:             | head | block |                    a chunk of its own
//
// No allocation for a record, one for a chunk of 64 KiB at most; an empty chunk serves any class. Memory is that of all
// chunks, and at most `limit`. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace skbtrail::event {

class RecordBlocks {
 public:
  static constexpr size_t kChunk = 64u << 10;
  static constexpr size_t kStep = 64;
  static constexpr size_t kLargest = 4096;

  explicit RecordBlocks(size_t limit) : limit_(limit) {}
  RecordBlocks(const RecordBlocks&) = delete;
  RecordBlocks& operator=(const RecordBlocks&) = delete;
  ~RecordBlocks();

  // Aligned to 8. Null: it would take more than the limit.
  void* take(size_t bytes);
  void release(void* block);

  [[nodiscard]] size_t memory() const { return memory_; }

 private:
  static constexpr size_t kClasses = kLargest / kStep;
  static constexpr size_t kHead = 64;
  static constexpr size_t kSpare = 16;

  struct Chunk {
    size_t size;            // of all of it
    size_t block;           // of each block
    size_t live = 0;        // blocks that were not released
    void* free = nullptr;   // the first of those that were released, each of which begins with the next
    std::byte* fresh;       // where blocks begin that were never taken
    Chunk* next = nullptr;  // those of the class that have room
    Chunk* previous = nullptr;
  };
  static_assert(sizeof(Chunk) <= kHead);

  static Chunk* chunk_of(void* block) {
    return reinterpret_cast<Chunk*>(static_cast<std::byte*>(block) -
                                    (reinterpret_cast<uintptr_t>(block) & (kChunk - 1)));
  }
  static bool has_room(const Chunk& chunk) {
    return chunk.free || chunk.fresh + chunk.block <= reinterpret_cast<const std::byte*>(&chunk) + chunk.size;
  }

  Chunk* add_chunk(size_t block, size_t size);
  void free_chunk(void* chunk, size_t size);
  void list(Chunk& chunk);
  void unlist(Chunk& chunk);

  size_t limit_;
  size_t memory_ = 0;
  std::array<Chunk*, kLargest / kStep> with_room_{};  // by class
  std::vector<void*> spare_;                          // empty chunks, of kChunk bytes
};

}  // namespace skbtrail::event
