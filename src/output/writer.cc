#include "output/writer.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace skbtrail::output {

namespace {

bool is_regular_file(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

}  // namespace

Writer::Writer(Stream stream)
    : fd_(stream == Stream::error ? STDERR_FILENO : STDOUT_FILENO),
      owned_(false),
      is_file_(is_regular_file(fd_)),
      name_(stream == Stream::error ? "standard error" : "standard output") {}

Writer::Writer(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)), owned_(true), name_(path) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "cannot write '" + path + "'");
  is_file_ = is_regular_file(fd_);
}

Writer::~Writer() {
  behind_.reset();
  if (owned_) close(fd_);
}

void Writer::note(int error) {
  if (error == 0 || closed_) return;
  closed_ = true;
  if (error != EPIPE) throw std::system_error(error, std::generic_category(), "cannot write to " + name_);
}

void Writer::hand_over() {
  if (is_file_ && !behind_ && buffer_.size() >= kEnough) behind_ = std::make_unique<WriteBehind>(fd_);
  if (behind_) return note(behind_->add(buffer_));
  int error = closed_ ? 0 : write_all(fd_, {buffer_.data(), buffer_.size()});
  buffer_.clear();
  note(error);
}

void Writer::flush() {
  hand_over();
  if (behind_) note(behind_->wait());
}

bool Writer::is_terminal() const {
  return isatty(fd_) == 1;
}

size_t Writer::terminal_columns() const {
  winsize size{};
  return ioctl(fd_, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace skbtrail::output
