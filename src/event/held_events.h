// Events that are kept beyond the call in which they were handed in, within a limit of memory.
//
//   HeldEvents held(16u << 20);
//   if (auto event = held.hold(given)) use(event->view());     nothing: there is no room, and it is counted
//
// A held event is a copy of its record in a store of chunks (record_store.h), and its view is decoded anew, so that it
// costs its bytes and no allocation. It is let go when its owner goes; the store outlives it, and so do its names,
// which are asked when the view is used: a name that changed meanwhile has changed there, too. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "event/event.h"
#include "event/record_store.h"

namespace skbtrail::event {

class HeldEvent {
 public:
  HeldEvent(HeldEvent&& other) noexcept
      : store_(std::exchange(other.store_, nullptr)),
        kept_(other.kept_),
        names_(other.names_),
        size_(other.size_),
        late_(other.late_),
        hides_stack_(other.hides_stack_) {}
  HeldEvent& operator=(HeldEvent&& other) noexcept {
    if (this == &other) return *this;
    if (store_) store_->release(kept_.chunk);
    store_ = std::exchange(other.store_, nullptr);
    kept_ = other.kept_;
    names_ = other.names_;
    size_ = other.size_;
    late_ = other.late_;
    hides_stack_ = other.hides_stack_;
    return *this;
  }
  HeldEvent(const HeldEvent&) = delete;
  HeldEvent& operator=(const HeldEvent&) = delete;
  ~HeldEvent() {
    if (store_) store_->release(kept_.chunk);
  }

  // As it was handed in. Valid as long as this is held.
  [[nodiscard]] Event view() const;

 private:
  friend class HeldEvents;
  HeldEvent(RecordStore& store, const RecordStore::Kept& kept, size_t size, const Event& event)
      : store_(&store),
        kept_(kept),
        names_(event.names),
        size_(static_cast<uint32_t>(size)),
        late_(event.late),
        hides_stack_((event.core->sections & REC_SECTION_STACK) != 0 && !event.stack) {}

  RecordStore* store_;
  RecordStore::Kept kept_;
  const Names* names_;
  uint32_t size_;
  bool late_;
  bool hides_stack_;  // its record has a stack that was not to be shown
};

class HeldEvents {
 public:
  // `limit`: bytes, at least a chunk of the store.
  explicit HeldEvents(size_t limit) : limit_(limit) {}

  // Nothing where there is no room: whoever holds the oldest lets it go, or goes without this one.
  std::optional<HeldEvent> hold(const Event& event);

  [[nodiscard]] size_t memory() const { return store_.memory(); }
  // For which there was no room.
  [[nodiscard]] uint64_t refused() const { return refused_; }

 private:
  size_t limit_;
  RecordStore store_;
  uint64_t refused_ = 0;
};

}  // namespace skbtrail::event
