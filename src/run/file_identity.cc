#include "run/file_identity.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "recording/files.h"

namespace skbtrail::run {

namespace fs = std::filesystem;

std::string followed(std::string path) {
  constexpr int kMostLinks = 40;  // as the kernel
  for (int i = 0; i < kMostLinks; i++) {
    std::error_code no_link;
    const fs::path target = fs::read_symlink(path, no_link);
    if (no_link) break;
    path = target.is_absolute() ? target.string() : (fs::path(path).parent_path() / target).string();
  }
  return path;
}

FileIdentity FileIdentity::of_name(const std::string& path) {
  FileIdentity identity;
  struct stat file {};
  if (stat(path.c_str(), &file) == 0) {
    identity.device_ = S_ISCHR(file.st_mode);
    identity.file_ = {file.st_dev, file.st_ino};
  }
  const fs::path last = followed(path);
  const std::string folder = last.has_parent_path() ? last.parent_path().string() : ".";
  if (stat(folder.c_str(), &file) == 0) identity.folder_ = {file.st_dev, file.st_ino};
  identity.name_ = last.filename();
  return identity;
}

FileIdentity FileIdentity::of_descriptor(int fd) {
  FileIdentity identity;
  struct stat file {};
  if (fstat(fd, &file) != 0) return identity;
  identity.device_ = S_ISCHR(file.st_mode);
  identity.file_ = {file.st_dev, file.st_ino};
  return identity;
}

bool FileIdentity::is_same_as(const FileIdentity& other) const {
  if (device_ || other.device_) return false;
  if (file_.number && file_ == other.file_) return true;
  return folder_.number && folder_ == other.folder_ && name_ == other.name_;
}

bool FileIdentity::is_numbered(const std::string& ring) const {
  const FileIdentity first = of_name(ring);
  return folder_.number && folder_ == first.folder_ && recording::number_in(first.name_, name_).has_value();
}

}  // namespace skbtrail::run
