#include "output/writer.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace skbtrail::output {

namespace {

int open_file(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot write '" + path + "'");
  return fd;
}

}  // namespace

Writer::Writer(Stream stream)
    : Writer(stream == Stream::error ? STDERR_FILENO : STDOUT_FILENO, false,
             stream == Stream::error ? "standard error" : "standard output") {}

Writer::Writer(const std::string& path) : Writer(open_file(path), true, path) {}

Writer::Writer(int fd, bool owned, std::string name)
    : EventWriter(background_, std::move(name), io::has_reader(fd) ? kEnoughForReader : kEnoughForFile,
                  io::has_reader(fd)),
      fd_(fd),
      owned_(owned),
      background_(io::has_reader(fd) ? io::BackgroundWriter::kAheadOfReader : io::BackgroundWriter::kAheadOfDisk,
                  [fd](const io::Batch& batch, const std::atomic<bool>& stop) {
                    return io::write_all(fd, {batch.bytes.data(), batch.size()}, stop);
                  }) {}

Writer::~Writer() {
  background_.wait();
  if (owned_) close(fd_);
}

bool Writer::is_terminal() const {
  return isatty(fd_) == 1;
}

size_t Writer::terminal_columns() const {
  winsize size{};
  return ioctl(fd_, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace skbtrail::output
