#include "trail/hops.h"

namespace skbtrail::trail {

bool is_on_the_way(const Trail& trail, const Step& step) {
  if (step.role == Role::ends_gro) return false;
  if (step.role != Role::ends_xmit || step.result || !step.has_result) return true;
  const Branch& branch = trail.branches[step.branch];
  return branch.is_xmitted && branch.fate_ns == step.time_ns;
}

bool is_deferred_free(const Trail& trail, const Step& step) {
  const Branch& branch = trail.branches[step.branch];
  const bool frees = step.role == Role::kfree || step.role == Role::consume;
  return frees && branch.is_deferred && step.time_ns > branch.fate_ns;
}

void for_each_hop(const Trail& trail, const Hop& hop) {
  std::vector<const Step*> last(trail.branches.size());
  for (const auto& step : trail.steps) {
    const Branch& branch = trail.branches[step.branch];
    if (!is_on_the_way(trail, step) || branch.fate == Fate::captured || is_deferred_free(trail, step)) continue;
    const Step* from = last[step.branch];
    if (!from && branch.parent != Branch::kNone) from = last[branch.parent];
    if (from) hop(*from, step);
    last[step.branch] = &step;
  }
}

Wait longest_wait(const Trail& trail) {
  std::vector<const Step*> since(trail.branches.size());
  Wait longest;
  for (const auto& step : trail.steps) {
    const Step*& begin = since[step.branch];
    if (step.is_return) continue;
    if (step.role == Role::queues && !begin) begin = &step;
    if (step.role != Role::starts_xmit) continue;
    if (begin && step.time_ns > begin->time_ns + longest.ns) longest = {begin, step.time_ns - begin->time_ns};
    begin = nullptr;
  }
  return longest;
}

SlowestHop slowest_hop(const Trail& trail) {
  SlowestHop slowest;
  const uint64_t end = trail.first_ns() + trail.total_ns;
  for_each_hop(trail, [&](const Step& from, const Step& to) {
    if (to.time_ns > end || to.time_ns <= from.time_ns + slowest.ns) return;
    slowest = {&from, &to, to.time_ns - from.time_ns};
  });
  return slowest;
}

}  // namespace skbtrail::trail
