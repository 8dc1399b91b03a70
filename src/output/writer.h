// Where a run's output goes: a descriptor with a large buffer in front.
//
// What goes to a file, once there is much, is written in a thread (write_behind.h).
//
// A reader that went away (EPIPE) is no failure: closed() turns true and what is written after is dropped. Any other
// failed write (a full disk) throws std::system_error, once, from the call that learns of it; what was written before
// stays.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>

#include "output/write_behind.h"

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

  [[nodiscard]] fmt::memory_buffer& buffer() { return buffer_; }

  // Call after each addition to the buffer; writes when enough has come together.
  void added() {
    if (buffer_.size() >= kEnough) hand_over();
  }
  // What was added is written soon.
  void hand_over();
  // What was added is written when this returns.
  void flush();

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool is_terminal() const;
  [[nodiscard]] size_t terminal_columns() const;  // 0: no terminal, or one that does not say
  [[nodiscard]] int fd() const { return fd_; }

 private:
  void note(int error);

  static constexpr size_t kEnough = 64u << 10;

  int fd_;
  bool owned_;
  bool is_file_ = false;
  bool closed_ = false;
  std::string name_;
  fmt::memory_buffer buffer_;
  std::unique_ptr<WriteBehind> behind_;
};

}  // namespace skbtrail::output
