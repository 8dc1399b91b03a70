// A small file that others wait for: it is there only when it is whole.
//
// It is written beside its target and renamed to it. Where that cannot be (a file that may be written in a folder that
// may not, one that is mounted by itself, a device, a pipe) it is written in place.
#pragma once

#include <optional>
#include <string>

namespace skbtrail::run {

class WholeFile {
 public:
  // Removes what an earlier run left there. Throws RunError where it could not be written.
  explicit WholeFile(const std::string& path);

  // Of --summary or --ready-file; none where there is no name, or it is that of a standard stream.
  static std::optional<WholeFile> of(const std::string& path);

  // Throws RunError.
  void write(const std::string& text) const;

 private:
  [[noreturn]] void fail() const;
  void put(const std::string& path, int flags, const std::string& text) const;
  [[nodiscard]] bool can_be_made() const;

  std::string path_;    // as it was named
  std::string target_;  // with symbolic links followed
  std::string beside_;  // where it is written first
  bool in_place_ = false;
};

}  // namespace skbtrail::run
