// Where lines go: a standard stream or a file, written in a thread (io/event_writer.h).
#pragma once

#include <string>

#include "io/event_writer.h"

namespace skbtrail::output {

class Writer final : public io::EventWriter {
 public:
  // Bytes that are written together. A file has time: each hand-over wakes the thread that writes, which at full rate
  // was a tenth of the CPU time that `json` takes.
  static constexpr size_t kEnoughForReader = 64u << 10, kEnoughForFile = 256u << 10;

  // Standard output, or standard error; not closed at the end.
  enum class Stream : uint8_t { output, error };
  explicit Writer(Stream stream = Stream::output);
  // Creates or empties the file. Throws std::system_error.
  explicit Writer(const std::string& path);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() override;

  [[nodiscard]] bool is_terminal() const;
  [[nodiscard]] size_t terminal_columns() const;  // 0: no terminal, or one that does not say
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Writer(int fd, bool owned, std::string name);

  int fd_;
  bool owned_;
  io::BackgroundWriter background_;
};

}  // namespace skbtrail::output
