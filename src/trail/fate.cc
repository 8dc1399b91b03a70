#include "trail/fate.h"

#include <sys/socket.h>

#include <algorithm>

#include "event/benign.h"
#include "event/section/program.h"

namespace skbtrail::trail {

namespace {

void note_drop(Branch& branch, const event::Event& event) {
  branch.is_freed = true;
  branch.benign = event::why_benign(event);
  branch.is_benign = !branch.benign.empty();
  branch.is_dropped = !branch.is_benign;
  if (!event.drop) return;
  // A raw socket has its copy, and will read it.
  branch.awaits_reader = branch.is_benign && event.drop->cloned && branch.parent == Branch::kNone;
  branch.free_location = event.drop->location;
  branch.drop_reason = event.drop->reason;
  branch.has_reason = event.drop->has_reason != 0;
}

// A received datagram that belongs to no device any more was in a socket's queue, and what is consumed out of that was
// read: whatever else takes it from there drops it (udp_queue_rcv_one_skb() and __udp_enqueue_schedule_skb(),
// net/ipv4/udp.c; Linux 6.18). The free itself may come much later, and on another CPU (skb_attempt_defer_free()).
bool was_in_queue(const event::Event& event) {
  constexpr uint8_t kUdp = 17;
  const packet::Packet* packet = event.packet();
  return event.device && !event.device->ifindex && packet && packet->ip && packet->ip->protocol == kUdp &&
         !packet->ip->is_fragment();
}

// A packet that a task frees itself, and that came up before: it took it from a socket's queue.
void note_consumed(Branch& branch, const event::Event& event, const Step& step) {
  branch.is_freed = true;
  if (event.drop) branch.free_location = event.drop->location;
  constexpr Role kUp[] = {Role::receives, Role::handles, Role::accepts, Role::wakes};
  const bool is_up = std::find(std::begin(kUp), std::end(kUp), branch.last_role) != std::end(kUp);
  const bool by_task = step.task != Step::kNone;
  if (is_up && branch.is_received && !branch.is_captured && !branch.is_read && (by_task || was_in_queue(event))) {
    branch.is_read = true;
    branch.is_deferred = !by_task;
  }
  if (by_task && branch.is_read && branch.reader == Step::kNone) branch.reader = step.task;
}

void note_accepted(Branch& branch, const event::Event& event) {
  const packet::Packet* packet = event.packet();
  if (!packet || !packet->tcp || !packet->payload_len) return;
  branch.is_received = branch.is_accepted = true;
  branch.has_payload = *packet->payload_len > 0;
}

// From a packet socket, from a tun device (a driver had it), or from a socket.
void note_read(Branch& branch, const event::Event& event) {
  if (is_of_packet_socket(event))
    branch.is_captured = true;
  else if (branch.to_program || branch.last_role == Role::starts_xmit)
    branch.to_program = true;
  else
    branch.is_read = true;
}

// What an XDP program answers is what becomes of the packet: of its skb, where there is one, the free comes after it.
void note_xdp(Branch& branch, const event::Event& event, const Step& step) {
  branch.is_received = true;
  const bool has_skb = event.core->skb != 0;
  branch.is_xmitted = event::is_sent_by_xdp(event);
  if (branch.is_xmitted) branch.fate_location = step.location;
  branch.is_redirected = !has_skb && event::is_redirected_by_xdp(event);
  if (!event::is_dropped_by_xdp(event)) return;
  branch.is_dropped = true;
  branch.is_freed = !has_skb;
}

Fate fate_of(const Branch& branch) {
  if (branch.is_captured) return Fate::captured;
  if (branch.is_dropped) return Fate::dropped;
  // In a socket's queue it may become part of what came before.
  if (branch.is_read || branch.is_woken || (branch.is_accepted && branch.is_merged)) return Fate::delivered;
  if (branch.is_merged) return Fate::merged;
  if (branch.to_program) return Fate::to_program;
  if (branch.is_xmitted) return branch.is_received ? Fate::forwarded : Fate::sent;
  if (branch.is_freed) return Fate::consumed;
  // Every drop in there has an event, and a free of what is used up has none (__kfree_skb()).
  if (branch.is_accepted) return branch.has_payload ? Fate::delivered : Fate::consumed;
  return Fate::not_known;
}

constexpr Fate kOrder[] = {Fate::delivered, Fate::to_program, Fate::merged,
                           Fate::forwarded, Fate::sent,       Fate::consumed};

// What arrived of a datagram that was delivered became part of it. The datagram itself has the skb of the fragment that
// came last.
void note_pieces(Trail& trail) {
  const bool has_pieces = std::any_of(trail.branches.begin(), trail.branches.end(),
                                      [](const Branch& branch) { return branch.lineage == Lineage::fragment; });
  if (!has_pieces) return;
  for (auto& branch : trail.branches)
    if (branch.is_received && (branch.fate == Fate::consumed || branch.fate == Fate::not_known))
      branch.fate = Fate::merged;
}

// Of a packet that is cut into pieces the first one that is dropped tells why: what was not sent yet is dropped for it,
// and gives no reason (ip_do_fragment(), net/ipv4/ip_output.c; Linux 6.18).
size_t cause_of_drop(const std::vector<Branch>& branches, size_t dropped) {
  for (size_t i = dropped + 1; i < branches.size(); i++) {
    const Branch& piece = branches[i];
    if (piece.lineage == Lineage::fragment && piece.parent == dropped && piece.fate == Fate::dropped &&
        piece.fate_ns < branches[dropped].fate_ns)
      return i;
  }
  return dropped;
}

}  // namespace

bool is_of_packet_socket(const event::Event& event) {
  return event.device && event.device->family == AF_PACKET;
}

void note(Branch& branch, const event::Event& event, const Step& step) {
  // A decision is told by the return alone.
  if (step.is_return && (step.decision == Step::kNone || branch.is_freed)) return;
  switch (step.role) {
    case Role::receives:
    case Role::starts_gro:
      branch.is_received = true;
      branch.is_xmitted = false;
      break;
    case Role::handles: branch.is_received = true; break;
    case Role::accepts: note_accepted(branch, event); break;
    case Role::queues: branch.is_xmitted = false; break;
    case Role::starts_xmit: branch.xmit_location = step.location; break;
    case Role::ends_xmit:
      // Over veth the receiver had it before the driver's answer was heard.
      if (branch.last_role == Role::starts_xmit) branch.is_xmitted = step.has_result && step.result == 0;
      if (branch.is_xmitted) branch.fate_location = branch.xmit_location;
      if (branch.is_xmitted) branch.fate_ns = step.time_ns;
      return;
    case Role::ends_gro:
      branch.is_merged = step.has_result && step.result <= static_cast<int32_t>(Gro::merged_and_freed);
      if (branch.is_merged) branch.fate_ns = step.time_ns;
      return;
    case Role::merges:
      branch.is_merged = true;
      branch.fate_ns = step.time_ns;
      break;
    case Role::kfree: note_drop(branch, event); break;
    case Role::consume: note_consumed(branch, event, step); break;
    case Role::reads:
      note_read(branch, event);
      if (branch.reader == Step::kNone) branch.reader = step.task;
      break;
    case Role::wakes: branch.is_woken = true; break;
    case Role::to_program: branch.to_program = true; break;
    case Role::captures: branch.is_captured = branch.parent != Branch::kNone; break;
    case Role::decides_xdp: note_xdp(branch, event, step); break;
    case Role::coalesces:
    case Role::other: break;
  }
  if ((step.role == Role::reads || step.role == Role::wakes) && event.core->sk) branch.socket = event.core->sk;
  // A free of what was delivered, or sent, may come whenever it likes.
  const bool frees = step.role == Role::kfree || step.role == Role::consume;
  const bool was_over = branch.is_woken || branch.is_xmitted || branch.is_captured;
  branch.is_deferred = frees && !branch.is_dropped && (was_over || branch.is_deferred);
  if (!branch.is_deferred) {
    branch.fate_ns = step.time_ns;
    if (step.location != Step::kNone && !branch.is_xmitted) branch.fate_location = step.location;
  }
  // Functions that mean nothing come in between.
  if (step.role != Role::other) branch.last_role = step.role;
}

bool is_settled(const Branch& branch) {
  return (branch.is_freed && !branch.awaits_reader) || branch.is_merged || branch.is_woken || branch.is_read ||
         branch.is_captured || branch.is_xmitted || branch.to_program || branch.is_redirected ||
         (branch.is_accepted && !branch.has_payload) || branch.cut != Cut::none;
}

void decide(Trail& trail) {
  for (auto& branch : trail.branches) branch.fate = fate_of(branch);
  const auto first_with = [&](Fate fate) {
    const auto found = std::find_if(trail.branches.begin(), trail.branches.end(),
                                    [&](const Branch& branch) { return branch.fate == fate; });
    return static_cast<size_t>(found - trail.branches.begin());
  };
  const size_t none = trail.branches.size();
  trail.fate = Fate::not_known;
  trail.fate_branch = 0;
  const auto choose = [&](Fate fate, size_t branch) {
    trail.fate = fate;
    trail.fate_branch = static_cast<uint16_t>(branch);
  };
  if (const size_t dropped = first_with(Fate::dropped); dropped != none && first_with(Fate::delivered) == none) {
    choose(Fate::dropped, cause_of_drop(trail.branches, dropped));
  } else {
    for (const Fate fate : kOrder) {
      const size_t found = first_with(fate);
      if (found == none) continue;
      choose(fate, found);
      break;
    }
    // What is not known of one skb is not known of the packet: that a clone was used up says nothing of it.
    if (trail.fate == Fate::consumed || trail.fate == Fate::not_known) {
      for (size_t i = 0; i < trail.branches.size(); i++) {
        if (trail.branches[i].fate != Fate::not_known) continue;
        choose(Fate::not_known, i);
        break;
      }
    }
  }
  if (trail.fate == Fate::delivered) note_pieces(trail);
  if (trail.branches.empty() || trail.steps.empty()) return;
  const uint64_t until = trail.fate == Fate::not_known ? trail.decisive().last_ns : trail.decisive().fate_ns;
  trail.total_ns = until > trail.first_ns() ? until - trail.first_ns() : 0;
}

}  // namespace skbtrail::trail
