// What an event's numbers are called on the host it was recorded on. A live trace answers from the running kernel; a
// recording will answer from itself. Strings stay valid until the next call.
#pragma once

#include <cstdint>
#include <string_view>

namespace skbtrail::event {

class Names {
 public:
  virtual ~Names() = default;
  virtual std::string_view probe(uint16_t number) const = 0;
  virtual std::string_view netns(uint32_t inum) const = 0;
  virtual std::string_view drop_reason(uint32_t reason) const = 0;
  virtual std::string_view symbol(uint64_t address) const = 0;  // empty: unknown
  // Time of day, in nanoseconds since 1970, of a CLOCK_MONOTONIC time.
  virtual uint64_t time_of_day_ns(uint64_t monotonic_ns) const = 0;
};

}  // namespace skbtrail::event
