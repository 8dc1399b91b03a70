// What a live trace is to be. A plan is complete when it is made: all that programs are told of it follows from it
// (object_plan.h), and nothing of it is looked up again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/config.h"
#include "bpf/drop_key.h"
#include "filter/conditions.h"
#include "filter/packet_filter.h"
#include "kernel/btf.h"
#include "kernel/pid_namespace.h"
#include "load/backend.h"
#include "load/kernel_functions.h"
#include "load/track.h"
#include "probe/tracepoints.h"

namespace skbtrail::load {

// Packets that matched, whatever becomes of them.
enum class Follows : uint8_t {
  nothing,
  content,     // by address, as long as the content is what it was: some ends are not seen
  memory,      // the same, and until the slab gives its memory away or gets it back
  every_life,  // by address alone: every end is seen (attach/packet_lives.h), and what is made from one is followed
};

struct Plan {
  std::vector<probe::Probe> probes;      // tracepoints, at most SKBTRAIL_PROBES, then BPF programs, then functions;
                                         // `returns` says of which the return is traced
  Backend backend = Backend::automatic;  // by which functions are traced
  filter::PacketFilter filter;
  filter::Conditions conditions;  // those that are not about packet bytes
  // Tasks that were added to the session are of this PID namespace; nothing: the initial one.
  std::optional<kernel::PidNamespace> tasks_namespace{};
  bool filter_excludes = false;  // it only leaves a TCP connection out: what has no packet is let through
  bool tasks_alone = false;      // only what tasks do that were added to the session, and their children
  bool netns_moves = false;      // the namespace asked for is that of `targets`
  bool links_asked_for = false;  // devices of `targets` are asked for as well
  bool follow_hash = false;      // the table of followed packets is the kernel's: it has no atomic exchange
  uint32_t snaplen = 0;          // packet bytes that a record holds at most
  Follows follows = Follows::nothing;
  bool conversations = false;                       // and their connections
  uint32_t track = kTrack;                          // packets that are followed at once, at most
  std::chrono::milliseconds track_age = kTrackAge;  // and so long, when nothing more is seen of them
  // Of drops that are counted (stream/drop_counter.h): for which reasons, and how many rows there are.
  std::vector<uint32_t> reasons;
  reason_choice counted_reasons = REASONS_ALL;
  uint32_t rows = 0;
  KernelIds kernel;
  // The running kernel's types; outlives the session. Null: libbpf reads them again.
  const kernel::Btf* types = nullptr;
  ::targets targets{};                 // at the start
  std::vector<uint64_t> owned_inodes;  // sockets that wanted tasks have open at the start
  uint64_t ring_bytes = 0;             // all rings together; 0: the default
  bool keeps_lines = false;            // of the BPF source, for who reads what the verifier says
  uint32_t stacks = 0;                 // different stacks that are kept; 0: the default
  // Called while many functions are attached or detached one by one, which takes minutes.
  std::function<void(std::string_view doing, size_t done, size_t of)> progress = [](auto...) {};

  // The return of some function is traced.
  [[nodiscard]] bool returns() const {
    return std::any_of(probes.begin(), probes.end(), [](const auto& probe) { return probe.config.returns != 0; });
  }
};

}  // namespace skbtrail::load
