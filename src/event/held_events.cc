#include "event/held_events.h"

namespace skbtrail::event {

Event HeldEvent::view() const {
  auto event = Event::decode({kept_.bytes, size_}, *names_);
  event->late = late_;
  if (hides_stack_) event->stack = nullptr;
  return *event;
}

// The bytes of the packet are the last of a record.
std::optional<HeldEvent> HeldEvents::hold(const Event& event) {
  const auto* begin = reinterpret_cast<const std::byte*>(event.core);
  const auto* end = reinterpret_cast<const std::byte*>(event.bytes.data() + event.bytes.size());
  const std::span record(begin, end);
  if (record.size() > RecordStore::kChunk || store_.memory_with(record.size()) > limit_) {
    refused_++;
    return std::nullopt;
  }
  return HeldEvent(store_, store_.keep(record), record.size(), event);
}

}  // namespace skbtrail::event
