#include "recording/recorder.h"

#include <algorithm>

namespace skbtrail::recording {

namespace {

// Small files of a ring must not become much larger because so much is handed over at once.
size_t handed_over_at(const Destination& destination, size_t usual) {
  constexpr uint64_t kParts = 64, kLeast = 4096;
  if (!destination.rotate_bytes) return usual;
  return std::clamp<size_t>(destination.rotate_bytes / kParts, kLeast, usual);
}

}  // namespace

Recorder::Recorder(std::unique_ptr<Files> files, Head head, const event::Names& names, const Destination& destination)
    : EventWriter(files->writer(), destination.path.empty() ? "standard output" : destination.path,
                  handed_over_at(destination, kEnough), files->has_reader()),
      files_(std::move(files)),
      encoder_(std::move(head), names) {
  encoder_.begin(batch_.bytes);
  hand_over();
}

std::string Recorder::failure() const {
  return fmt::format("cannot write to {}, the recording ends there", files_->name());
}

void Recorder::pass_on() {
  files_->add(batch_);
  if (closed() || !files_->full()) return;
  encoder_.next(batch_.bytes);
  files_->add(batch_);
  files_->begin_next();
  encoder_.begin(batch_.bytes);
  files_->add(batch_);
}

void Recorder::end(const event::Summary& summary) {
  encoder_.end(batch_.bytes, event::summary_json(summary));
  files_->add(batch_);
  note(files_->finish());
}

}  // namespace skbtrail::recording
