// What an event's numbers are called on the host it was recorded on. A live trace answers from the running kernel, a
// recording from itself (recording/recorded_names.h). Strings stay valid until the next call.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace skbtrail::event {

struct EventFormat;
struct ResultFormat;
using ResetReasons = std::map<uint32_t, std::string>;  // enum sk_rst_reason, without its prefix

class Names {
 public:
  virtual ~Names() = default;
  virtual std::string_view probe(uint16_t number) const = 0;
  virtual std::string_view netns(uint32_t inum) const = 0;
  virtual std::string_view drop_reason(uint32_t reason) const = 0;
  virtual std::string_view symbol(uint64_t address) const = 0;  // empty: unknown
  // What is in the arguments of a probe's records; null: nothing is known of them.
  virtual const EventFormat* format(uint16_t number) const {
    (void)number;
    return nullptr;
  }
  // What the function at which a probe is returns; null: the probe is at no function.
  virtual const ResultFormat* result(uint16_t number) const {
    (void)number;
    return nullptr;
  }
  // What the reasons are called for which a reset is sent; null: at this probe none is.
  virtual const ResetReasons* reset_reasons(uint16_t number) const {
    (void)number;
    return nullptr;
  }
  // The frames of a kept stack, innermost first; empty: not known.
  virtual std::span<const uint64_t> stack(uint64_t id) const {
    (void)id;
    return {};
  }
  // Time of day, in nanoseconds since 1970, of a CLOCK_MONOTONIC time.
  virtual uint64_t time_of_day_ns(uint64_t monotonic_ns) const = 0;
};

}  // namespace skbtrail::event
