#include "output/writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace skbtrail::output {

Writer::Writer() : fd_(STDOUT_FILENO), owned_(false), name_("standard output") {}

Writer::Writer(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)), owned_(true), name_(path) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot write '" + path + "'");
}

Writer::~Writer() {
  if (owned_) close(fd_);
}

void Writer::flush() {
  const char* at = buffer_.data();
  size_t left = buffer_.size();
  while (left > 0 && !closed_) {
    ssize_t written = write(fd_, at, left);
    if (written >= 0) {
      at += written;
      left -= static_cast<size_t>(written);
    } else if (errno == EAGAIN) {  // somebody else made this descriptor non-blocking
      pollfd writable{fd_, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno == EPIPE) {
      closed_ = true;
    } else if (errno != EINTR) {
      int error = errno;
      buffer_.clear();
      closed_ = true;
      throw std::system_error(error, std::generic_category(), "cannot write to " + name_);
    }
  }
  buffer_.clear();
}

bool Writer::is_terminal() const {
  return isatty(fd_) == 1;
}

size_t Writer::terminal_columns() const {
  winsize size{};
  return ioctl(fd_, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace skbtrail::output
