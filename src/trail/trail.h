// One packet's story, as far as it was seen: the steps of its skbs, in the order of time, what changed at each, and
// what became of them.
//
//   branches   the skbs: the first one, and those that descend from it (clones, segments, fragments)
//   steps      of all branches, each an event; a step knows its branch and its location
//   locations  namespace and device, where the packet was
//   changes    what is different from the branch's step before
//
// A trail is whole in itself but for names, which it borrows from where its events came from.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "event/names.h"
#include "trail/life.h"
#include "trail/roles.h"

namespace skbtrail::trail {

enum class Fate : uint8_t {
  dropped,
  merged,      // into another packet, whose fate it has from then on
  delivered,   // to a socket
  to_program,  // through a tun device
  captured,    // by a packet socket: of a branch, never of a trail
  forwarded,   // received by a device, and handed to the driver of another one
  sent,        // the same of a packet of this host
  consumed,    // freed as used up: by a protocol, or as part of another packet
  not_known,
};

// "delivered"; as JSON and --where have it.
std::string_view fate_name(Fate fate);
std::string_view lineage_name(Lineage lineage);
std::string_view cut_name(Cut cut);  // empty: none

struct Location {
  uint32_t netns = 0;    // inode number; 0: not known
  uint32_t ifindex = 0;  // 0: no device
  std::array<char, REC_IFNAMSIZ> name{};

  [[nodiscard]] std::string_view ifname() const { return {name.data(), strnlen(name.data(), name.size())}; }
  bool operator==(const Location&) const = default;
};

struct Task {
  uint32_t pid = 0;
  std::array<char, REC_COMM> name{};

  [[nodiscard]] std::string_view comm() const { return {name.data(), strnlen(name.data(), name.size())}; }
  bool operator==(const Task&) const = default;
};

enum class What : uint8_t { src, dst, ttl, mark, vlan, len, checksum, encapsulated, decapsulated };

// Of src and dst the address, with the port where there is one.
struct Ends {
  packet::IpAddress address;
  uint16_t port = 0;
  bool has_port = false;
};

struct Change {
  What what;
  uint32_t from = 0, to = 0;  // of what is a number; of vlan 0xffff: none
  Ends from_ends, to_ends;    // of src and dst; of what a tunnel put in front or took off: its source and destination
  std::array<char, 22> tunnel{};
  bool by_nat = false;  // of src and dst: as the packet's connection has it, where the event knows that
};

// What was decided at a step, as texts; empty: not known.
struct Decision {
  enum class Of : uint8_t {
    rules,     // event/decision.h
    program,   // a BPF program, `table` is its name
    route,     // event/section/route.h: `table`; `verdict` is the route's type, or the errno
    neighbor,  // event/section/neigh.h: `verdict` is its state
    nat,       // event/section/nat.h
  };

  std::string text;  // "iptables filter FORWARD: DROP"
  std::string by, table, chain, hook, verdict;
  Of of = Of::rules;
  uint64_t rule = 0;           // of a single rule that was traced (event/section/rule.h)
  std::string_view rule_type;  // a literal; empty: it is none
  std::string rule_text;

  bool operator==(const Decision&) const = default;
  [[nodiscard]] bool drops() const {
    // What is no answer of XDP drops the packet, too.
    if (of == Of::program && by == "xdp")
      return verdict != "XDP_PASS" && verdict != "XDP_TX" && verdict != "XDP_REDIRECT";
    if (of == Of::program || by == "tc") return verdict == "TC_ACT_SHOT";
    return of == Of::rules && verdict.starts_with("DROP") && table != "broute";
  }
  // It leads to nowhere.
  [[nodiscard]] bool is_bad() const {
    return drops() || verdict.starts_with("DROP") || (of == Of::neighbor && verdict == "FAILED") ||
           (of == Of::route && verdict.starts_with("E") && verdict != "EAGAIN");
  }
  // It is what a rule said of which `whole` is the verdict of the table.
  [[nodiscard]] bool is_rule_of(const Decision& whole) const {
    return !rule_type.empty() && whole.of == of && whole.rule_type.empty() && whole.by == by && whole.table == table &&
           whole.hook == hook;
  }
  // "iptables filter FORWARD".
  [[nodiscard]] std::string_view rules() const { return std::string_view(text).substr(0, text.rfind(": ")); }
};

struct Step {
  static constexpr uint16_t kNone = UINT16_MAX;

