// A layout that prints trails instead of events: what comes in is followed (trail/trails.h), and append() is
// called for each trail that is closed and chosen; what all of them come to (--latency, --between, --diagnose) is added
// at the end.
#pragma once

#include "diagnose/diagnosis.h"
#include "output/layout.h"
#include "trail/latency.h"
#include "trail/trails.h"

namespace skbtrail::output {

class TrailLayout : public Layout, private trail::Receiver {
 public:
  explicit TrailLayout(const LayoutChoice& choice, const trail::Limits& limits = {});

  void event(fmt::memory_buffer& out, const event::Event& event) final;
  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) final;
  void advance(fmt::memory_buffer& out, uint64_t until_ns) final;
  void names_end(fmt::memory_buffer& out, const event::Names& names) final;
  [[nodiscard]] bool holds_events() const final { return true; }
  void tell_ends_to(const std::function<void(uint64_t events)>& ended) final { ended_ = ended; }
  [[nodiscard]] bool waits() const final { return trails_.open() > 0; }
  void end(fmt::memory_buffer& out) final;
  [[nodiscard]] bool is_full() const final { return count_ && printed_ >= *count_; }
  [[nodiscard]] std::optional<event::TrailCounts> trails() const final;

 protected:
  virtual void append(fmt::memory_buffer& out, const trail::Trail& trail) = 0;
  virtual void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) = 0;
  // After the last trail, of those that know --latency and --between.
  virtual void append_latency(fmt::memory_buffer& out, const trail::Latency& latency) { (void)out, (void)latency; }
  virtual void append_between(fmt::memory_buffer& out, const trail::Between& between, const BetweenChoice& choice) {
    (void)out, (void)between, (void)choice;
  }
  // And of those that know --diagnose, after these.
  virtual void append_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis) {
    (void)out, (void)diagnosis;
  }
  // In front of all three.
  virtual void append_end(fmt::memory_buffer& out) { (void)out; }

  [[nodiscard]] bool diagnoses() const { return diagnosis_.has_value(); }
  // Of the trail that is appended.
  [[nodiscard]] const std::vector<diagnose::Finding>& findings() const { return findings_; }

 private:
  void trail(const trail::Trail& trail) final;
  void show(const trail::Trail& trail);
  void end_events(uint64_t count) const {
    if (ended_) ended_(count);
  }
  [[nodiscard]] bool holds(const trail::Trail& trail, const event::TrailValues& values) const;

  trail::Trails trails_;
  TrailChoice chosen_;
  std::optional<uint64_t> count_;
  uint64_t printed_ = 0, unfinished_ = 0;  // the second are of the first
  std::optional<trail::Counts> when_full_;
  std::function<void(uint64_t events)> ended_;
  std::optional<trail::Latency> latency_;
  std::optional<trail::Between> between_;
  std::optional<diagnose::Diagnosis> diagnosis_;
  std::vector<diagnose::Finding> findings_;
  fmt::memory_buffer* out_ = nullptr;  // of the call
};

}  // namespace skbtrail::output
