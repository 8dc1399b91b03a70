// How far something is that takes long: on a terminal one line that is written over, else a line every few seconds.
// Nothing is said of what is done within a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace skbtrail::output {

class Progress {
 public:
  // `quiet`: nothing is said at all.
  explicit Progress(bool quiet);

  void tell(std::string_view doing, size_t done, size_t of);
  // It is over; the line is taken away.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  bool quiet_, terminal_;
  bool shown_ = false, begun_ = false;
  Clock::time_point next_;
};

}  // namespace skbtrail::output
