// What an event's numbers are called on the host it was recorded on. A live trace answers from the running kernel, a
// recording from itself (recording/recorded_names.h).
//
// Texts, frames and formats that are handed out stay valid as long as the Names, those of a recording until its next
// section begins; a number that gets another name has another text from then on. What they take is bounded
// (event/name_texts.h): a name that finds no room is shown as a number without a name is, a stack as one that is not
// known.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "event/name_kinds.h"
#include "event/rule_name.h"

namespace skbtrail::event {

class Names;
struct EventFormat;
struct ResultFormat;
using ResetReasons = std::map<uint32_t, std::string>;  // enum sk_rst_reason, without its prefix

// A CLOCK_MONOTONIC: of one live run, or of one section of one file. Times of two of them cannot be compared.
struct Clock {
  const Names* source = nullptr;
  uint64_t section = 0;
  bool operator==(const Clock&) const = default;
};

class Names : public std::enable_shared_from_this<Names> {
 public:
  virtual ~Names() = default;
  virtual std::string_view probe(uint16_t number) const = 0;
  // A number without a name is shown as its kind's row says; a symbol as nothing.
  virtual std::string_view name(NameKind kind, uint64_t number) const = 0;
  // The text of a rule; empty: not known. A live trace looks it up, elsewhere its number has the text that was told.
  virtual std::string_view rule(const RuleName& rule) const { return name(NameKind::rule, rule.number()); }
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
  // The kernel has a drop reason of this name: where it has, it gives it.
  virtual bool has_drop_reason(std::string_view name) const {
    (void)name;
    return false;
  }
  // The frames of a kept stack, innermost first; empty: not known.
  virtual std::span<const uint64_t> stack(uint64_t id) const {
    (void)id;
    return {};
  }
  // Time of day, in nanoseconds since 1970, of a CLOCK_MONOTONIC time.
  virtual uint64_t time_of_day_ns(uint64_t monotonic_ns) const = 0;
  // The clock of the events' times.
  [[nodiscard]] virtual Clock clock() const { return {this}; }
};

}  // namespace skbtrail::event
