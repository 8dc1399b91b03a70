#include "stream/order.h"

#include <algorithm>
#include <cstring>

namespace skbtrail::stream {

namespace {

constexpr size_t kChunk = 256u << 10;
constexpr size_t kFreeChunks = 16;

size_t aligned(size_t bytes) {
  return (bytes + 7) & ~size_t{7};
}

bool any(const LossCounts& counts) {
  return std::any_of(counts.begin(), counts.end(), [](uint64_t n) { return n != 0; });
}

}  // namespace

Order::Order(OrderSink& sink, size_t memory) : sink_(sink), memory_(memory) {}

std::byte* Order::store(std::span<const std::byte> bytes, Chunk*& chunk) {
  if (chunks_.empty() || chunks_.back()->used + aligned(bytes.size()) > kChunk) {
    if (free_chunks_.empty()) {
      free_chunks_.push_back(std::make_unique<Chunk>());
      free_chunks_.back()->bytes = std::make_unique<std::byte[]>(kChunk);
    }
    chunks_.push_back(std::move(free_chunks_.back()));
    free_chunks_.pop_back();
    chunks_.back()->used = 0;
  }
  chunk = chunks_.back().get();
  std::byte* at = chunk->bytes.get() + chunk->used;
  std::memcpy(at, bytes.data(), bytes.size());
  chunk->used += aligned(bytes.size());
  chunk->live++;
  return at;
}

void Order::release(Chunk* chunk) {
  if (--chunk->live > 0) return;
  if (chunk == chunks_.back().get()) {
    chunk->used = 0;
    return;
  }
  auto owner = std::find_if(chunks_.begin(), chunks_.end(), [&](const auto& c) { return c.get() == chunk; });
  if (free_chunks_.size() < kFreeChunks) free_chunks_.push_back(std::move(*owner));
  chunks_.erase(owner);
}

void Order::account(const rec_core& core) {
  Cpu& cpu = cpus_[core.cpu];
  // A late record's time lies before that of the one that was handed on before it.
  Gap gap{std::min<uint64_t>(cpu.last_ns, core.time_ns), core.time_ns, core.cpu, {}};
  for (size_t cause = 0; cause < REC_LOSS_CAUSES; cause++) {
    // 32 bits in the record wrap around. A record that was interrupted while it was written carries an older count than
    // the one before it in the ring: no loss.
    auto more = static_cast<int32_t>(core.lost[cause] - static_cast<uint32_t>(cpu.lost[cause]));
    if (more <= 0) continue;
    gap.lost[cause] = static_cast<uint32_t>(more);
    cpu.lost[cause] += gap.lost[cause];
    lost_[cause] += gap.lost[cause];
  }
  cpu.last_ns = core.time_ns;
  if (any(gap.lost)) sink_.gap(gap);
}

void Order::add(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(rec_core) || bytes.size() > kChunk) {
    malformed_++;
    return;
  }
  while (chunks_.size() * kChunk > memory_ && !heap_.empty()) hand_on_oldest();
  Pending pending{};
  pending.bytes = store(bytes, pending.chunk);
  pending.time_ns = reinterpret_cast<const rec_core*>(pending.bytes)->time_ns;
  pending.arrival = arrivals_++;
  pending.length = static_cast<uint32_t>(bytes.size());
  heap_.push(pending);
}

void Order::hand_on_oldest() {
  Pending oldest = heap_.top();
  heap_.pop();
  bool late = oldest.time_ns < handed_on_ns_;
  if (late) late_++;
  handed_on_ns_ = std::max(handed_on_ns_, oldest.time_ns);
  account(*reinterpret_cast<const rec_core*>(oldest.bytes));
  sink_.record({oldest.bytes, oldest.length}, late);
  release(oldest.chunk);
}

void Order::advance(uint64_t now_ns) {
  constexpr auto delay = static_cast<uint64_t>(std::chrono::nanoseconds(kDelay).count());
  uint64_t until = now_ns > delay ? now_ns - delay : 0;
  while (!heap_.empty() && heap_.top().time_ns <= until) hand_on_oldest();
}

void Order::finish(const std::function<LossCounts(uint32_t)>& final_losses, uint32_t cpus) {
  while (!heap_.empty()) hand_on_oldest();
  for (uint32_t number = 0; number < cpus; number++) {
    Cpu& cpu = cpus_[number];
    LossCounts last = final_losses(number);
    Gap gap{cpu.last_ns, 0, number, {}};
    for (size_t cause = 0; cause < REC_LOSS_CAUSES; cause++) {
      gap.lost[cause] = static_cast<uint32_t>(last[cause] - cpu.lost[cause]);
      cpu.lost[cause] += gap.lost[cause];
      lost_[cause] += gap.lost[cause];
    }
    if (any(gap.lost)) sink_.gap(gap);
  }
}

}  // namespace skbtrail::stream
