#include "recording/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace skbtrail::recording {

namespace {

constexpr size_t kAtOnce = 1u << 20;

bool is_pipe(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode));
}

}  // namespace

Input::Input(const std::string& path) : path_(path) {
  if (path == "-") {
    path_ = "standard input";
    fd_ = STDIN_FILENO;
  } else {
    file_ = io::Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_) throw std::system_error(errno, std::generic_category(), fmt::format("cannot read '{}'", path));
    fd_ = file_.get();
  }
  is_pipe_ = is_pipe(fd_);
}

Input::Input(std::span<const std::byte> bytes) : memory_(bytes) {}

Input::~Input() = default;

size_t Input::read_raw(std::byte* to, size_t size) {
  if (fd_ < 0) {
    const size_t some = std::min(size, memory_.size());
    if (some) std::memcpy(to, memory_.data(), some);
    memory_ = memory_.subspan(some);
    is_at_end_ = some == 0;
    return some;
  }
  for (;;) {
    const ssize_t some = read(fd_, to, size);
    is_drained_ |= some == 0 && is_pipe_;
    is_at_end_ = some == 0;
    if (some >= 0) return static_cast<size_t>(some);
    if (errno == EINTR) return 0;  // a signal: the caller asks again if it wants to
    throw std::system_error(errno, std::generic_category(), fmt::format("cannot read '{}'", path_));
  }
}

size_t Input::decompress(std::byte* to, size_t size) {
  size_t made = 0;
  while (made == 0 && problem().empty()) {
    if (compressed_at_ == compressed_.size() && !decompressor_->holds_back()) {
      compressed_.resize(kAtOnce);
      compressed_.resize(read_raw(compressed_.data(), kAtOnce));
      compressed_at_ = 0;
      if (compressed_.empty()) break;
    }
    const auto step = decompressor_->step(std::span(compressed_).subspan(compressed_at_), {to, size});
    compressed_at_ += step.taken;
    made = step.made;
  }
  return made;
}

size_t Input::read_some(std::byte* to, size_t size) {
  return decompressor_ ? decompress(to, size) : read_raw(to, size);
}

// With the first bytes in the buffer, not compressed yet as far as anybody knows.
void Input::find_compression() {
  looked_ = true;
  decompressor_ = Decompressor::of({buffer_.data(), end_});
  if (!decompressor_) return;
  compressed_.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(end_));
  end_ = 0;
}

bool Input::want(size_t size) {
  if (end_ - at_ >= size) return true;
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
    end_ -= at_;
    at_ = 0;
  }
  // The rest of a piece that is longer than usual comes as it comes, so that a lie about its length costs nothing.
  while (end_ < size) {
    if (buffer_.size() - end_ < kAtOnce / 2) buffer_.resize(std::max(kAtOnce, buffer_.size() * 2));
    const size_t room = looked_ ? buffer_.size() - end_ : std::min(buffer_.size() - end_, kAtOnce);
    const size_t some = read_some(buffer_.data() + end_, room);
    if (some == 0) return false;
    end_ += some;
    if (!looked_ && end_ >= Decompressor::kMagic) find_compression();
  }
  return true;
}

}  // namespace skbtrail::recording
