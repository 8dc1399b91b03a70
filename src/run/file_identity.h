// Which file a name means: so that two outputs do not end up in one file, under whatever names, and no input is written
// over. A file that is there is known by its inode, one that is not there yet by the folder that it will be in and its
// name there.
#pragma once

#include <sys/types.h>

#include <string>

namespace skbtrail::run {

// The name that opening `path` for writing would make or open, with symbolic links of the last part followed.
std::string followed(std::string path);

class FileIdentity {
 public:
  static FileIdentity of_name(const std::string& path);
  static FileIdentity of_descriptor(int fd);

  // Never of character devices such as /dev/null, which may be shared.
  [[nodiscard]] bool is_same_as(const FileIdentity& other) const;
  // Is, or may become, one of the files that `recording::numbered()` makes of this name.
  [[nodiscard]] bool is_numbered(const std::string& ring) const;

 private:
  struct Inode {
    dev_t device = 0;
    ino_t number = 0;  // 0: not known
    bool operator==(const Inode& other) const = default;
  };

  bool device_ = false;  // a character device
  Inode file_, folder_;
  std::string name_;  // in the folder
};

}  // namespace skbtrail::run
