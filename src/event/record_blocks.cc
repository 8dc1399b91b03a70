#include "event/record_blocks.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace skbtrail::event {

RecordBlocks::~RecordBlocks() {
  for (void* chunk : spare_) free_chunk(chunk, kChunk);
}

RecordBlocks::Chunk* RecordBlocks::add_chunk(size_t block, size_t size) {
  void* memory = nullptr;
  if (size == kChunk && !spare_.empty()) {
    memory = spare_.back();
    spare_.pop_back();
  } else {
    while (memory_ + size > limit_ && !spare_.empty()) {
      free_chunk(spare_.back(), kChunk);
      spare_.pop_back();
    }
    if (memory_ + size > limit_) return nullptr;
    memory = ::operator new (size, std::align_val_t{kChunk});
    memory_ += size;
  }
  auto* chunk = new (memory) Chunk{.size = size, .block = block, .fresh = static_cast<std::byte*>(memory) + kHead};
  return chunk;
}

void RecordBlocks::free_chunk(void* chunk, size_t size) {
  memory_ -= size;
  ::operator delete (chunk, std::align_val_t{kChunk});
}

void RecordBlocks::list(Chunk& chunk) {
  Chunk*& first = with_room_[chunk.block / kStep - 1];
  chunk.next = first;
  chunk.previous = nullptr;
  if (first) first->previous = &chunk;
  first = &chunk;
}

void RecordBlocks::unlist(Chunk& chunk) {
  (chunk.previous ? chunk.previous->next : with_room_[chunk.block / kStep - 1]) = chunk.next;
  if (chunk.next) chunk.next->previous = chunk.previous;
}

void* RecordBlocks::take(size_t bytes) {
  const size_t size = (std::max<size_t>(bytes, 1) + kStep - 1) / kStep * kStep;
  const bool alone = size > kLargest;
  Chunk* chunk = alone ? nullptr : with_room_[size / kStep - 1];
  if (!chunk) {
    chunk = add_chunk(size, alone ? kHead + size : kChunk);
    if (!chunk) return nullptr;
    if (!alone) list(*chunk);
  }
  void* const block = chunk->free ? chunk->free : chunk->fresh;
  if (chunk->free)
    std::memcpy(&chunk->free, block, sizeof(chunk->free));
  else
    chunk->fresh += size;
  chunk->live++;
  if (!alone && !has_room(*chunk)) unlist(*chunk);
  return block;
}

void RecordBlocks::release(void* block) {
  Chunk* chunk = chunk_of(block);
  if (chunk->block > kLargest) return free_chunk(chunk, chunk->size);
  const bool was_full = !has_room(*chunk);
  std::memcpy(block, &chunk->free, sizeof(chunk->free));
  chunk->free = block;
  if (--chunk->live > 0) {
    if (was_full) list(*chunk);
    return;
  }
  if (!was_full) unlist(*chunk);
  if (spare_.size() < kSpare)
    spare_.push_back(chunk);
  else
    free_chunk(chunk, kChunk);
}

}  // namespace skbtrail::event
