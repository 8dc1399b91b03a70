// How the running kernel was configured: /proc/config.gz, or /boot/config-RELEASE, if there is one that may be read.
//
// It is evidence, not truth: what counts is what was tried. An option that is not in the file at all (another
// kernel version has it, or what it depends on is off) is as good as not set.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace skbtrail::kernel {

class ConfigFile {
 public:
  // Nothing where none of them can be read.
  static std::optional<ConfigFile> of_kernel();
  // Plain or compressed with gzip.
  static std::optional<ConfigFile> read(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // "y", "m", a number or a text; "not set".
  [[nodiscard]] std::string value(const std::string& option) const;

 private:
  ConfigFile(std::string path, const std::string& text);

  std::string path_;
  std::map<std::string, std::string> values_;
};

}  // namespace skbtrail::kernel
