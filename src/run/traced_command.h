// The command after `--`, as long as a trace lasts: it ends the trace, a moment later, and the trace passes on its
// status. Where the trace ends first (-c, a signal, --duration, its reader) the command is told, or waited for.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "run/command.h"
#include "run/loop.h"
#include "run/signals.h"

namespace skbtrail::run {

class TracedCommand {
 public:
  using Clock = Loop::Clock;
  using Tell = std::function<void(const std::string& text)>;

  // Starts it; `before` as for Command. Borrows the loop, which it is waited for in, and the signals. `tell`: what a
  // person should know of it.
  TracedCommand(const CommandPlan& plan, const std::function<void(pid_t)>& before, Loop& loop, const Signals& signals,
                Tell tell);

  [[nodiscard]] bool ended() { return command_.ended().has_value(); }
  // It has ended, and its last packets, of which the last came at `last_event`, are freed as far as can be told.
  [[nodiscard]] bool is_over(Clock::time_point last_event) const;
  // is_over() has to be asked so often.
  [[nodiscard]] bool is_ending() const { return ended_at_.has_value(); }

  // The trace is over: by `signal`, 0: by none; by --duration. Returns the exit status; 128 + N after signal N.
  int exit_status(int signal, bool out_of_time);

 private:
  int end(int signal, bool out_of_time);
  int await();

  Command command_;
  const Signals& signals_;
  Tell tell_;
  std::optional<Clock::time_point> ended_at_;
};

}  // namespace skbtrail::run
