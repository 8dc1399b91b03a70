#include "diagnose/trail_subject.h"

#include <vector>

namespace skbtrail::diagnose {

namespace {

using trail::Branch;
using trail::Change;
using trail::Step;
using trail::Trail;
using trail::What;

void translate(packet::IpAddress& address, uint16_t& port, const Change& change) {
  if (!(address == change.from_ends.address)) return;
  address = change.to_ends.address;
  if (change.to_ends.has_port) port = change.to_ends.port;
}

// On the way of this skb, up to and with the last step. What became of a tunnel's own addresses is not the packet's.
void follow_changes(Subject& subject, const Trail& trail, uint16_t branch, const Step* last) {
  std::vector<uint8_t> is_of(trail.branches.size());
  for (uint16_t at = branch; at != Branch::kNone; at = trail.branches[at].parent) is_of[at] = 1;
  for (const auto& step : trail.steps) {
    if (&step > last) break;
    if (!is_of[step.branch]) continue;
    for (size_t i = 0; i < step.changes; i++) {
      const Change& change = trail.changes[step.first_change + i];
      if (change.what == What::src) translate(subject.src, subject.sport, change);
      if (change.what == What::dst) translate(subject.dst, subject.dport, change);
    }
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

}  // namespace

Subject subject_of(const Trail& trail, At at, const Step* at_step) {
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
  }
  if (trail.branches.empty()) return subject;
  if (at != At::step) at_step = nullptr;
  const uint16_t branch_at = at_step ? at_step->branch : trail.fate_branch;
  const Step* last = at_step || trail.steps.empty() ? at_step : &trail.steps.back();
  if (at != At::begin && last) follow_changes(subject, trail, branch_at, last);
  const Branch& branch = trail.branches[branch_at];
  uint16_t location = at == At::begin ? first_location(trail) : at_step ? at_step->location : branch.fate_location;
  if (location == Step::kNone) location = branch.last_location;
  if (location == Step::kNone) location = first_location(trail);
  if (location == Step::kNone) return subject;
  subject.device = trail.locations[location].ifname();
  if (!trail.locations[location].ifindex) subject.device.clear();
  subject.netns = trail.locations[location].netns;
  return subject;
}

}  // namespace skbtrail::diagnose
