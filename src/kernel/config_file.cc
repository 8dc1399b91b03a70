#include "kernel/config_file.h"

#include <sys/utsname.h>
#include <zlib.h>

#include <array>
#include <memory>
#include <sstream>

namespace skbtrail::kernel {

namespace {

struct CloseCompressed {
  void operator()(gzFile file) const { gzclose(file); }
};

}  // namespace

std::optional<ConfigFile> ConfigFile::of_kernel() {
  if (auto file = read("/proc/config.gz")) return file;
  utsname names{};
  if (uname(&names) != 0) return std::nullopt;
  return read(std::string("/boot/config-") + names.release);
}

std::optional<ConfigFile> ConfigFile::read(const std::string& path) {
  // Reads plain files as they are.
  const std::unique_ptr<gzFile_s, CloseCompressed> file(gzopen(path.c_str(), "re"));
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 16384> block{};
  int length = 0;
  while ((length = gzread(file.get(), block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<size_t>(length));
  if (length < 0) return std::nullopt;
  return ConfigFile(path, text);
}

ConfigFile::ConfigFile(std::string path, const std::string& text) : path_(std::move(path)) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (line.starts_with("CONFIG_") && equals != std::string::npos)
      values_.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
}

std::string ConfigFile::value(const std::string& option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? "not set" : found->second;
}

}  // namespace skbtrail::kernel
