#include "io/write_all.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skbtrail::io {

Written write_all(int fd, std::string_view bytes, const std::atomic<bool>& stop) {
  Written done;
  while (done.bytes < bytes.size()) {
    if (stop) {
      done.error = ECANCELED;
      break;
    }
    const ssize_t some = write(fd, bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (some >= 0) {
      done.bytes += static_cast<size_t>(some);
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      done.error = errno;
      break;
    }
  }
  return done;
}

bool has_reader(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 && !S_ISREG(file.st_mode) && !S_ISBLK(file.st_mode);
}

}  // namespace skbtrail::io
