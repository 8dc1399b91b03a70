#include "io/background_writer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

namespace skbtrail::io {

namespace {

using std::chrono::milliseconds;

constexpr size_t kSpare = 4;
constexpr milliseconds kAskEvery{10};
constexpr milliseconds kInterruptEvery{2};

// All signals are for the user's thread, but the one that interrupts a write, and the one that stops a process which
// writes to a terminal from the background (stty tostop): blocked, it would not.
void block_signals() {
  sigset_t blocked;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGURG);
  sigdelset(&blocked, SIGTTOU);
  pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

// A signal without a handler interrupts nothing.
void handle_interruption() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigemptyset(&action.sa_mask);
  sigaction(SIGURG, &action, nullptr);
}

}  // namespace

BackgroundWriter::BackgroundWriter(size_t ahead, Write write)
    : ahead_(ahead), write_(std::move(write)), bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (bell_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
}

BackgroundWriter::~BackgroundWriter() {
  wait();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  close(bell_);
}

void BackgroundWriter::put(Item item) {
  waiting_bytes_ += item.batch.size();
  waiting_.push_back(std::move(item));
  changed_.notify_all();
}

void BackgroundWriter::add(Batch& batch) {
  const std::lock_guard lock(mutex_);
  if (error_ == 0 && batch.size() > 0) {
    put({std::move(batch), nullptr});
    batch = Batch();
    if (!spare_.empty()) {
      batch = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  batch.clear();
}

void BackgroundWriter::add(Step step) {
  Item item;
  item.step = std::move(step);
  const std::lock_guard lock(mutex_);
  put(std::move(item));
}

bool BackgroundWriter::congested() const {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_ >= ahead_;
}

int BackgroundWriter::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

uint64_t BackgroundWriter::events_written() const {
  const std::lock_guard lock(mutex_);
  return events_written_;
}

void BackgroundWriter::wait_for_room() {
  wait_until([this] { return waiting_bytes_ < ahead_; });
}

int BackgroundWriter::wait() {
  wait_until([this] { return waiting_.empty(); });
  return error();
}

void BackgroundWriter::wait_until(const std::function<bool()>& holds) {
  std::unique_lock lock(mutex_);
  if (!give_up_) return changed_.wait(lock, holds);
  while (!changed_.wait_for(lock, kAskEvery, holds)) {
    lock.unlock();
    const bool enough = give_up_();
    lock.lock();
    if (enough) return abandon(lock);
  }
}

void BackgroundWriter::abandon(std::unique_lock<std::mutex>& lock) {
  handle_interruption();
  stop_ = true;
  while (!changed_.wait_for(lock, kInterruptEvery, [this] { return waiting_.empty(); }))
    pthread_kill(thread_.native_handle(), SIGURG);
}

int BackgroundWriter::carry_out(const Item& item, uint64_t& events) {
  if (item.step) return item.step(stop_);
  const Written written = write_(item.batch, stop_);
  events = item.batch.events_within(written.bytes);
  return written.error;
}

void BackgroundWriter::take_front() {
  Item& front = waiting_.front();
  waiting_bytes_ -= front.batch.size();
  if (spare_.size() < kSpare && !front.step) {
    front.batch.clear();
    spare_.push_back(std::move(front.batch));
  }
  waiting_.pop_front();
}

void BackgroundWriter::run() {
  block_signals();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Item& next = waiting_.front();  // stays where it is while others are added
    const int before = error_;
    int error = before;
    uint64_t events = 0;
    lock.unlock();
    if (error == 0) error = carry_out(next, events);
    lock.lock();
    error_ = error;
    events_written_ += events;
    const bool was_congested = waiting_bytes_ >= ahead_;
    take_front();
    const uint64_t one = 1;
    if (error != before || (was_congested && waiting_bytes_ < ahead_)) (void)!write(bell_, &one, sizeof(one));
    changed_.notify_all();
  }
}

}  // namespace skbtrail::io
