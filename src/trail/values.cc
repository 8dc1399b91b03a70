#include "trail/values.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "trail/hops.h"

namespace skbtrail::trail {

namespace {

// Each once, in the order in which they come.
void add_line(std::string& lines, std::string_view line) {
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = std::min(lines.find('\n', begin), lines.size());
    if (std::string_view(lines).substr(begin, end - begin) == line) return;
    begin = end + 1;
  }
  if (!lines.empty()) lines += '\n';
  const size_t begin = lines.size();
  lines += line;
  std::replace(lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.end(), '\n', '?');
}

// Of each branch whether it is the packet itself, and no piece or capture of it; nor one that a process sent like it,
// which looks like a copy.
std::vector<uint8_t> packet_itself(const Trail& trail) {
  std::vector<uint8_t> is_seen(trail.branches.size()), is_itself(trail.branches.size());
  for (const auto& step : trail.steps) {
    if (std::exchange(is_seen[step.branch], 1)) continue;
    const Branch& branch = trail.branches[step.branch];
    const bool is_sent_again = branch.is_likely && step.role == Role::queues && step.task != Step::kNone;
    is_itself[step.branch] = branch.lineage == Lineage::original || (branch.lineage == Lineage::copy && !is_sent_again);
  }
  return is_itself;
}

// A probe and the device to which the packet came.
uint64_t most_visits(const Trail& trail) {
  struct Visit {
    uint16_t probe, location;
    uint64_t times;
  };
  const auto is_itself = packet_itself(trail);
  std::vector<Visit> visits;
  uint64_t most = 0;
  for (const auto& step : trail.steps) {
    if (step.is_return || step.location == Step::kNone || (step.role != Role::queues && step.role != Role::receives))
      continue;
    if (!trail.locations[step.location].ifindex || !is_itself[step.branch]) continue;
    auto found = std::find_if(visits.begin(), visits.end(), [&](const Visit& visit) {
      return visit.probe == step.probe && visit.location == step.location;
    });
    if (found == visits.end()) found = visits.insert(visits.end(), {step.probe, step.location, 0});
    most = std::max(most, ++found->times);
  }
  return most;
}

// A copy went with the question, and the packet itself came to no device since.
bool awaits_neighbour(const Trail& trail) {
  if (trail.fate != Fate::not_known) return false;
  const auto asks = [&](const Branch& branch) {
    const auto symbol =
        branch.free_location ? trail.names->name(event::NameKind::symbol, branch.free_location) : std::string_view();
    const auto function = symbol.substr(0, symbol.find_first_of("+. "));
    return function == "__neigh_event_send" || function == "neigh_probe";
  };
  const auto question = std::find_if(trail.branches.begin(), trail.branches.end(), asks);
  return question != trail.branches.end() &&
         std::none_of(trail.steps.begin(), trail.steps.end(), [&](const Step& step) {
           return (step.role == Role::queues || step.role == Role::starts_xmit) && step.time_ns > question->last_ns;
         });
}

void take_end(event::WholeTrailValues& whole, const Trail& trail) {
  if (trail.fate != Fate::dropped && trail.fate != Fate::consumed) return;
  const Branch& branch = trail.decisive();
  const auto symbol =
      branch.free_location ? trail.names->name(event::NameKind::symbol, branch.free_location) : std::string_view();
  whole.location = symbol.substr(0, symbol.find_first_of("+. "));  // of "ip_rcv_core.isra.0+0x2f"
  if (!trail.is_dropped()) return;
  if (branch.has_reason) whole.drop_reason = trail.names->name(event::NameKind::drop_reason, branch.drop_reason);
  if (branch.dropped_by != Step::kNone) whole.dropped_by = trail.decisions[branch.dropped_by].rules();
}

}  // namespace

event::TrailValues values_of(const Trail& trail) {
  event::TrailValues values;
  values.id = trail.id;
  values.first_ns = trail.first_ns();
  values.first_day_ns = trail.names->time_of_day_ns(values.first_ns);
  auto& whole = values.whole.emplace();
  whole.total_ns = trail.total_ns;
  whole.fate = fate_name(trail.fate);
  take_end(whole, trail);
  // Locations are in the order in which the packet came to them.
  for (const auto& location : trail.locations) {
    if (location.netns) add_line(whole.netns, trail.names->name(event::NameKind::netns, location.netns));
    if (location.ifindex) add_line(whole.ifname, location.ifname());
  }
  whole.steps = trail.steps.size() + trail.steps_left_out;
  whole.skbs = trail.branches.size();
  whole.is_dropped = trail.is_dropped();
  whole.is_complete = trail.is_complete();
  whole.has_gaps = !trail.holes.empty() || trail.steps_left_out > 0;
  whole.is_translated = std::any_of(trail.changes.begin(), trail.changes.end(), [](const Change& change) {
    return change.what == What::src || change.what == What::dst;
  });
  const Role begin = trail.steps.empty() ? Role::receives : trail.steps.front().role;
  whole.is_from_here = !comes_in(begin) && begin != Role::handles;
  whole.awaits_neighbour = awaits_neighbour(trail);
  whole.visits = most_visits(trail);
  whole.slowest_ns = slowest_hop(trail).ns;
  whole.queued_ns = longest_wait(trail).ns;
  return values;
}

}  // namespace skbtrail::trail
