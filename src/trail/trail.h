// One packet's story, as far as it was seen: the steps of its skbs, in the order of time, what changed at each, and
// what became of them.
//
//   branches   the skbs: the first one, and those that descend from it (clones, segments, fragments)
//   steps      of all branches, each an event; a step knows its branch and its place
//   places     namespace and device, where the packet was
//   changes    what is different from the branch's step before
//
// A trail is whole in itself but for names, which it borrows from where its events came from.
#pragma once

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
  merged,      // into another packet, whose fate it has
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

struct Place {
  uint32_t netns = 0;    // inode number; 0: not known
  uint32_t ifindex = 0;  // 0: no device
  std::array<char, REC_IFNAMSIZ> name{};

  [[nodiscard]] std::string_view ifname() const { return {name.data(), strnlen(name.data(), name.size())}; }
  bool operator==(const Place&) const = default;
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
  uint16_t place = kNone;
  uint16_t task = kNone;  // that did this itself
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
  uint32_t drop_reason = 0;
  uint16_t parent = kNone;
  uint16_t fate_place = Step::kNone;  // of the device, or where it was dropped
  uint16_t reader = Step::kNone;      // a task
  Lineage lineage = Lineage::original;
  bool is_likely = false;  // its descent is told by its content alone
  Cut cut = Cut::none;     // the end was not seen: another packet was at its address later
  Fate fate = Fate::not_known;
  std::string_view benign;  // why its drop is nothing wrong: a literal
  bool has_reason = false, is_dropped = false, is_freed = false, is_benign = false;
  bool is_received = false, is_read = false, is_woken = false, is_captured = false, is_merged = false;
  bool to_program = false, is_xmitted = false, was_requeued = false, is_deferred = false, awaits_reader = false;
  uint32_t last_len = 0, last_mark = 0;
  uint16_t xmit_place = Step::kNone;
  uint16_t last_place = Step::kNone;
  Role last_role = Role::other;  // of its own skb: not of what a driver said
  uint8_t checksum = 0xff;
  bool has_len = false, has_mark = false;
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

struct Trail {
  uint64_t id = 0;
  const event::Names* names = nullptr;
  std::string packet;  // one line, as it was first seen with headers; empty: it never was
  Look first;          // and what it looked like
  uint32_t first_len = 0;
  bool has_first = false, has_first_len = false;
  bool is_chosen = false;        // by one of its events
  std::vector<Branch> branches;  // a parent stands before its children
  std::vector<Step> steps;
  std::vector<Place> places;
  std::vector<Task> tasks;
  std::vector<Change> changes;
  std::vector<Hole> holes;
  uint64_t steps_left_out = 0;  // beyond the limit
  uint64_t continues = 0;       // the trail of the same packet that was closed before; 0: none
  uint64_t last_ns = 0;

  // Set when it is closed.
  End end = End::fate;
  Fate fate = Fate::not_known;
  uint16_t fate_branch = 0;
  uint64_t total_ns = 0;  // from the first step to its fate

  [[nodiscard]] uint64_t first_ns() const { return steps.empty() ? 0 : steps.front().time_ns; }
  [[nodiscard]] const Branch& decisive() const { return branches[fate_branch]; }
  [[nodiscard]] bool is_dropped() const { return fate == Fate::dropped; }
  // Nothing is missing, from the first step to a fate.
  [[nodiscard]] bool is_complete() const { return fate != Fate::not_known && holes.empty() && steps_left_out == 0; }
  [[nodiscard]] size_t memory() const {
    return sizeof(*this) + branches.capacity() * sizeof(Branch) + steps.capacity() * sizeof(Step) +
           places.capacity() * sizeof(Place) + tasks.capacity() * sizeof(Task) + changes.capacity() * sizeof(Change) +
           packet.capacity() + branches.size() * kPerLife;
  }

 private:
  static constexpr size_t kPerLife = sizeof(Life) + 256;
};

}  // namespace skbtrail::trail
