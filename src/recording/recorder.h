// Writes a recording: hand it each event and each gap in order, and end() it. format.h says what comes out, files.h
// where it goes.
//
// Names are borrowed, and asked while events are added. A reader that went away (EPIPE) is no failure: closed() turns
// true and what follows is dropped; so it is with a reader of a pipe who is not waited for any longer. Any other failed
// write throws std::system_error, once, from hand_over() or end(); what was whole before stays readable. Not ended (the
// process was killed), it is readable up to what was handed over.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "io/batch.h"
#include "recording/encoder.h"
#include "recording/files.h"

namespace skbtrail::recording {

class Recorder {
 public:
  Recorder(std::unique_ptr<Files> files, Head head, const event::Names& names, const Destination& destination);
  // Throws std::system_error where the file cannot be made.
  Recorder(const Destination& destination, Head head, const event::Names& names)
      : Recorder(std::make_unique<Files>(destination), std::move(head), names, destination) {}

  // When to stop waiting for somebody who does not read. Without this: never.
  void give_up_when(const io::BackgroundWriter::GiveUp& give_up) { files_->give_up_when(give_up); }

  // Neither throws nor waits, as gap().
  void event(const event::Event& event) {
    encoder_.event(batch_.bytes, event);
    batch_.end_event();
    events_added_++;
    added();
  }
  void gap(const event::Gap& gap) {
    encoder_.gap(batch_.bytes, gap);
    added();
  }
  // A new section, and what comes is called otherwise: see Encoder.
  void begin(Head head) { encoder_.begin(batch_.bytes, std::move(head)); }
  void follow(const event::Names& names, std::span<const uint16_t> probes) { encoder_.follow(names, probes); }
  // Whether what was handed over could be written so far.
  void check() { note(files_->error()); }
  // What was added is written soon.
  void hand_over();
  // The closing sum behind everything; returns when all is written.
  void end(std::string_view closing_sum);

  // More waits to be written than should: add nothing, or wait for room.
  [[nodiscard]] bool congested() const { return files_->congested(); }
  void wait_for_room() { files_->wait_for_room(); }
  // For EPOLLET: there is room again, or a write failed.
  [[nodiscard]] int poll_fd() const { return files_->poll_fd(); }

  // Complete after end(). What a reader that went away did not want is neither.
  [[nodiscard]] uint64_t events_written() const { return files_->events_written(); }
  [[nodiscard]] uint64_t events_not_written() const { return reader_left_ ? 0 : events_added_ - events_written(); }

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] int fd() const { return files_->fd(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static constexpr size_t kEnough = 256u << 10;

  void added() {
    if (batch_.size() >= enough_) pass_on();
  }
  void pass_on();
  void note(int error);

  std::unique_ptr<Files> files_;
  Encoder encoder_;
  io::Batch batch_;
  size_t enough_;
  std::string name_;  // of the file, or of the ring
  uint64_t events_added_ = 0;
  bool closed_ = false, reader_left_ = false;
};

}  // namespace skbtrail::recording
