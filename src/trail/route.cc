#include "trail/route.h"

#include <algorithm>

namespace skbtrail::trail {

namespace {

// The branch, and with `whole` those that it descends from.
std::vector<uint8_t> branches_of(const Trail& trail, uint16_t branch, bool whole) {
  std::vector<uint8_t> is_of(trail.branches.size());
  for (uint16_t at = branch; at != Branch::kNone; at = trail.branches[at].parent) {
    is_of[at] = 1;
    // A fragment went all the way itself.
    if (!whole || trail.branches[at].lineage == Lineage::fragment) break;
  }
  return is_of;
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

bool is_received(Role role) {
  return role == Role::receives || role == Role::starts_gro;
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

Route make_route(const Trail& trail, uint16_t end, bool whole, Fate fate) {
  const auto is_of = branches_of(trail, end, whole);
  Route route;
  bool is_first = true;
  for (const auto& step : trail.steps) {
    if (!is_of[step.branch] || step.location == Step::kNone || step.role == Role::ends_xmit) continue;
    const Location& location = trail.locations[step.location];
    RoutePart& part = part_at(route, location.netns);
    if (is_first && whole && is_received(step.role)) route.comes_in = true;
    const uint16_t sender = trail.sender != Step::kNone ? trail.sender : step.task;
    if (is_first && whole && !is_received(step.role) && sender != Step::kNone)
      add(part, {Station::Kind::task, std::string(trail.tasks[sender].comm())});
    is_first = false;
    if (location.ifindex) add(part, {Station::Kind::device, std::string(location.ifname())});
  }
  add_end(route, trail, trail.branches[end], fate);
  return route;
}

}  // namespace

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
