// Where a run's output goes: a descriptor with a large buffer in front, written in a thread (io/background_writer.h).
//
// A reader that went away (EPIPE) is no failure: closed() turns true and what is written after is dropped. Any other
// failed write (a full disk) throws std::system_error, once, from hand_over() or flush(); what was written before
// stays. A reader that does not read is waited for until `give_up` says not to; then closed() turns true, too, and
// what was left is counted in events_not_written().
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "io/background_writer.h"
#include "io/batch.h"

namespace skbtrail::output {

class Writer {
 public:
  // Standard output, or standard error; not closed at the end.
  enum class Stream : uint8_t { output, error };
  explicit Writer(Stream stream = Stream::output);
  // Creates or empties the file. Throws std::system_error.
  explicit Writer(const std::string& path);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  // When to stop waiting for somebody who does not read; a disk is always waited for. Without this: never.
  void give_up_when(const io::BackgroundWriter::GiveUp& give_up);

  [[nodiscard]] fmt::memory_buffer& buffer() { return batch_.bytes; }

  // Call after each addition to the buffer; writes when enough has come together. Never waits, never throws.
  void added() {
    if (batch_.size() >= kEnough) pass_on();
  }
  // The same, where it was an event.
  void event_added() {
    batch_.end_event();
    events_added_++;
    added();
  }
  // Whether what was handed over could be written so far.
  void check() { note(behind_.error()); }
  // What was added is written soon.
  void hand_over();
  // What was added is written when this returns.
  void flush();

  // More waits to be written than should: add nothing, or wait for room.
  [[nodiscard]] bool congested() const { return behind_.congested(); }
  void wait_for_room() { behind_.wait_for_room(); }
  // For EPOLLET: there is room again, or a write failed.
  [[nodiscard]] int poll_fd() const { return behind_.poll_fd(); }

  // Complete after flush(). What a reader that went away did not want is neither.
  [[nodiscard]] uint64_t events_written() const { return behind_.events_written(); }
  [[nodiscard]] uint64_t events_not_written() const { return reader_left_ ? 0 : events_added_ - events_written(); }

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool is_terminal() const;
  [[nodiscard]] size_t terminal_columns() const;  // 0: no terminal, or one that does not say
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  Writer(int fd, bool owned, std::string name);
  void pass_on();
  void note(int error);

  static constexpr size_t kEnough = 64u << 10;

  int fd_;
  bool owned_;
  bool has_reader_;
  bool closed_ = false;
  bool reader_left_ = false;
  std::string name_;
  io::Batch batch_;
  uint64_t events_added_ = 0;
  io::BackgroundWriter behind_;
};

}  // namespace skbtrail::output
