#include "run/signals.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace skbtrail::run {

namespace {

constexpr int64_t kTwinNs = 100'000'000;

// All that a handler can reach.
volatile sig_atomic_t received_signal = 0;
volatile int event_fd = -1;
std::atomic<int64_t> received_ns{0};
static_assert(std::atomic<int64_t>::is_always_lock_free);

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void note_first(int number) {
  received_signal = number;
  received_ns = now_ns();
  const uint64_t one = 1;
  (void)!write(event_fd, &one, sizeof(one));
}

extern "C" void note_signal(int number) {
  const int error = errno;
  const bool twin = number == received_signal && now_ns() - received_ns < kTwinNs;
  if (received_signal == 0) {
    note_first(number);
  } else if (number != SIGHUP && !twin) {
    (void)signal(number, SIG_DFL);
    (void)raise(number);  // is taken when this returns
  }
  errno = error;
}

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  event_fd = event_.get();
  struct sigaction action {};
  action.sa_handler = note_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  if (!is_ignored(SIGHUP)) sigaction(SIGHUP, &action, nullptr);
  (void)signal(SIGPIPE, SIG_IGN);
  (void)signal(SIGXFSZ, SIG_IGN);
}

int Signals::received() const {
  return received_signal;
}

}  // namespace skbtrail::run
