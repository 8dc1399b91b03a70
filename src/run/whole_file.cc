#include "run/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "io/write_all.h"
#include "run/errors.h"
#include "run/file_identity.h"
#include "stream/fd.h"

namespace skbtrail::run {

namespace {

constexpr int kNew = O_CREAT | O_TRUNC | O_NOFOLLOW;

std::string name_beside(const std::string& target) {
  constexpr size_t kLongest = 200;  // of 255
  const std::filesystem::path path(target);
  const std::string name = path.filename().string().substr(0, kLongest);
  return (path.parent_path() / fmt::format(".{}.{}", name, getpid())).string();
}

}  // namespace

void WholeFile::fail() const {
  throw RunError(fmt::format("cannot write '{}': {}", path_, std::strerror(errno)));
}

bool WholeFile::can_be_made() const {
  const stream::Fd file(open(beside_.c_str(), O_WRONLY | O_CLOEXEC | kNew, 0666));
  const int error = errno;
  if (file) unlink(beside_.c_str());
  errno = error;
  return static_cast<bool>(file);
}

WholeFile::WholeFile(const std::string& path) : path_(path), target_(followed(path)), beside_(name_beside(target_)) {
  struct stat file {};
  const bool exists = stat(path_.c_str(), &file) == 0;
  if (exists && S_ISDIR(file.st_mode)) {
    errno = EISDIR;
    fail();
  }
  if (exists && !S_ISREG(file.st_mode)) {
    in_place_ = true;
    if (access(path_.c_str(), W_OK) != 0) fail();
    return;
  }
  if (can_be_made() && (unlink(target_.c_str()) == 0 || errno == ENOENT)) return;
  if (!exists) fail();
  in_place_ = true;
  if (!stream::Fd(open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_TRUNC))) fail();
}

std::optional<WholeFile> WholeFile::of(const std::string& path) {
  if (path.empty() || path == "-") return std::nullopt;
  return WholeFile(path);
}

void WholeFile::put(const std::string& path, int flags, const std::string& text) const {
  stream::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666));
  if (!file) fail();
  const io::Written written = io::write_all(file.get(), text, false);
  if (written.error == 0 && close(file.release()) == 0) return;
  if (written.error) errno = written.error;
  const int error = errno;
  if (!in_place_) unlink(path.c_str());
  errno = error;
  fail();
}

void WholeFile::write(const std::string& text) const {
  if (in_place_) return put(path_, O_CREAT | O_TRUNC, text);
  put(beside_, kNew, text);
  if (rename(beside_.c_str(), target_.c_str()) != 0) fail();
}

}  // namespace skbtrail::run
