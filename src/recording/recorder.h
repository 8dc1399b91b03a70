// Writes a recording: hand it each event and each gap in order, and end() it. format.h says what comes out, files.h
// where it goes.
//
// Names are borrowed, and asked while events are added. A reader that went away (EPIPE) is no failure: closed() turns
// true and what follows is dropped. Any other failed write throws std::system_error, once, from the call that learns of
// it; what was whole before stays readable. Not ended (the process was killed), it is readable up to what was handed
// over.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "recording/encoder.h"
#include "recording/files.h"

namespace skbtrail::recording {

class Recorder {
 public:
  // Throws std::system_error where the file cannot be made.
  Recorder(const Destination& destination, Head head, const event::Names& names);

  void event(const event::Event& event) {
    encoder_.event(buffer_, event);
    added();
  }
  void gap(const stream::Gap& gap) {
    encoder_.gap(buffer_, gap);
    added();
  }
  // What was added is written soon.
  void hand_over();
  // The closing sum behind everything; returns when all is written.
  void end(std::string_view closing_sum);

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] int fd() const { return files_.fd(); }

 private:
  static constexpr size_t kEnough = 256u << 10;

  void added() {
    if (buffer_.size() >= enough_) hand_over();
  }
  void note(int error);

  Files files_;
  Encoder encoder_;
  fmt::memory_buffer buffer_;
  size_t enough_;
  bool closed_ = false;
};

}  // namespace skbtrail::recording
