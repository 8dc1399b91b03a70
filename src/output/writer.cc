#include "output/writer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "io/own_file.h"

namespace skbtrail::output {

namespace {

int open_file(const std::string& path) {
  io::Fd file = io::open_own_file(path);
  if (!file) io::throw_not_opened(path, errno);
  return file.release();
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
