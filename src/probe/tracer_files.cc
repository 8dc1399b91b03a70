#include "probe/tracer_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace skbtrail::probe {

namespace {

constexpr const char* kBelowConfig = "/skbtrail/tracers.d";

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".yaml") files.push_back(entry->path().string());
  // Another user's folder is none of ours: HOME is often that of who became somebody else.
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::permission_denied)
    throw TracerFileError(fmt::format("{}: cannot be read ({})", folder, error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
  return value ? value : "";
}

}  // namespace

std::string read_tracer_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw TracerFileError(fmt::format("{}: cannot be read ({})", path, std::strerror(errno)));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw TracerFileError(fmt::format("{}: cannot be read ({})", path, std::strerror(errno)));
  return text;
}

std::vector<std::string> tracer_folders() {
  std::vector<std::string> folders{std::string("/etc") + kBelowConfig};
  std::string config = variable("XDG_CONFIG_HOME");
  if (const std::string home = variable("HOME"); config.empty() && !home.empty()) config = home + "/.config";
  if (!config.empty()) folders.push_back(config + kBelowConfig);
  return folders;
}

TracerTree load_tracer_tree(const std::vector<std::string>& folders, const std::vector<std::string>& files) {
  TracerTree tree;
  for (const auto& folder : folders)
    for (const auto& file : files_of(folder)) tree.add(read_tracer_file(file), file);
  for (const auto& file : files) tree.add(read_tracer_file(file), file);
  return tree;
}

}  // namespace skbtrail::probe
