#include "event/held_events.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace skbtrail::event {

Event HeldEvent::view() const {
  const auto* record = reinterpret_cast<const std::byte*>(block_) + kRecordAt;
  auto event = Event::decode({record, block_->size}, *held_->sources_[block_->source].names);
  event->late = block_->late;
  if (block_->hides_stack) event->stack = nullptr;
  return *event;
}

uint32_t HeldEvents::source_of(const Names& names) {
  if (last_source_ < sources_.size() && sources_[last_source_].names == &names) return last_source_;
  auto found = std::find_if(sources_.begin(), sources_.end(), [&](const Source& one) { return one.names == &names; });
  if (found == sources_.end()) {
    found = std::find_if(sources_.begin(), sources_.end(), [](const Source& one) { return one.events == 0; });
    if (found == sources_.end()) found = sources_.emplace(found);
    *found = {&names, names.weak_from_this().lock(), 0};
  }
  return last_source_ = static_cast<uint32_t>(found - sources_.begin());
}

// The bytes of the packet are the last of a record.
std::optional<HeldEvent> HeldEvents::hold(const Event& event) {
  const auto* begin = reinterpret_cast<const std::byte*>(event.core);
  const auto* end = reinterpret_cast<const std::byte*>(event.bytes.data() + event.bytes.size());
  const auto size = static_cast<size_t>(end - begin);
  void* const room = size <= UINT32_MAX ? blocks_.take(HeldEvent::kRecordAt + size) : nullptr;
  if (!room) {
    refused_++;
    return std::nullopt;
  }
  std::memcpy(static_cast<std::byte*>(room) + HeldEvent::kRecordAt, begin, size);
  const uint32_t source = source_of(*event.names);
  sources_[source].events++;
  auto* block = new (room) HeldEvent::Block{
      .source = source,
      .size = static_cast<uint32_t>(size),
      .late = event.late,
      .hides_stack = (event.core->sections & REC_SECTION_STACK) != 0 && !event.stack,
  };
  return HeldEvent(*this, *block);
}

void HeldEvents::let_go(HeldEvent::Block* block) {
  Source& source = sources_[block->source];
  if (--source.events == 0) source = {};
  blocks_.release(block);
}

}  // namespace skbtrail::event
