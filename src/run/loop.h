// What a run waits for: descriptors, and times. Whoever waits for something hands in what is to be done then; turn()
// waits for the first of all and does it.
//
//   loop.watch(fd, EPOLLIN, [](uint32_t events) { ... });
//   loop.at(Clock::now() + 500ms, [] { ... });
//   while (!ended) loop.turn(limit);
//
// Within a turn timers that are due come first, in the order of their times, then descriptors, in the order in which
// they were first watched. A handler may watch and forget anything, itself included; what was forgotten is not called
// any more, also in this turn. A turn may end early, with nothing done: a signal came, or a descriptor was ready that
// has no handler any more.
//
// A descriptor is told of for as long as it is ready, unless it is watched with EPOLLET or EPOLLONESHOT: a handler of
// one that hung up has to forget it, or to end the run. Borrows descriptors; they are forgotten before they are closed.
// One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "io/fd.h"

namespace skbtrail::run {

class Loop {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  using Handler = std::function<void(uint32_t events)>;
  using Due = std::function<void()>;

  // With nothing to do. Whatever may come wakes it.
  static constexpr std::chrono::milliseconds kForever{3'600'000};

  // Throws std::system_error. `now`: for tests.
  explicit Loop(Now now = Clock::now);

  // `events` of epoll_ctl(2). What cannot be watched because it is always ready (a regular file) is left alone. Throws
  // std::system_error.
  void watch(int fd, uint32_t events, Handler handler);
  // One that is watched with EPOLLONESHOT, and was told of: once more.
  void arm(int fd);
  void forget(int fd);

  enum class Wakes : uint8_t {
    yes,
    no,  // it is done in the first turn after its time, which does not end for it
  };
  // Once, not before `when`.
  void at(Clock::time_point when, Due due, Wakes wakes = Wakes::yes);

  // Waits for something to do, at most so long, and does all that there is. Returns whether there was anything.
  bool turn(std::chrono::milliseconds limit);

  [[nodiscard]] Clock::time_point now() const { return now_(); }

 private:
  struct Watched {
    int fd;
    uint32_t events;
    uint64_t number;  // the order of the first watch
    Handler handler;
    bool forgotten = false;
  };
  struct Timer {
    Due due;
    Wakes wakes;
  };

  [[nodiscard]] int wait_time(std::chrono::milliseconds limit) const;
  bool run_timers();

  Now now_;
  io::Fd epoll_;
  uint64_t next_number_ = 0;
  std::map<int, std::shared_ptr<Watched>> watched_;  // by descriptor
  std::multimap<Clock::time_point, Timer> timers_;
};

}  // namespace skbtrail::run
