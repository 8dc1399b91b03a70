// Brings the records of all CPUs into the order of time, after a bounded delay, and finds the gaps.
//
// Each CPU's ring is read in the order in which records were finished there, which is nearly that of time (an interrupt
// may finish a record between another's clock read and its end). A record may be handed on once every ring was read
// empty after its time, plus kDelay for programs that had read the clock but not finished; what comes later still is
// handed on at once, marked late.
//
// Every record carries the running loss counts of its CPU. Where they are higher than in the record before, something
// was lost on that CPU between the two: a gap.
//
// One CPU's records are nearly sorted as they come, so each CPU has a queue of its own, in which a record that was
// overtaken moves forward to its position; the oldest of all is found among the fronts of the queues.
//
// Memory: records are copied out of the rings into chunks, which the CPUs share in the order of arrival; at most
// kMemory is held, beyond that the oldest go out early. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "bpf/record.h"
#include "event/gap.h"
#include "event/record_store.h"

namespace skbtrail::stream {

class OrderSink {
 public:
  virtual ~OrderSink() = default;
  // The bytes are valid during the call only and aligned to 8. `late`: a record of a later time came before.
  virtual void record(std::span<const std::byte> bytes, bool late) = 0;
  virtual void gap(const event::Gap& gap) = 0;
};

class Order {
 public:
  static constexpr std::chrono::milliseconds kDelay{20};
  static constexpr size_t kMemory = 64u << 20;

  explicit Order(OrderSink& sink, size_t memory = kMemory);

  // A record as it is in the ring: at least a rec_core, else it is counted as malformed and skipped.
  void add(std::span<const std::byte> bytes);

  // All rings were read empty at `now_ns`, or later: hands on what is older than kDelay before, at most `limit`
  // records. False if that left some.
  bool advance(uint64_t now_ns, size_t limit = SIZE_MAX);

  // A gap that is known of itself: it is handed on before what is of a later time than its end.
  void add(const event::Gap& gap) { gaps_.push_back(gap); }

  // Hands on everything. `final_losses`: the counts of each CPU after the last program ended; what no record told is
  // told as a gap without an end.
  void finish(const std::function<event::LossCounts(uint32_t cpu)>& final_losses, uint32_t cpus);

  [[nodiscard]] bool empty() const { return fronts_.empty() && gaps_.empty(); }
  [[nodiscard]] uint64_t late() const { return late_; }
  [[nodiscard]] uint64_t malformed() const { return malformed_; }
  [[nodiscard]] const event::LossCounts& lost() const { return lost_; }

 private:
  struct Pending {
    uint64_t time_ns;
    uint64_t arrival;  // decides where times are equal
    std::byte* bytes;
    uint32_t length;
    event::RecordStore::Chunk* chunk;
    bool operator<(const Pending& other) const {
      return time_ns != other.time_ns ? time_ns < other.time_ns : arrival < other.arrival;
    }
  };
  struct Cpu {
    std::vector<Pending> queue;  // sorted from `front` on; what lies before it was handed on
    size_t front = 0;
    event::LossCounts lost{};
    uint64_t last_ns = 0;
  };
  // A CPU that has records, and its oldest.
  struct Front {
    uint64_t time_ns;
    uint64_t arrival;
    Cpu* cpu;
    bool operator>(const Front& other) const {
      return time_ns != other.time_ns ? time_ns > other.time_ns : arrival > other.arrival;
    }
  };

  Cpu& cpu(uint32_t number);
  void queue(Cpu& cpu, const Pending& pending);
  static Front front_of(Cpu& cpu);
  void sink_first_front();
  void hand_on_oldest();
  void hand_on_gaps(uint64_t until_ns);
  void account(uint32_t number, Cpu& cpu, const rec_core& core);

  OrderSink& sink_;
  size_t memory_;
  std::vector<std::unique_ptr<Cpu>> cpus_;  // null: never heard of
  std::vector<Front> fronts_;               // a heap, the oldest first
  event::RecordStore store_;
  std::deque<event::Gap> gaps_;  // in the order of their ends
  uint64_t arrivals_ = 0;
  uint64_t handed_on_ns_ = 0;
  uint64_t late_ = 0;
  uint64_t malformed_ = 0;
  event::LossCounts lost_{};
};

}  // namespace skbtrail::stream