  uint64_t time_ns = 0;
  uint32_t len = 0;
  uint32_t first_change = 0;
  int32_t result = 0;
  uint16_t changes = 0;
  uint16_t probe = 0;
  uint16_t cpu = 0;
  uint16_t branch = 0;
  uint16_t location = kNone;
  uint16_t task = kNone;  // that did this itself
  uint16_t decision = kNone;
  Role role = Role::other;
  bool has_len = false, has_result = false, is_late = false, is_return = false;
};

struct Branch {
  static constexpr uint16_t kNone = UINT16_MAX;

  uint64_t skb = 0;  // address
  uint64_t life = 0;
  uint64_t first_ns = 0, last_ns = 0;
  uint64_t fate_ns = 0;        // of the step that tells its fate
  uint64_t free_location = 0;  // in the function that freed it; 0: not known (before Linux 6.3 of a drop alone)
  uint64_t socket = 0;
  uint64_t neighbor = 0;  // that it waits for, or waited: address of the struct; 0: of none
  uint32_t drop_reason = 0;
  uint64_t into_trail = 0;  // the trail whose packet it is part of now; 0: this one, or not known
  uint64_t into_ns = 0;     // when that was first seen
  uint16_t into = kNone;    // the branch of this trail that it is part of now
  uint16_t parent = kNone;
  uint16_t fate_location = Step::kNone;  // of the device, or where it was dropped
  uint16_t reader = Step::kNone;         // a task
  uint16_t owner = Step::kNone;          // of `socket`: a task that used it before
  uint16_t last_decision = Step::kNone;  // of its last step, if that was one
  uint16_t last_rule = Step::kNone;      // that was traced, since a table as a whole decided
  uint16_t dropped_by = Step::kNone;     // the decision to drop it, right after which it was freed as dropped
  Lineage lineage = Lineage::original;
  bool is_likely = false;  // its descent is told by its content alone
  Cut cut = Cut::none;     // the end was not seen: another packet was at its address later
  Fate fate = Fate::not_known;
  std::string_view benign;  // why its drop is nothing wrong: a literal
  bool has_reason = false, is_dropped = false, is_freed = false, is_benign = false;
  bool is_received = false, is_read = false, is_woken = false, is_captured = false, is_merged = false;
  bool is_accepted = false, has_payload = false;  // by a TCP connection
  bool is_redirected = false;                     // by an XDP program: where to is not known
  bool was_queued = false;                        // to a device
  bool to_program = false, is_xmitted = false, was_requeued = false, is_deferred = false, awaits_reader = false;
  uint32_t last_len = 0, last_mark = 0;
  uint16_t xmit_location = Step::kNone;
  uint16_t last_location = Step::kNone;
  Role last_role = Role::other;  // of its own skb: not of what a driver said
  uint8_t checksum = 0xff;
  bool has_len = false, has_mark = false;

