// Namespaces, devices and stacks that a command line asks for and that are not in the recordings.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "event/event.h"
#include "filter/captured_netns.h"
#include "run/options.h"

namespace skbtrail::run {

// What is asked for by -N, -i, --stack and --caller and is not in the recordings: names of namespaces and devices come
// with the first event that needs them, so that this is known at the end.
class RecordedPlaces {
 public:
  // `netns` as filter::CapturedNetns takes it. Borrows the options.
  RecordedPlaces(const TraceOptions& options, std::string netns);

  // Every event, before any condition; and those that are shown.
  void take(const event::Event& event) {
    if (asks_for_place_ && event.device) take_place(event);
  }
  void take_shown(const event::Event& event);

  // A sentence for each thing that no event has. `to_the_end`: all events were looked at.
  [[nodiscard]] std::vector<std::string> absences(bool to_the_end) const;

 private:
  static constexpr size_t kMost = 1024;  // places; of a recording with more nothing is said

  struct Place {
    uint32_t netns_inum = 0;
    std::string netns, device;
    bool operator<(const Place& other) const {
      return std::tie(netns_inum, netns, device) < std::tie(other.netns_inum, other.netns, other.device);
    }
  };

  void take_place(const event::Event& event);
  [[nodiscard]] bool is_in_netns(const Place& place) const { return netns_.matches(place.netns_inum, place.netns); }

  const TraceOptions& options_;
  filter::CapturedNetns netns_;
  bool asks_for_place_;
  std::set<Place> places_;
  bool found_ = false;  // one that is asked for
  uint64_t shown_ = 0;
  uint32_t sections_ = 0;  // of those that are shown
};

}  // namespace skbtrail::run
