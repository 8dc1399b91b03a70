// Several recordings and captures as one, in the order of their times of day. Each is read to its next event only.
//
// Events of one file stay in its order, also where a later one has an earlier time. Where times are equal, the file
// that was named first comes first.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "recording/reader.h"

namespace skbtrail::recording {

class Merge {
 public:
  // Throws std::system_error where a file cannot be opened.
  explicit Merge(const std::vector<std::string>& paths);

  // The reader that is at the oldest event or gap; null at the end of all, which may grow. Valid until the next
  // call.
  Reader* next();
  // What the reader of the last call is at.
  [[nodiscard]] Reader::Found found() const { return files_[at_].found; }

  // Reads each file that is at no event up to its next one; before the first call of next(), so that heads are
  // known.
  void begin();
  [[nodiscard]] const std::vector<std::unique_ptr<Reader>>& readers() const { return readers_; }

 private:
  struct File {
    Reader* reader;
    Reader::Found found;
  };

  static constexpr uint64_t kAskAgain = 1024;  // events of others, until a file that has ended is asked for more

  Reader* find_oldest();

  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<File> files_;
  uint64_t calls_ = 0;
  size_t at_ = 0;
  bool taken_ = false;  // the event at at_ was handed out
};

}  // namespace skbtrail::recording
