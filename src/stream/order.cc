#include "stream/order.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace skbtrail::stream {

namespace {

bool any(const event::LossCounts& counts) {
  return std::any_of(counts.begin(), counts.end(), [](uint64_t n) { return n != 0; });
}

}  // namespace

Order::Order(OrderSink& sink, size_t memory) : sink_(sink), memory_(memory) {}

Order::Cpu& Order::cpu(uint32_t number) {
  if (number >= cpus_.size()) cpus_.resize(number + 1);
  if (!cpus_[number]) cpus_[number] = std::make_unique<Cpu>();
  return *cpus_[number];
}

void Order::account(uint32_t number, Cpu& cpu, const rec_core& core) {
  // A late record's time lies before that of the one that was handed on before it.
  uint64_t after_ns = std::min<uint64_t>(cpu.last_ns, core.time_ns);
  cpu.last_ns = core.time_ns;
  event::LossCounts lost{};
  for (size_t cause = 0; cause < REC_LOSS_CAUSES; cause++) {
    // 32 bits in the record wrap around. A record that was interrupted while it was written carries an older count than
    // the one before it in the ring: no loss.
    auto more = static_cast<int32_t>(core.lost[cause] - static_cast<uint32_t>(cpu.lost[cause]));
    if (more <= 0) continue;
    lost[cause] = static_cast<uint32_t>(more);
    cpu.lost[cause] += lost[cause];
    lost_[cause] += lost[cause];
  }
  if (any(lost)) sink_.gap({after_ns, core.time_ns, number, lost});
}

void Order::add(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(rec_core) || bytes.size() > event::RecordStore::kChunk) {
    malformed_++;
    return;
  }
  while (store_.memory() > memory_ && !fronts_.empty()) hand_on_oldest();
  Pending pending{};
  const auto kept = store_.keep(bytes);
  pending.bytes = kept.bytes;
  pending.chunk = kept.chunk;
  const auto* core = reinterpret_cast<const rec_core*>(pending.bytes);
  pending.time_ns = core->time_ns;
  pending.arrival = arrivals_++;
  pending.length = static_cast<uint32_t>(bytes.size());
  queue(cpu(core->cpu), pending);
}

void Order::queue(Cpu& cpu, const Pending& pending) {
  auto& queue = cpu.queue;
  // Room before the front is used again before the queue grows; half of it at least, so that moving costs little.
  if (queue.size() == queue.capacity() && cpu.front * 2 >= queue.size()) {
    queue.erase(queue.begin(), std::next(queue.begin(), static_cast<ptrdiff_t>(cpu.front)));
    cpu.front = 0;
  }
  bool was_empty = cpu.front == queue.size();
  size_t at = queue.size();
  queue.push_back(pending);
  for (; at > cpu.front && pending < queue[at - 1]; at--) queue[at] = queue[at - 1];
  queue[at] = pending;
  if (was_empty) {
    fronts_.push_back(front_of(cpu));
    std::push_heap(fronts_.begin(), fronts_.end(), std::greater<>());
  } else if (at == cpu.front) {
    for (Front& front : fronts_)
      if (front.cpu == &cpu) front = front_of(cpu);
    std::make_heap(fronts_.begin(), fronts_.end(), std::greater<>());
  }
}

Order::Front Order::front_of(Cpu& cpu) {
  const Pending& oldest = cpu.queue[cpu.front];
  return {oldest.time_ns, oldest.arrival, &cpu};
}

// The first of the fronts has grown older: it sinks to its position in the heap.
void Order::sink_first_front() {
  const Front sinking = fronts_[0];
  size_t at = 0;
  for (size_t child = 1; child < fronts_.size(); child = 2 * at + 1) {
    if (child + 1 < fronts_.size() && fronts_[child] > fronts_[child + 1]) child++;
    if (!(sinking > fronts_[child])) break;
    fronts_[at] = fronts_[child];
    at = child;
  }
  fronts_[at] = sinking;
}

void Order::hand_on_oldest() {
  Cpu& cpu = *fronts_[0].cpu;
  const Pending oldest = cpu.queue[cpu.front++];
  if (cpu.front < cpu.queue.size()) {
    fronts_[0] = front_of(cpu);
  } else {
    cpu.queue.clear();
    cpu.front = 0;
    fronts_[0] = fronts_.back();
    fronts_.pop_back();
  }
  if (!fronts_.empty()) sink_first_front();
  hand_on_gaps(oldest.time_ns);
  bool late = oldest.time_ns < handed_on_ns_;
  if (late) late_++;
  handed_on_ns_ = std::max(handed_on_ns_, oldest.time_ns);
  const auto& core = *reinterpret_cast<const rec_core*>(oldest.bytes);
  account(core.cpu, cpu, core);
  sink_.record({oldest.bytes, oldest.length}, late);
  store_.release(oldest.chunk);
}

void Order::hand_on_gaps(uint64_t until_ns) {
  for (; !gaps_.empty() && gaps_.front().before_ns <= until_ns; gaps_.pop_front()) sink_.gap(gaps_.front());
}

bool Order::advance(uint64_t now_ns, size_t limit) {
  constexpr auto delay = static_cast<uint64_t>(std::chrono::nanoseconds(kDelay).count());
  uint64_t until = now_ns > delay ? now_ns - delay : 0;
  for (; !fronts_.empty() && fronts_[0].time_ns <= until; limit--) {
    if (limit == 0) return false;
    hand_on_oldest();
  }
  hand_on_gaps(until);
  return true;
}

void Order::finish(const std::function<event::LossCounts(uint32_t)>& final_losses, uint32_t cpus) {
  while (!fronts_.empty()) hand_on_oldest();
  hand_on_gaps(UINT64_MAX);
  for (uint32_t number = 0; number < cpus; number++) {
    Cpu& ended = cpu(number);
    event::LossCounts last = final_losses(number);
    event::Gap gap{ended.last_ns, 0, number, {}};
    for (size_t cause = 0; cause < REC_LOSS_CAUSES; cause++) {
      gap.lost[cause] = static_cast<uint32_t>(last[cause] - ended.lost[cause]);
      ended.lost[cause] += gap.lost[cause];
      lost_[cause] += gap.lost[cause];
    }
    if (any(gap.lost)) sink_.gap(gap);
  }
}

}  // namespace skbtrail::stream