  [[nodiscard]] bool is_over() const { return is_freed || is_merged || cut != Cut::none; }
};

// Events that were lost while it was under way.
struct Hole {
  uint64_t time_ns = 0;  // where it is known that some are missing
  uint64_t lost = 0;
  bool may_have_matched = false;
};

enum class End : uint8_t {
  fate,     // all that was to be known of it
  aged,     // nothing was seen of it for a long time
  evicted,  // to make room for others
  run_ended,
};

// Bits of Trail::seen, and the step that was the first with them.
struct FirstSeen {
  uint64_t bits = 0;
  uint32_t step = 0;
};

struct Trail {
  uint64_t id = 0;
  const event::Names* names = nullptr;
  std::string packet;  // one line, as it was first seen with headers; empty: it never was
  Look first;          // and what it looked like
  uint32_t first_len = 0;
  bool has_first = false, has_first_len = false;
  bool is_chosen = false;        // by one of its events
  std::vector<Branch> branches;  // a parent is before its children
  std::vector<Step> steps;
  std::vector<Location> locations;
  std::vector<Task> tasks;
  std::vector<Change> changes;
  std::vector<Decision> decisions;  // each once
  std::vector<Hole> holes;
  std::vector<uint64_t> answers;  // of its events (Trails::event), each once
  uint64_t seen = 0;              // bits of its events (Trails::event), all of them
  std::vector<FirstSeen> first_seen;
  std::string texts;                // what the receiver keeps of each step, one after the other (Limits::keeps_texts)
  std::vector<uint32_t> text_ends;  // in them, of each step
  uint16_t sender = Step::kNone;    // the task that sent it, or one that used its socket before
  uint64_t steps_left_out = 0;      // beyond the limit
  uint64_t continues = 0;           // the trail of the same packet that was closed before; 0: none
  uint64_t last_ns = 0;

  // Set when it is closed.
  End end = End::fate;
  Fate fate = Fate::not_known;
  uint16_t fate_branch = 0;
  uint64_t total_ns = 0;  // from the first step to its fate

  [[nodiscard]] uint64_t first_ns() const { return steps.empty() ? 0 : steps.front().time_ns; }
  [[nodiscard]] const Branch& decisive() const { return branches[fate_branch]; }
  // Of each branch whether it is this one, or one that this descends from.
  [[nodiscard]] std::vector<uint8_t> line_of(uint16_t branch) const {
    std::vector<uint8_t> is_of(branches.size());
    for (uint16_t at = branch; at != Branch::kNone; at = branches[at].parent) is_of[at] = 1;
    return is_of;
  }
  // The task that has it now, of a packet that was delivered; kNone: not known.
  [[nodiscard]] uint16_t receiver() const {
    if (fate != Fate::delivered) return Step::kNone;
    return decisive().reader != Step::kNone ? decisive().reader : decisive().owner;
  }
  [[nodiscard]] bool is_dropped() const { return fate == Fate::dropped; }
  // Nothing is missing, from the first step to a fate.
  [[nodiscard]] bool is_complete() const { return fate != Fate::not_known && holes.empty() && steps_left_out == 0; }
  // The first step with one of these bits of `seen`, or the last one before, where it is beyond the limit.
  [[nodiscard]] const Step* first_step_with(uint64_t bits) const {
    for (const auto& one : first_seen)
      if (one.bits & bits && one.step < steps.size()) return &steps[one.step];
    return nullptr;
  }
  // Each of its skbs was freed, or ended otherwise, as far as was seen.
  [[nodiscard]] bool is_over() const {
    return std::all_of(branches.begin(), branches.end(), [](const Branch& branch) { return branch.is_over(); });
  }
  // Another packet was at an address of its skbs, and their end was not seen.
  [[nodiscard]] bool was_cut() const {
    return std::any_of(branches.begin(), branches.end(), [](const Branch& branch) { return branch.cut != Cut::none; });
  }
  // Empty where none are kept.
  [[nodiscard]] std::string_view text(size_t step) const {
    if (step >= text_ends.size()) return {};
    const uint32_t begin = step ? text_ends[step - 1] : 0;
    return std::string_view(texts).substr(begin, text_ends[step] - begin);
  }
  [[nodiscard]] size_t memory() const {
    return sizeof(*this) + branches.capacity() * sizeof(Branch) + steps.capacity() * sizeof(Step) +
           locations.capacity() * sizeof(Location) + tasks.capacity() * sizeof(Task) +
           changes.capacity() * sizeof(Change) + decisions.capacity() * kPerDecision +
           answers.capacity() * sizeof(uint64_t) + packet.capacity() + texts.capacity() +
           text_ends.capacity() * sizeof(uint32_t) + branches.size() * kPerLife;
  }

 private:
  static constexpr size_t kPerLife = sizeof(Life) + 256;
  static constexpr size_t kPerDecision = sizeof(Decision) + 1024;  // with the longest names
};

}  // namespace skbtrail::trail
