// The kernel's counters of losses beside a run that looks for drops: what they gained from its begin to now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "counters/gains.h"
#include "counters/meanings.h"
#include "event/names.h"
#include "output/counter_rows.h"
#include "run/options.h"
#include "run/targets.h"

namespace skbtrail::run {

class CounterWatch {
 public:
  // Borrowed. Counts of the namespace of -N, else of all that can be found.
  CounterWatch(const FilterOptions& filter, const Targets& targets) : filter_(filter), targets_(targets) {}

  void begin();
  // Some milliseconds on a host with many namespaces.
  void look();

  [[nodiscard]] std::vector<output::CounterRow> rows(const event::Names& names) const;
  // Drops are chosen by more than the namespace.
  [[nodiscard]] bool is_filtered() const;
  // What a person is told at the end; always something. `all_are_told`: no drop that the filter lets through was lost,
  // or left out.
  [[nodiscard]] std::string report(const event::Names& names, bool all_are_told, size_t width) const;

 private:
  [[nodiscard]] std::optional<uint32_t> netns() const;

  const FilterOptions& filter_;
  const Targets& targets_;
  counters::Meanings meanings_;
  counters::Gains gains_;
};

}  // namespace skbtrail::run
