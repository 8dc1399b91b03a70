// One live trace: the BPF object loaded with a plan, its programs attached, its rings.
//
// The order of life: construct (loads and attaches; on return every hit is recorded), drain() as often as one likes,
// detach(), drain() until it brings nothing, final counts. Destroying it detaches and frees everything, though not all
// of it at once; so does the end of the process, however it ends, for all hangs on file descriptors.
//
// Failure: SessionError with the errno, what was tried and what to do. A tracepoint that this kernel refuses costs only
// itself and is in skipped(), and so is what it hands out, where only that is refused.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attach/skipped_hits.h"
#include "bpf/config.h"
#include "event/gap.h"
#include "event/skipped_probe.h"
#include "load/bpf_kernel.h"
#include "load/plan.h"
#include "load/session_error.h"
#include "probe/tracepoints.h"
#include "stream/order.h"
#include "stream/rings.h"

namespace skbtrail::stream {

using attach::SkippedHits;
using event::SkippedProbe;
using load::Plan;
using load::SessionError;

class Session {
 public:
  explicit Session(Plan plan);
  // `kernel` outlives the session.
  Session(Plan plan, load::BpfKernel& kernel);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  using Take = std::function<void(std::span<const std::byte>)>;

  // Reads every ring once, at most a bounded number of records each. The bytes are valid during the call only.
  Drained drain(const Take& take);

  // What -N and -i lead to from now on, where the plan lets it change.
  void set_targets(const ::targets& now);

  // After detach(), when a drain brings nothing: skips what was never finished, so that what is after it can be
  // drained. How many there were; 0: that was all.
  size_t skip_unfinished();

  // Where the plan asks for tasks (match_tasks): this process and what it forks from now on.
  void add_task(uint32_t process);

  // To be waited at when a drain brought nothing, for as long as fall_asleep() says: readable when a record came since.
  [[nodiscard]] int poll_fd() const;
  [[nodiscard]] std::chrono::milliseconds fall_asleep();

  // No program makes a record any more when this returns.
  void detach();

  [[nodiscard]] const std::vector<probe::Probe>& probes() const;
  [[nodiscard]] const std::vector<SkippedProbe>& skipped() const;
  // Probes of which events come.
  [[nodiscard]] size_t attached() const;
  // How the packet filter is run, in words for a person; empty: there is none.
  [[nodiscard]] std::string filter_path() const;
  // Functions among them.
  [[nodiscard]] size_t attached_functions() const;
  // BPF programs among them.
  [[nodiscard]] size_t attached_programs() const;
  [[nodiscard]] event::LossCounts losses(uint32_t cpu) const;
  [[nodiscard]] uint32_t cpus() const;
  // Where packets are followed: when look_after_followed() is to be called next; nothing where it need not be.
  [[nodiscard]] std::optional<std::chrono::milliseconds> followed_wait();
  // See followed_packets.h. Not too early.
  void look_after_followed();
  // Packets that were followed no more because nothing was seen of them.
  [[nodiscard]] uint64_t followed_aged() const;

  // Of all CPUs.
  [[nodiscard]] uint64_t other_count(::other_count what) const;

  // Hits that the kernel itself skipped (skipped_hits.h), each as it came to be more since the last call; all of them
  // after detach().
  void look_for_skipped(const std::function<void(const SkippedHits::AttachPoint&, uint64_t hits)>& take);
  // Whether the kernel counts all hits that it skips at these probes.
  [[nodiscard]] bool counts_skipped() const;

  [[nodiscard]] uint64_t ring_bytes() const;
  // Records are built in them (bpf/ring.h), so they need room before all conditions are evaluated.
  [[nodiscard]] bool has_own_rings() const;

  // The frames of a kept stack, innermost first, zeros after the last; empty where there is none of that number.
  [[nodiscard]] std::vector<uint64_t> stack(uint64_t id) const;

  // Different stacks that can be kept.
  [[nodiscard]] uint32_t stacks() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skbtrail::stream
