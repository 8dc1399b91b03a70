// How long a run that ends waits for a reader that does not read what it wrote.
//
// As long as it takes, where the run came to its end by itself; kLastWait in all, where a signal or --duration ended
// it. What is left then is counted as not written.
#pragma once

#include <algorithm>
#include <chrono>

#include "run/signals.h"

namespace skbtrail::run {

class Patience {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kLastWait{400};

  // Borrowed.
  explicit Patience(const Signals& signals) : signals_(signals) {}

  void limit() { limited_ = true; }

  // To be asked every few milliseconds by whoever waits. Between two questions that are further apart something else
  // was done.
  bool is_over() {
    constexpr Clock::duration kBetweenQuestions = std::chrono::milliseconds(20);
    const auto now = Clock::now();
    waited_ += std::min(now - asked_, kBetweenQuestions);
    asked_ = now;
    if (!limited_ && signals_.received() == 0) waited_ = {};
    return waited_ >= kLastWait;
  }

 private:
  const Signals& signals_;
  bool limited_ = false;
  Clock::time_point asked_;
  Clock::duration waited_{};
};

}  // namespace skbtrail::run
