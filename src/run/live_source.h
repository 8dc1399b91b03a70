// A live trace as a source of events: the rings' records, brought into order, decoded, and handed to the pipeline.
//
//   Session::drain ─► Order ─► Event::decode ─► Pipeline
//
// Borrows everything. One thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "event/names.h"
#include "event/summary.h"
#include "run/pipeline.h"
#include "stream/order.h"
#include "stream/session.h"

namespace skbtrail::run {

class LiveSource final : private stream::OrderSink {
 public:
  using Clock = std::chrono::steady_clock;

  // `since_ns`: CLOCK_MONOTONIC before the first program was attached. `choosy`: some condition may refuse a hit.
  LiveSource(stream::Session& session, const event::Names& names, Pipeline& pipeline, uint64_t since_ns, bool choosy)
      : session_(session), names_(names), pipeline_(pipeline), looked_ns_(since_ns), choosy_(choosy) {}

  // Reads the rings, and hands on what is due, or a part of it if all would take long.
  struct Pass {
    bool brought_some = false;
    bool has_more = false;  // there is more to do at once
  };
  Pass pass();

  // Hits that the kernel skipped since the last look become gaps; where conditions might have refused them they are
  // counted.
  void look_for_skipped();
  [[nodiscard]] bool is_choosy() const { return choosy_; }

  // No program runs any more: hands on all that there is. `wait_for_room` is called in between.
  template <typename WaitForRoom>
  void drain_to_the_end(WaitForRoom wait_for_room) {
    do {
      while (session_.drain([this](std::span<const std::byte> record) { order_.add(record); }).records > 0)
        wait_for_room();
    } while (skip_unfinished());
    look_for_skipped();
    while (!order_.advance(UINT64_MAX, kAtOnce)) wait_for_room();
    finish();
  }

  // Records wait for their turn.
  [[nodiscard]] bool holds_some() const { return !order_.empty(); }
  [[nodiscard]] const event::LossCounts& lost() const { return order_.lost(); }

  // For Statistics.
  void count(event::Summary& summary) const;

 private:
  // Handed on at once before the rings are looked at again: a millisecond or two.
  static constexpr size_t kAtOnce = 4096;

  void record(std::span<const std::byte> bytes, bool late) override;
  void gap(const event::Gap& gap) override;
  bool read_rings(bool& brought_some);
  bool skip_unfinished();
  void finish();

  stream::Session& session_;
  const event::Names& names_;
  Pipeline& pipeline_;
  stream::Order order_{*this};
  uint64_t looked_ns_;          // for hits that the kernel skipped
  uint64_t read_until_ns_ = 0;  // all rings were read empty at that time
  uint64_t recorded_ = 0, malformed_ = 0;
  uint64_t may_have_skipped_ = 0;  // such hits, where conditions may have refused them
  bool choosy_;
};

// CLOCK_MONOTONIC, which records have.
uint64_t monotonic_ns();

}  // namespace skbtrail::run
