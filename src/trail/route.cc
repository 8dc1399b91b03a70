#include "trail/route.h"

#include <algorithm>
#include <utility>

namespace skbtrail::trail {

namespace {

bool has_location(const Step& step) {
  return step.location != Step::kNone && step.role != Role::ends_xmit;
}

// How many steps of the trail have to be looked at for those of a branch that are of the way; 0: it is not of it.
using Until = std::vector<size_t>;

size_t first_step(const Trail& trail, uint16_t branch) {
  const auto found = std::find_if(trail.steps.begin(), trail.steps.end(),
                                  [&](const Step& step) { return step.branch == branch && has_location(step); });
  return static_cast<size_t>(found - trail.steps.begin());
}

// It did not come into being where it was first seen, but came there itself as its parent did.
bool came_itself(const Trail& trail, uint16_t branch, uint16_t parent) {
  const Lineage lineage = trail.branches[branch].lineage;
  if (lineage != Lineage::fragment && lineage != Lineage::retransmission) return false;
  const size_t first = first_step(trail, branch), other = first_step(trail, parent);
  if (first == trail.steps.size() || other == trail.steps.size()) return false;
  return begins_alike(trail.steps[other], trail.steps[first]);
}

// Until the parent leaves the namespace in which the child was first seen, or until the child was.
size_t until_child(const Trail& trail, uint16_t parent, size_t child_first) {
  if (child_first == trail.steps.size()) return child_first;
  const auto netns_of = [&](const Step& step) { return trail.locations[step.location].netns; };
  const uint32_t netns = netns_of(trail.steps[child_first]);
  bool was_there = false;
  for (size_t i = 0; i < child_first; i++) {
    const Step& step = trail.steps[i];
    if (step.branch != parent || !has_location(step) || !netns || !netns_of(step)) continue;
    if (was_there && netns_of(step) != netns) return i;
    was_there = netns_of(step) == netns;
  }
  return child_first;
}

Until branches_of(const Trail& trail, uint16_t branch, bool whole) {
  Until until(trail.branches.size());
  until[branch] = trail.steps.size();
  uint16_t child = branch;
  for (uint16_t at = trail.branches[branch].parent; whole && at != Branch::kNone; at = trail.branches[at].parent) {
    if (came_itself(trail, child, at)) continue;
    const size_t first = std::min(first_step(trail, child), until[child]);
    until[at] = until_child(trail, at, first);
    child = at;
  }
  return until;
}

// A task that does a step is the one that sends the packet if it hands it to a device, or if the packet never got as
// far: it is dropped before. Anything else is done by readers, too, and what waited in a queue is sent by anybody.
uint16_t sender_by(const Trail& trail, const Step& step) {
  const Branch& branch = trail.branches[step.branch];
  if (trail.continues || branch.is_received || branch.is_read || branch.is_captured) return Step::kNone;
  const bool is_dropped = branch.is_dropped && (step.role == Role::other || step.role == Role::kfree);
  return step.role == Role::queues || is_dropped ? step.task : Step::kNone;
}

RoutePart& part_at(Route& route, uint32_t netns) {
  if (route.parts.empty() || (netns && route.parts.back().netns && route.parts.back().netns != netns))
    route.parts.push_back({netns, {}});
  if (!route.parts.back().netns) route.parts.back().netns = netns;
  return route.parts.back();
}

void add(RoutePart& part, Station station) {
  if (part.stations.empty() || part.stations.back() != station) part.stations.push_back(std::move(station));
}

void add_end(Route& route, const Trail& trail, const Branch& branch, Fate fate) {
  if (route.parts.empty()) route.parts.emplace_back();
  RoutePart& last = route.parts.back();
  switch (fate) {
    case Fate::dropped: return add(last, {Station::Kind::drop, ""});
    case Fate::delivered:
      if (branch.reader != Step::kNone)
        return add(last, {Station::Kind::task, std::string(trail.tasks[branch.reader].comm())});
      return add(last, {Station::Kind::socket,
                        branch.owner == Step::kNone ? "" : std::string(trail.tasks[branch.owner].comm())});
    case Fate::not_known: return add(last, {Station::Kind::lost, ""});
    case Fate::forwarded:
    case Fate::sent: route.goes_out = true; return;
    default: return;
  }
}

Way make_way(const Trail& trail, uint16_t end, bool whole) {
  const Until until = branches_of(trail, end, whole);
  Way way;
  for (uint32_t i = 0; i < trail.steps.size(); i++)
    if (i < until[trail.steps[i].branch] && has_location(trail.steps[i])) way.steps.push_back(i);
  if (!whole || way.steps.empty()) return way;
  const Step& first = trail.steps[way.steps.front()];
  way.sender = trail.sender != Step::kNone ? trail.sender : sender_by(trail, first);
  way.comes_in = way.sender == Step::kNone && comes_in(first.role);
  return way;
}

Route make_route(const Trail& trail, uint16_t end, bool whole, Fate fate) {
  const Way way = make_way(trail, end, whole);
  Route route;
  route.comes_in = way.comes_in;
  bool is_first = true;
  for (const uint32_t at : way.steps) {
    const Location& location = trail.locations[trail.steps[at].location];
    RoutePart& part = part_at(route, location.netns);
    if (std::exchange(is_first, false) && way.sender != Step::kNone)
      add(part, {Station::Kind::task, std::string(trail.tasks[way.sender].comm())});
    if (location.ifindex) add(part, {Station::Kind::device, std::string(location.ifname())});
  }
  add_end(route, trail, trail.branches[end], fate);
  return route;
}

}  // namespace

Way way_of(const Trail& trail) {
  if (trail.branches.empty()) return {};
  return make_way(trail, trail.fate_branch, true);
}

bool begins_alike(const Step& first, const Step& other) {
  return first.location == other.location && first.role == other.role;
}

Route route_of(const Trail& trail) {
  if (trail.branches.empty()) return {};
  return make_route(trail, trail.fate_branch, true, trail.fate);
}

Route route_of(const Trail& trail, uint16_t branch) {
  return make_route(trail, branch, false, trail.branches[branch].fate);
}

std::vector<uint16_t> side_routes(const Trail& trail) {
  const auto is_main = branches_of(trail, trail.fate_branch, true);
  std::vector<uint8_t> is_on_main(trail.locations.size());
  for (const auto& step : trail.steps)
    if (is_main[step.branch] && step.location != Step::kNone) is_on_main[step.location] = 1;
  std::vector<uint16_t> sides;
  const auto branches = static_cast<uint16_t>(trail.branches.size());  // trails.cc: 1,024 at most
  for (uint16_t branch = 0; branch < branches; branch++) {
    const Fate fate = trail.branches[branch].fate;
    if (is_main[branch] || fate == Fate::captured) continue;
    const bool went_elsewhere = std::any_of(trail.steps.begin(), trail.steps.end(), [&](const Step& step) {
      return step.branch == branch && step.location != Step::kNone && !is_on_main[step.location] &&
             trail.locations[step.location].ifindex;
    });
    if (went_elsewhere || fate == Fate::dropped) sides.push_back(branch);
  }
  return sides;
}

}  // namespace skbtrail::trail
