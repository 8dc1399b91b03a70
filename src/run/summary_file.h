// --summary: what a run came to, as JSON, in a file or on standard error.
#pragma once

#include <optional>
#include <string>

#include "event/summary.h"
#include "run/whole_file.h"

namespace skbtrail::run {

class SummaryFile {
 public:
  // Empty: there is none; "-": standard error. Throws RunError where it could not be written.
  explicit SummaryFile(const std::string& path) : file_(WholeFile::of(path)), to_stderr_(path == "-") {}

  // Throws RunError.
  void write(const event::Summary& summary) const;

 private:
  std::optional<WholeFile> file_;
  bool to_stderr_;
};

}  // namespace skbtrail::run
