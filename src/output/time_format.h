// The time column. Formats a time of day without asking the C library more than once a second.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "event/names.h"

namespace skbtrail::output {

enum class TimeStyle : uint8_t {
  clock,        // 14:03:07.123456, local
  date,         // 2026-11-21 14:03:07.123456, local
  utc,          // 2026-11-21T14:03:07.123456Z
  mono,         // 453516.922978123: seconds since boot, CLOCK_MONOTONIC
  delta,        // +0.000012345: seconds since the event before
  trail,        // +0.000012345: seconds since the packet was first seen
  short_clock,  // 14:03:07, local; of tools that have it so
};

std::optional<TimeStyle> time_style(std::string_view name);
std::vector<std::string> time_style_names();

class TimeFormat {
 public:
  explicit TimeFormat(TimeStyle style) : style_(style) {}

  [[nodiscard]] bool is_monotonic() const { return style_ == TimeStyle::mono; }
  [[nodiscard]] bool is_of_trail() const { return style_ == TimeStyle::trail; }
  // `monotonic_ns`, of `clock`, and `day_ns` (since 1970) are the same moment. Two times of one clock are compared by
  // it, even if the time of day is set between them; those of two (files of several hosts or boots) by the time
  // of day.
  void append(fmt::memory_buffer& out, uint64_t monotonic_ns, uint64_t day_ns, event::Clock clock = {});
  // "+0.000012345", as delta and trail have it.
  static void append_since(fmt::memory_buffer& out, uint64_t ns);

 private:
  void append_delta(fmt::memory_buffer& out, uint64_t monotonic_ns, uint64_t day_ns, event::Clock clock);
  void append_day_time(fmt::memory_buffer& out, uint64_t day_ns);

  TimeStyle style_;
  struct Moment {
    uint64_t monotonic_ns, day_ns;
    event::Clock clock;
  };
  std::optional<Moment> previous_;  // of the event before, for delta
  uint64_t second_ = UINT64_MAX;
  fmt::memory_buffer second_text_;  // everything up to the fraction, for `second_`
};

}  // namespace skbtrail::output
