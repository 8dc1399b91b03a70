#include "recording/recorder.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace skbtrail::recording {

namespace {

// Small files of a ring must not become much larger because so much is handed over at once.
size_t handed_over_at(const Destination& destination, size_t usual) {
  constexpr uint64_t kParts = 64, kLeast = 4096;
  if (!destination.rotate_bytes) return usual;
  return std::clamp<size_t>(destination.rotate_bytes / kParts, kLeast, usual);
}

}  // namespace

Recorder::Recorder(const Destination& destination, Head head, const event::Names& names)
    : files_(destination), encoder_(std::move(head), names), enough_(handed_over_at(destination, kEnough)) {
  encoder_.begin(buffer_);
  hand_over();
}

void Recorder::note(int error) {
  if (error == 0 || closed_) return;
  closed_ = true;
  if (error != EPIPE)
    throw std::system_error(error, std::generic_category(),
                            fmt::format("cannot write to {}, the recording ends there", files_.name()));
}

void Recorder::hand_over() {
  if (buffer_.size() == 0) return;
  note(files_.add(buffer_));
  if (closed_ || !files_.full()) return;
  encoder_.next(buffer_);
  note(files_.add(buffer_));
  files_.begin_next();
  encoder_.begin(buffer_);
  note(files_.add(buffer_));
}

void Recorder::end(std::string_view closing_sum) {
  encoder_.end(buffer_, closing_sum);
  note(files_.add(buffer_));
  note(files_.finish());
}

}  // namespace skbtrail::recording
