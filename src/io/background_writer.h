// Writes in a thread of its own: neither a disk that lets writes wait nor the reader of a pipe
// who does not read keeps the user from reading the rings, or from ending.
//
//   user: add(), add() ... ──► queue ──► thread: Write, Step, Write ...
//
// add() never waits. A user who produces more than is written looks at congested() and stops, or calls wait_for_room().
// The first error ends it: what was added before and after is dropped, and counted as not written.
//
// Whoever waits here asks `give_up` every few milliseconds. When that says yes, a write that blocks is interrupted by a
// signal to the thread (SIGURG, which has no effect otherwise; repeated, because one that comes just before the system
// call is lost), and the error is ECANCELED. O_NONBLOCK would be simpler, but belongs to all processes that share the
// pipe.
//
// Borrows what Write and Step borrow. One thread calls.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "io/batch.h"
#include "io/write_all.h"

namespace skbtrail::io {

class BackgroundWriter {
 public:
  // In the thread: writes a batch, and tells how many of its bytes will be read back.
  using Write = std::function<Written(const Batch&, const std::atomic<bool>& stop)>;
  // In the thread, in its turn: something else to be done there. Returns the errno.
  using Step = std::function<int(const std::atomic<bool>& stop)>;
  using GiveUp = std::function<bool()>;

  // So much may wait for a disk; and for a reader, who wants to see what happens now.
  static constexpr size_t kAheadOfDisk = 32u << 20;
  static constexpr size_t kAheadOfReader = 1u << 20;

  BackgroundWriter(size_t ahead, Write write);
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;
  // Waits as wait() does.
  ~BackgroundWriter();

  // None: never. It is called by the user's thread.
  void give_up_when(GiveUp give_up) { give_up_ = std::move(give_up); }

  // Takes the batch and leaves it empty.
  void add(Batch& batch);
  void add(Step step);

  // As much waits as may.
  [[nodiscard]] bool congested() const;
  // Until it is not congested any more.
  void wait_for_room();
  // Until nothing waits any more. Returns error().
  int wait();

  // Of the first write that failed; 0 if none has.
  [[nodiscard]] int error() const;
  // In the batches that were written.
  [[nodiscard]] uint64_t events_written() const;

  // An eventfd that is written to when it is not congested any more, and when a write failed. It is never read: it is
  // for EPOLLET.
  [[nodiscard]] int poll_fd() const { return bell_; }

 private:
  struct Item {
    Batch batch;
    Step step;  // none: the batch is written
  };

  void run();
  int carry_out(const Item& item, uint64_t& events);
  void put(Item item);
  void take_front();
  void wait_until(const std::function<bool()>& holds);
  void abandon(std::unique_lock<std::mutex>& lock);

  size_t ahead_;
  Write write_;
  GiveUp give_up_;
  int bell_;
  std::atomic<bool> stop_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;  // the first is being carried out
  std::vector<Batch> spare_;  // written and empty, for their memory
  size_t waiting_bytes_ = 0;
  uint64_t events_written_ = 0;
  int error_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace skbtrail::io
