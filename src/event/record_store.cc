#include "event/record_store.h"

#include <algorithm>
#include <cstring>

namespace skbtrail::event {

namespace {

constexpr size_t kFreeChunks = 64;  // kept for the next burst

size_t aligned(size_t bytes) {
  return (bytes + 7) & ~size_t{7};
}

}  // namespace

bool RecordStore::fits(size_t bytes) const {
  return !chunks_.empty() && chunks_.back()->used + aligned(bytes) <= kChunk;
}

RecordStore::Kept RecordStore::keep(std::span<const std::byte> bytes) {
  if (!fits(bytes.size())) {
    if (free_chunks_.empty()) {
      free_chunks_.push_back(std::make_unique<Chunk>());
      free_chunks_.back()->bytes = std::make_unique_for_overwrite<std::byte[]>(kChunk);
    }
    chunks_.push_back(std::move(free_chunks_.back()));
    free_chunks_.pop_back();
    chunks_.back()->used = 0;
  }
  Chunk* chunk = chunks_.back().get();
  std::byte* at = chunk->bytes.get() + chunk->used;
  std::memcpy(at, bytes.data(), bytes.size());
  chunk->used += aligned(bytes.size());
  chunk->live++;
  return {at, chunk};
}

void RecordStore::release(Chunk* chunk) {
  if (--chunk->live > 0) return;
  if (chunk == chunks_.back().get()) {
    chunk->used = 0;
    return;
  }
  auto owner = std::find_if(chunks_.begin(), chunks_.end(), [&](const auto& c) { return c.get() == chunk; });
  if (free_chunks_.size() < kFreeChunks) free_chunks_.push_back(std::move(*owner));
  chunks_.erase(owner);
}

}  // namespace skbtrail::event
