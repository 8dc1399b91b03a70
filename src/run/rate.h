// --rate: at most so many events a second are printed. A second begins with the first event after the one before, by
// the events' own clock, so that what is printed does not depend on when the rings are read.
#pragma once

#include <cstdint>

namespace skbtrail::run {

class Rate {
 public:
  explicit Rate(uint64_t a_second) : a_second_(a_second) {}

  // Whether an event of this time (CLOCK_MONOTONIC, nanoseconds) is printed. Times may go back a little.
  bool allows(uint64_t time_ns) {
    constexpr uint64_t kSecond = 1'000'000'000;
    if (printed_ == 0 || time_ns >= begin_ns_ + kSecond) {
      begin_ns_ = time_ns;
      printed_ = 0;
    }
    if (printed_ >= a_second_) return false;
    printed_++;
    return true;
  }

 private:
  uint64_t a_second_, begin_ns_ = 0, printed_ = 0;
};

}  // namespace skbtrail::run
