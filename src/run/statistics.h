// How a run is, at any time: whoever takes part in it counts, and adds its part to a summary when one is asked for.
// A snapshot costs what its parts cost, which is nothing like an event: no count is kept twice.
//
// One thread, that of the run.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "event/summary.h"

namespace skbtrail::run {

class Statistics {
 public:
  using Part = std::function<void(event::Summary&)>;

  // Called for each snapshot, in the order in which they were added. Borrows what it borrows.
  void add(Part part) { parts_.push_back(std::move(part)); }

  [[nodiscard]] event::Summary snapshot() const {
    event::Summary summary;
    for (const auto& part : parts_) part(summary);
    return summary;
  }

 private:
  std::vector<Part> parts_;
};

}  // namespace skbtrail::run
