// What a live trace is to be. A plan is complete when it is made: all that programs are told of it follows from it
// (object_plan.h), and nothing of it is looked up again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "bpf/config.h"
#include "filter/conditions.h"
#include "filter/judge.h"
#include "kernel/btf.h"
#include "load/backend.h"
#include "load/kernel_functions.h"
#include "probe/tracepoints.h"

namespace skbtrail::load {

struct Plan {
  std::vector<probe::Probe> probes;      // tracepoints, at most SKBTRAIL_PROBES, then functions
  Backend backend = Backend::automatic;  // by which functions are traced
  bool returns = false;                  // of functions
  filter::PacketFilter filter;
  bool filter_excludes = false;   // it only leaves a TCP connection out: what has no packet is let through
  filter::Conditions conditions;  // those that are not about packet bytes
  bool tasks_alone = false;       // only what tasks do that were added to the session, and their children
  bool follows = false;           // packets that matched, whatever becomes of them
  bool netns_moves = false;       // the namespace asked for is that of `targets`
  bool links_asked_for = false;   // devices of `targets` are asked for as well
  uint32_t snaplen = 0;           // packet bytes that a record holds at most
  KernelIds kernel;
  // The running kernel's types; outlives the session. Null: libbpf reads them again.
  const kernel::Btf* types = nullptr;
  ::targets targets{};                 // at the start
  std::vector<uint64_t> owned_inodes;  // sockets that wanted tasks have open at the start
  uint64_t ring_bytes = 0;             // all rings together; 0: the default
  uint32_t stacks = 0;                 // different stacks that are kept; 0: the default
  // Called while many functions are attached or detached one by one, which takes minutes.
  std::function<void(std::string_view doing, size_t done, size_t of)> progress = [](auto...) {};
};

}  // namespace skbtrail::load
