#include "settings/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>

#include "io/fd.h"

namespace skbtrail::settings {

namespace {

constexpr size_t kMostBytes = 1u << 20;  // of a file; those that are built in have less than 100 KiB
constexpr int kPatienceMs = 1000;

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
  return value ? value : "";
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw FileError(fmt::format("{}: cannot be read ({})", path, why));
}

// A pipe, <(...) of a shell, may be read as a file.
void refuse_what_is_no_file(const FileKind& kind, const std::string& path, int fd) {
  struct stat file {};
  if (fstat(fd, &file) != 0) refuse(path, std::strerror(errno));
  const std::string instead = kind.option.empty() ? "" : fmt::format("; {} takes a file of it", kind.option);
  if (S_ISDIR(file.st_mode)) refuse(path, "it is a directory" + instead);
  if (!S_ISREG(file.st_mode) && !S_ISFIFO(file.st_mode)) refuse(path, "it is a device or a socket and no file");
}

// 0: it has ended.
size_t read_piece(const std::string& path, int fd, std::span<char> to) {
  for (;;) {
    const ssize_t some = read(fd, to.data(), to.size());
    if (some >= 0) return static_cast<size_t>(some);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) refuse(path, std::strerror(errno));
    pollfd readable{fd, POLLIN, 0};
    if (poll(&readable, 1, kPatienceMs) == 0) refuse(path, "it is a pipe, and nothing came out of it for a second");
  }
}

}  // namespace

std::string read_file(const FileKind& kind, const std::string& path) {
  const io::Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer opens, too
  if (!file) refuse(path, std::strerror(errno));
  refuse_what_is_no_file(kind, path, file.get());
  std::string text;
  std::array<char, 64 << 10> piece{};
  while (const size_t some = read_piece(path, file.get(), piece)) {
    text.append(piece.data(), some);
    if (text.size() > kMostBytes)
      refuse(path, fmt::format("it has more than {} KiB, and {} has a few", kMostBytes >> 10, kind.what));
  }
  return text;
}

std::vector<std::string> folders(const FileKind& kind) {
  const std::string below = fmt::format("/skbtrail/{}", kind.folder);
  std::vector<std::string> found{"/etc" + below};
  std::string config = variable("XDG_CONFIG_HOME");
  if (const std::string home = variable("HOME"); config.empty() && !home.empty()) config = home + "/.config";
  if (!config.empty()) found.push_back(config + below);
  return found;
}

std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".yaml") files.push_back(entry->path().string());
  // Another user's folder is none of ours: HOME is often that of who became another.
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::permission_denied)
    throw FileError(fmt::format("{}: cannot be read ({})", folder, error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace skbtrail::settings
