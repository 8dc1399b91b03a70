// Writes a file behind its user's back, in a thread: a disk that lets a write wait for longer than a ring of events
// lasts must not keep anybody from reading the rings.
//
// At most kAhead bytes wait, then add() does too. The descriptor is borrowed, and must outlive this. One thread calls.
#pragma once

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace skbtrail::output {

// Writes all of it, interrupted or not; also to a descriptor that somebody else made non-blocking. Returns 0 or the
// errno.
int write_all(int fd, std::string_view text);

class WriteBehind {
 public:
  static constexpr size_t kAhead = 32u << 20;

  explicit WriteBehind(int fd);
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;
  // Waits until everything is written.
  ~WriteBehind();

  // Takes what is in the buffer and leaves it empty. Returns the errno of the first write that failed, 0 if none has;
  // what is added after that is dropped.
  int add(fmt::memory_buffer& buffer);

  // Waits until everything is written; returns as add() does.
  int wait();

 private:
  void run();

  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<fmt::memory_buffer> waiting_;  // the first is being written
  std::vector<fmt::memory_buffer> spare_;   // written and empty, for their memory
  size_t waiting_bytes_ = 0;
  int error_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace skbtrail::output
