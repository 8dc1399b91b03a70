// What the words of -N and -i lead to while tracing: the namespace of a name may go away and another come, and devices
// may be asked for by alternative names, which only their namespace knows.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "filter/conditions.h"
#include "kernel/netns_watch.h"

namespace skbtrail::run {

class Targets {
 public:
  using Clock = kernel::NetnsWatch::Clock;

  // Looks once. Throws UsageError where a word of -i can be no device's name.
  explicit Targets(const filter::Conditions& conditions);

  // What of it the kernel side has to ask for while it runs.
  [[nodiscard]] bool netns_moves() const { return netns_ && !conditions_.netns_by_number; }
  [[nodiscard]] bool has_links() const { return match_links_; }
  [[nodiscard]] const ::targets& now() const { return now_; }

  // Sentences about what is found by another name, and about what is not there.
  [[nodiscard]] std::vector<std::string> notes() const;

  // Looks again, if it is time to. Says what has changed; returns whether now() has.
  bool look(const std::function<void(const std::string&)>& say);

  [[nodiscard]] Clock::time_point next_look() const;
  // Readable when to look earlier; -1: never.
  [[nodiscard]] int poll_fd() const { return netns_ ? netns_->poll_fd() : -1; }

 private:
  void take_links();
  [[nodiscard]] bool looks_for_devices() const { return match_links_ && netns_; }

  const filter::Conditions& conditions_;
  ::targets now_{};
  filter::FoundDevices devices_;
  bool match_links_ = false;
  std::optional<kernel::NetnsWatch> netns_;
  Clock::duration device_pause_{};
  Clock::time_point next_devices_{};
};

}  // namespace skbtrail::run
