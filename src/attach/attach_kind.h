// A way in which programs hang on the kernel, one class each:
//
//   TypedTracepoints       a program with types for each tracepoint (tp_btf)
//   SharedTracepoints      a program without types for each, which calls one of a few that are shared (raw_tp with a
//   cookie) TracepointEvents       a program on the perf event of a tracepoint, for what that hands out FentryFunctions
//   a program for each function, and one for its return (fentry, fexit) KprobeMultiFunctions   one link for all
//   functions of a program (kprobe.multi, kprobe.session) KprobeFunctions        one perf event for each function
//   (kprobe) ServicePrograms        programs that serve others and make no events
//   TracedPrograms         a program at the begin of each BPF program that is traced, and one at its end
//   PacketLives            programs that see where skbs end, and which are made from others
//   StackPackets           programs that see where work on a packet ends on a stack
//
// The order of life: want(), and give_up() with want() again, as often as the kernel refuses; attach() once the object
// is loaded; detach(). A probe that is refused costs only itself and is told with the reason; SessionError where the
// run cannot go on. Everything hangs on descriptors that the kind owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attach/skipped_hits.h"
#include "event/skipped_probe.h"
#include "load/bpf_kernel.h"
#include "load/loader.h"
#include "load/plan.h"
#include "load/session_error.h"

namespace skbtrail::attach {

// What all kinds of a session have in common, which outlives them.
struct Surroundings {
  load::BpfKernel& kernel;
  const load::Plan& plan;
  SkippedHits& hits;
  std::vector<event::SkippedProbe>& skipped;
  std::vector<bool> given_up;  // by probe: no kind traces it any more
  bool ended = false;          // no program makes an event any more, attached or not
  // Of detach(): links that the kernel takes long to close, of programs that make no events (any more).
  std::vector<load::Fd> closed_later;

  void close_later(std::vector<load::Fd>& links) {
    for (load::Fd& link : links) closed_later.push_back(std::move(link));
    links.clear();
  }
  void skip(std::string name, std::string reason) { skipped.push_back({std::move(name), std::move(reason)}); }
};

class AttachKind {
 public:
  explicit AttachKind(Surroundings& around) : around_(around) {}
  AttachKind(const AttachKind&) = delete;
  AttachKind& operator=(const AttachKind&) = delete;
  virtual ~AttachKind() = default;

  // Adds its programs, with their entries of the configuration and the maps that they alone use.
  virtual void want(load::Wanted& wanted) const = 0;

  // One of the programs was refused. Where it is of this kind, its probes are skipped. False: it is not.
  virtual bool give_up(const load::Refusal& refusal) = 0;

  // Returns of how many probes events come by this kind.
  virtual size_t attach(const load::BpfObject& object) = 0;
  // No program of this kind makes an event any more when this returns. Those that make none, and all when the run has
  // `ended`, may hang on what is closed later.
  virtual void detach() = 0;

  // Some of the hits that the kernel skips at its probes are told by Linux 6.7 and later alone (skipped_hits.h).
  [[nodiscard]] virtual bool needs_missed_counts() const { return false; }

 protected:
  [[nodiscard]] const probe::Probe& probe(size_t number) const { return around_.plan.probes[number]; }

  Surroundings& around_;
};

// A duplicate, which lives on when the object is closed. Throws SessionError.
load::Fd duplicate(int fd);

// "probe_03": one of the object's programs that are alike.
std::string numbered(std::string_view kind, uint32_t number);

// The number in such a name; nothing: it is no program of this kind.
std::optional<uint32_t> number_of(std::string_view kind, std::string_view program);

}  // namespace skbtrail::attach
