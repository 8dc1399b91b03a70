// A layout that prints trails in the place of events: what comes in is followed (trail/trails.h), and append() is
// called for each trail that is closed and chosen.
#pragma once

#include "output/layout.h"
#include "trail/trails.h"

namespace skbtrail::output {

class TrailLayout : public Layout, private trail::Receiver {
 public:
  explicit TrailLayout(const LayoutChoice& choice);

  void event(fmt::memory_buffer& out, const event::Event& event) final;
  void gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) final;
  void advance(fmt::memory_buffer& out, uint64_t until_ns) final;
  [[nodiscard]] bool waits() const final { return trails_.open() > 0; }
  void end(fmt::memory_buffer& out) final;
  [[nodiscard]] bool is_full() const final { return count_ && printed_ >= *count_; }
  [[nodiscard]] std::optional<event::TrailCounts> trails() const final;

 protected:
  virtual void append(fmt::memory_buffer& out, const trail::Trail& trail) = 0;
  virtual void append_gap(fmt::memory_buffer& out, const event::Gap& gap, const event::Names& names) = 0;

 private:
  void trail(const trail::Trail& trail) final;

  trail::Trails trails_;
  TrailChoice chosen_;
  std::optional<uint64_t> count_;
  uint64_t printed_ = 0;
  fmt::memory_buffer* out_ = nullptr;  // of the call
};

}  // namespace skbtrail::output
