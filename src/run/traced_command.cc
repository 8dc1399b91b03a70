#include "run/traced_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace skbtrail::run {

namespace {

using std::chrono::milliseconds;

// After its end its last packets may still be on their way.
constexpr milliseconds kAfterEnd{500};
constexpr milliseconds kQuietAfterEnd{60};
// How long it may take to end when it was sent a signal.
constexpr milliseconds kPatience{2000};
// That it goes on after the run is said after this time.
constexpr milliseconds kSilence{1000};

}  // namespace

TracedCommand::TracedCommand(const CommandPlan& plan, const std::function<void(pid_t)>& before, Loop& loop,
                             const Signals& signals, Tell tell)
    : command_(plan, before), signals_(signals), tell_(std::move(tell)) {
  loop.watch(command_.poll_fd(), EPOLLIN, [this, &loop](uint32_t) {
    if (!command_.ended()) return;
    ended_at_ = loop.now();
    loop.forget(command_.poll_fd());
  });
}

bool TracedCommand::is_over(Clock::time_point last_event) const {
  if (!ended_at_) return false;
  const auto now = Clock::now();
  return now - *ended_at_ >= kAfterEnd || now - std::max(last_event, *ended_at_) >= kQuietAfterEnd;
}

int TracedCommand::exit_status(int signal, bool out_of_time) {
  if (out_of_time) signal = SIGTERM;
  if (const auto status = command_.ended()) return *status;
  return signal ? end(signal, out_of_time) : await();
}

// It gets the signal that ended the run, or SIGTERM where that was --duration. If it goes on it is left alone.
int TracedCommand::end(int signal, bool out_of_time) {
  if (out_of_time)
    tell_(fmt::format("--duration is over: SIGTERM is sent to the command (process {})", command_.pid()));
  command_.signal(signal);
  if (const auto status = command_.wait_for(kPatience)) return *status;
  tell_(fmt::format("the command (process {}) has not ended, and is left alone", command_.pid()));
  return 128 + signal;
}

// Where the run ended before it, by -c or because its reader went away: until it ends, or a signal comes.
int TracedCommand::await() {
  pollfd ends[] = {{command_.poll_fd(), POLLIN, 0}, {signals_.poll_fd(), POLLIN, 0}};
  if (poll(ends, 2, static_cast<int>(kSilence.count())) == 0) {
    tell_(fmt::format("the command (process {}) goes on, untraced", command_.pid()));
    poll(ends, 2, -1);
  }
  if (const auto status = command_.ended()) return *status;
  return end(signals_.received(), false);
}

}  // namespace skbtrail::run
