// Events that are kept beyond the call in which they were handed in, within a limit of memory: for seconds, by the
// ten thousand, and let go in any order.
//
//   HeldEvents held(64u << 20);
//   if (auto event = held.hold(given)) use(event->view());     nothing: there is no room, and it is counted
//
// A held event is a copy of its record in a block of its own size (record_blocks.h), and its view is decoded anew. It
// is let go when its owner goes; HeldEvents outlives it. Its names outlive it, too, or are owned by a shared_ptr: then
// they live as long as an event of theirs is held. A name that changed meanwhile has changed in the view; so have all
// where a recording's next section began. One thread.
//
// What one costs (build/replay_bench, rows decode and hold): 302 bytes where records have 251 on average (16 in front,
// then up to a multiple of 64), and 165 ns of CPU time, among 65,536 that are held, to copy it and to let it go; 35 ns
// more to look at it. 64 MiB hold 220,000.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "event/event.h"
#include "event/record_blocks.h"

namespace skbtrail::event {

class HeldEvents;

class HeldEvent {
 public:
  HeldEvent(HeldEvent&& other) noexcept : held_(other.held_), block_(std::exchange(other.block_, nullptr)) {}
  HeldEvent& operator=(HeldEvent&& other) noexcept {
    std::swap(held_, other.held_);
    std::swap(block_, other.block_);
    return *this;
  }
  HeldEvent(const HeldEvent&) = delete;
  HeldEvent& operator=(const HeldEvent&) = delete;
  ~HeldEvent();

  // As it was handed in. Valid as long as this is held.
  [[nodiscard]] Event view() const;

 private:
  friend class HeldEvents;
  // In front of the record.
  struct Block {
    uint32_t source;  // whose names
    uint32_t size;
    bool late;
    bool hides_stack;  // its record has a stack that was not to be shown
  };
  static constexpr size_t kRecordAt = 16;
  static_assert(sizeof(Block) <= kRecordAt);

  HeldEvent(HeldEvents& held, Block& block) : held_(&held), block_(&block) {}

  HeldEvents* held_;
  Block* block_;
};

class HeldEvents {
 public:
  // `limit`: bytes, at least a chunk of RecordBlocks.
  explicit HeldEvents(size_t limit) : blocks_(limit) {}

  // Nothing where there is no room: whoever holds the oldest lets it go, or goes without this one.
  std::optional<HeldEvent> hold(const Event& event);

  [[nodiscard]] size_t memory() const { return blocks_.memory(); }
  // For which there was no room.
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  friend class HeldEvent;
  // Names, and for how many events.
  struct Source {
    const Names* names = nullptr;
    std::shared_ptr<const Names> owned;
    size_t events = 0;
  };

  uint32_t source_of(const Names& names);
  void let_go(HeldEvent::Block* block);

  RecordBlocks blocks_;
  std::vector<Source> sources_;  // one without events is free
  uint32_t last_source_ = 0;
  uint64_t refused_ = 0;
};

inline HeldEvent::~HeldEvent() {
  if (block_) held_->let_go(block_);
}

}  // namespace skbtrail::event
