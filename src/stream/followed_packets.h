// User space's part of the table of followed packets (bpf/config.h): it forgets those that nothing was seen of for
// long, because their end was missed or never comes, and tells programs when none is left, so that a hit costs nothing
// more then than a look at the gate.
//
//   turn: any? ─► count up ─► forget what was not used for `age` ─► empty? FOLLOW_DOUBT ─► still empty? FOLLOW_NONE
//
// A program makes an entry first and says FOLLOW_SOME then, so an entry that comes while the table is looked at is seen
// there, or keeps FOLLOW_DOUBT from becoming FOLLOW_NONE. What is forgotten by mistake, because its address was used
// again in this moment, is followed no more; two packets are never taken for one.
//
// Borrows the maps. One thread, beside programs that run.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "load/bpf_kernel.h"
#include "load/mapping.h"
#include "load/plan.h"

namespace skbtrail::stream {

class FollowedPackets {
 public:
  using Clock = std::chrono::steady_clock;

  // How often turn() is to be called while any() is true.
  static std::chrono::milliseconds turn_time(std::chrono::milliseconds age);

  // `maps` have been made for `plan`, which follows something. Throws std::system_error.
  FollowedPackets(load::BpfKernel& kernel, const load::Plan& plan, const load::BpfObject& maps);

  // All programs are attached: packets begin to be followed.
  void begin();
  // None is any more, and no program looks for one, or tells what became of it. Nothing else makes events by now.
  void end();
  // Programs look for the packet of a hit.
  [[nodiscard]] bool any() const;
  void turn();
  // Packets that were followed no more because nothing was seen of them.
  [[nodiscard]] uint64_t forgotten() const { return forgotten_; }

 private:
  [[nodiscard]] bool is_old(uint16_t used) const;
  void close_gate_if_empty();
  [[nodiscard]] bool is_empty() const;
  void forget_in_table();
  void forget_in_hash();

  load::BpfKernel& kernel_;
  uint32_t track_;
  uint16_t turns_kept_;
  uint16_t turns_ = 0;
  load::Mapping gate_;
  std::optional<load::Mapping> table_;  // none: the kernel's hash map serves
  int hash_ = -1;
  uint64_t forgotten_ = 0;
};

}  // namespace skbtrail::stream
