#include "output/write_behind.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace skbtrail::output {

namespace {
constexpr size_t kSpare = 4;
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

WriteBehind::WriteBehind(int fd) : fd_(fd), thread_([this] { run(); }) {}

WriteBehind::~WriteBehind() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

int WriteBehind::add(fmt::memory_buffer& buffer) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_bytes_ < kAhead; });
  if (error_ == 0 && buffer.size() > 0) {
    waiting_bytes_ += buffer.size();
    waiting_.push_back(std::move(buffer));
    changed_.notify_all();
    buffer = fmt::memory_buffer();
    if (!spare_.empty()) {
      buffer = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  buffer.clear();
  return error_;
}

int WriteBehind::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty(); });
  return error_;
}

void WriteBehind::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto& next = waiting_.front();  // stays where it is while others are added
    int error = error_;
    lock.unlock();
    if (error == 0) error = write_all(fd_, {next.data(), next.size()});
    lock.lock();
    error_ = error;
    waiting_bytes_ -= waiting_.front().size();
    if (spare_.size() < kSpare) {
      waiting_.front().clear();
      spare_.push_back(std::move(waiting_.front()));
    }
    waiting_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace skbtrail::output
