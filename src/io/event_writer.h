// Events on their way to one destination: a batch that fills, a thread that writes it (background_writer.h), and what
// became of each event. What a file of lines and a recording have in common.
//
//   user: buffer(), event_added() ... ──► batch ──► pass_on() ──► BackgroundWriter
//
// A reader that went away (EPIPE) is no failure: closed() turns true and what is added after is dropped. Any other
// failed write (a full disk) throws std::system_error, once, from check(), hand_over() or end(); what was written
// before stays. A reader that does not read is waited for until `give_up` says not to; then closed() turns true, too,
// and what was left is counted in events_not_written().
//
// Events may be held by who adds them, as those of a trail until it is told: event_held() when they come, and
// held_ended() when their text was added, or it is known that there will be none.
//
// One thread. Adding never waits and never throws but for lack of memory.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "io/background_writer.h"
#include "io/batch.h"

namespace skbtrail::io {

class EventWriter {
 public:
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;
  virtual ~EventWriter() = default;

  // When to stop waiting for a reader that does not read; a disk is always waited for. Without this: never.
  void give_up_when(const BackgroundWriter::GiveUp& give_up) {
    if (has_reader_) background_.give_up_when(give_up);
  }

  [[nodiscard]] fmt::memory_buffer& buffer() { return batch_.bytes; }

  // Call after each addition to the buffer; passes on what is enough.
  void added() {
    if (batch_.size() >= enough_) pass_on();
  }
  // The same, where it was an event.
  void event_added() {
    events_added_++;
    end_events(1);
    added();
  }
  // What is added for it comes later.
  void event_held() {
    events_added_++;
    held_++;
  }
  // So many of those that were held. added() has to follow.
  void held_ended(uint64_t events) {
    const uint64_t count = std::min(events, held_);
    held_ -= count;
    end_events(count);
  }
  // Whether what was handed over could be written so far.
  void check() { note(background_.error()); }
  // What was added is written soon.
  void hand_over() {
    if (batch_.size() > 0) pass_on();
    check();
  }
  // What was added is written when this returns.
  void flush() {
    if (batch_.size() > 0) pass_on();
    note(background_.wait());
  }

  // More waits to be written than should: add nothing, or wait for room.
  [[nodiscard]] bool congested() const { return background_.congested(); }
  void wait_for_room() { background_.wait_for_room(); }
  // For EPOLLET: there is room again, or a write failed.
  [[nodiscard]] int poll_fd() const { return background_.poll_fd(); }

  // Complete after flush(), or the end. What a reader that went away did not want is neither, and what waits to be
  // written is not lost.
  [[nodiscard]] uint64_t events_written() const { return background_.events_written() + textless_; }
  [[nodiscard]] uint64_t events_not_written() const {
    return closed_ && !reader_left_ ? events_added_ - events_written() : 0;
  }

  [[nodiscard]] bool closed() const { return closed_; }
  // "standard output", or the file's.
  [[nodiscard]] const std::string& name() const { return name_; }

 protected:
  // Borrows what writes. `enough`: bytes that are passed on together.
  EventWriter(BackgroundWriter& background, std::string name, size_t enough, bool has_reader)
      : background_(background), name_(std::move(name)), enough_(enough), has_reader_(has_reader) {}

  // Takes what is in batch_ to the thread.
  virtual void pass_on() { background_.add(batch_); }
  // "cannot write to x".
  [[nodiscard]] virtual std::string failure() const { return "cannot write to " + name_; }

  // Throws as said above.
  void note(int error);

  Batch batch_;

 private:
  void end_events(uint64_t count) {
    if (batch_.size() > 0)
      batch_.end_events(count);
    else if (!closed_)
      textless_ += count;
  }

  BackgroundWriter& background_;
  std::string name_;
  size_t enough_;
  bool has_reader_;
  bool closed_ = false, reader_left_ = false;
  uint64_t events_added_ = 0;
  uint64_t held_ = 0;      // of these
  uint64_t textless_ = 0;  // the same, for which there was nothing to write
};

}  // namespace skbtrail::io
