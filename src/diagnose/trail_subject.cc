#include "diagnose/trail_subject.h"

#include <vector>

#include "trail/hops.h"

namespace skbtrail::diagnose {

namespace {

using trail::Branch;
using trail::Change;
using trail::Role;
using trail::Step;
using trail::Trail;
using trail::What;

void translate(packet::IpAddress& address, uint16_t& port, const Change& change) {
  if (!(address == change.from_ends.address)) return;
  address = change.to_ends.address;
  if (change.to_ends.has_port) port = change.to_ends.port;
}

// On the way of this skb, up to and with the last step; gives the first step that changed something, or null. What
// became of a tunnel's own addresses is not the packet's.
const Step* follow_changes(Subject& subject, const Trail& trail, uint16_t branch, const Step* last) {
  const auto is_of = trail.line_of(branch);
  const Step* first = nullptr;
  for (const auto& step : trail.steps) {
    if (&step > last) break;
    if (!is_of[step.branch]) continue;
    const auto src = subject.src, dst = subject.dst;
    const auto sport = subject.sport, dport = subject.dport;
    for (size_t i = 0; i < step.changes; i++) {
      const Change& change = trail.changes[step.first_change + i];
      if (change.what == What::src) translate(subject.src, subject.sport, change);
      if (change.what == What::dst) translate(subject.dst, subject.dport, change);
    }
    const bool is_same = subject.src == src && subject.dst == dst && subject.sport == sport && subject.dport == dport;
    if (!first && !is_same) first = &step;
  }
  return first;
}

// The device by which it came last into this namespace, up to and with the last step.
void take_in_device(Subject& subject, const Trail& trail, uint16_t branch, const Step* last) {
  const auto is_of = trail.line_of(branch);
  for (const auto& step : trail.steps) {
    if (&step > last) break;
    if (!is_of[step.branch] || step.is_return || step.location == Step::kNone || !comes_in(step.role)) continue;
    const trail::Location& location = trail.locations[step.location];
    if (location.netns == subject.netns && location.ifindex) subject.in_device = location.ifname();
  }
}

// At a device, if it comes to one: where functions are traced a packet is seen in its socket first.
uint16_t first_location(const Trail& trail) {
  uint16_t first = Step::kNone;
  for (const auto& step : trail.steps) {
    if (step.location == Step::kNone) continue;
    if (trail.locations[step.location].ifindex) return step.location;
    if (first == Step::kNone) first = step.location;
  }
  return first;
}

// As it began, without a place.
Subject first_of(const Trail& trail) {
  Subject subject;
  subject.names = trail.names;
  if (trail.has_first) {
    const trail::Headers& headers = trail.first.inner;
    subject.src = headers.src;
    subject.dst = headers.dst;
    subject.sport = headers.sport;
    subject.dport = headers.dport;
    subject.has_ports = headers.has_ports;
    subject.protocol = headers.protocol;
    subject.has_protocol = headers.protocol != 0;
    subject.first_src = headers.src;
    subject.first_dst = headers.dst;
  }
  return subject;
}

}  // namespace

Subject subject_through(const Trail& trail, uint32_t netns) {
  Subject subject = first_of(trail);
  subject.netns = netns;
  if (trail.branches.empty()) return subject;
  const auto is_of = trail.line_of(trail.fate_branch);
  const Step *in = nullptr, *out = nullptr;
  for (const auto& step : trail.steps) {
    if (!is_of[step.branch] || step.is_return || step.location == Step::kNone) continue;
    if (trail.locations[step.location].netns != netns) continue;
    if (comes_in(step.role) && !in && !out) in = &step;
    if (step.role == Role::queues) out = &step;
  }
  Subject leaving = subject;
  if (in) follow_changes(subject, trail, trail.fate_branch, in);
  if (out) follow_changes(leaving, trail, trail.fate_branch, out);
  subject.dst = leaving.dst;
  subject.dport = leaving.dport;
  if (in && trail.locations[in->location].ifindex) subject.device = trail.locations[in->location].ifname();
  subject.in_device = subject.device;
  return subject;
}

Subject subject_of(const Trail& trail, At at, const Step* at_step) {
  Subject subject = first_of(trail);
  if (trail.branches.empty()) return subject;
  if (at == At::queue)
    at_step = trail::longest_wait(trail).from;
  else if (at != At::step)
    at_step = nullptr;
  const uint16_t branch_at = at_step ? at_step->branch : trail.fate_branch;
  const Step* last = at_step || trail.steps.empty() ? at_step : &trail.steps.back();
  const Step* changed = at != At::begin && last ? follow_changes(subject, trail, branch_at, last) : nullptr;
  if (at == At::nat) at_step = changed;
  const Branch& branch = trail.branches[branch_at];
  uint16_t location = at == At::begin ? first_location(trail) : at_step ? at_step->location : branch.fate_location;
  if (location == Step::kNone) location = branch.last_location;
  if (location == Step::kNone) location = first_location(trail);
  if (location == Step::kNone) return subject;
  subject.device = trail.locations[location].ifname();
  if (!trail.locations[location].ifindex) subject.device.clear();
  subject.netns = trail.locations[location].netns;
  if (at != At::begin && last) take_in_device(subject, trail, branch_at, at_step ? at_step : last);
  return subject;
}

}  // namespace skbtrail::diagnose
