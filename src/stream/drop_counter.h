// Dropped packets, counted in the kernel: by reason, location, device, protocol and namespace (bpf/drop_key.h). Nothing
// is sent for a packet. Where there are more different keys than rows the rest is counted in one row of its own.
//
// The order of life: construct (loads and attaches; on return every drop is counted), read() as often as one likes,
// detach(), read() once more. All hangs on file descriptors.
//
// Failure: SessionError, as of a session. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bpf/config.h"
#include "bpf/drop_key.h"
#include "event/counted_drop.h"
#include "event/skipped_probe.h"
#include "load/bpf_kernel.h"
#include "load/plan.h"

namespace skbtrail::stream {

class DropCounter {
 public:
  // A plan with one probe, and with `rows`.
  explicit DropCounter(load::Plan plan);
  // `kernel` outlives it.
  DropCounter(load::Plan plan, load::BpfKernel& kernel);
  DropCounter(const DropCounter&) = delete;
  DropCounter& operator=(const DropCounter&) = delete;
  ~DropCounter();

  // All rows, in no order; that of all others is among them if it has counted something.
  [[nodiscard]] std::vector<event::CountedDrop> read() const;

  // What -N and -i lead to from now on, where the plan lets it change.
  void set_targets(const ::targets& now);

  // No program runs any more when this returns.
  void detach();

  // Drops that the kernel did not let the program see since the last call, because it was in it already on this CPU.
  [[nodiscard]] uint64_t skipped();
  // Drops that were refused without a look at all conditions, for want of room for a copy of the packet.
  [[nodiscard]] uint64_t not_filtered() const;
  // Of skbs of families that are not asked for.
  [[nodiscard]] uint64_t of_other_families() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skbtrail::stream
