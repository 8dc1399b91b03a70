#include "io/own_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace skbtrail::io {

// Not emptied before it is known to be ours.
Fd open_own_file(const std::string& path) {
  Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  struct stat found {};
  if (!file || fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return file;
  // File systems without locks have none.
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    file.reset();
    errno = EBUSY;
    return {};
  }
  if (ftruncate(file.get(), 0) == 0) return file;
  const int error = errno;
  file.reset();
  errno = error;
  return {};
}

void throw_not_opened(const std::string& path, int error) {
  const std::string what = "cannot write '" + path + "'";
  if (error == EBUSY) throw std::runtime_error(what + ": another run writes to it");
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace skbtrail::io
