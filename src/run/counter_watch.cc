#include "run/counter_watch.h"

#include <fmt/format.h>

#include "counters/snapshot.h"

namespace skbtrail::run {

std::optional<uint32_t> CounterWatch::netns() const {
  if (targets_.netns_moves()) return targets_.now().netns;
  return filter_.conditions.netns;
}

void CounterWatch::begin() {
  gains_.begin(counters::read_counters(netns()));
}

void CounterWatch::look() {
  gains_.update(counters::read_counters(netns()));
}

std::vector<output::CounterRow> CounterWatch::rows(const event::Names& names) const {
  return output::counter_rows(gains_, meanings_, names);
}

bool CounterWatch::is_filtered() const {
  auto conditions = filter_.conditions;
  conditions.netns.reset();  // counters are read there alone
  return !filter_.packet.empty() || !filter_.where.empty() || conditions.any() || !filter_.drops->reasons.empty() ||
         !filter_.drops->not_reasons.empty();
}

std::string CounterWatch::report(const event::Names& names, bool all_are_told, size_t width) const {
  using output::DropsShown;
  const bool filtered = is_filtered();
  const auto shown = !all_are_told ? DropsShown::some : filtered ? DropsShown::filtered : DropsShown::all;
  const auto text = output::counter_report(gains_, meanings_, names, shown, width);
  const size_t read = gains_.last().namespaces.size();
  const std::string where = fmt::format("the counters of {} namespace{} and of the CPUs", read, read == 1 ? "" : "s");
  if (text.empty()) return where + " tell of no other loss";
  return fmt::format("{} gained meanwhile{}:\n{}", where, filtered ? ", whatever the filter" : "", text);
}

}  // namespace skbtrail::run
