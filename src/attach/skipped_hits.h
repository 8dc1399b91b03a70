// Hits for which the kernel ran no program of ours, counted by the kernel for each program and link:
//
//   a program on a tracepoint    was running on that CPU already: the same one, interrupted (recursion_misses; Linux
//                                6.1, before that the program itself finds it: REC_LOSS_NESTED)
//   fentry, fexit                the same (Linux 5.12)
//   a program on kprobes, or     some program of these kinds was running on that CPU, of whomever, or a system call
//   on a perf tracepoint         worked on a BPF map there (bpf_prog_active in kernel/trace/bpf_trace.c; counted in
//                                recursion_misses since Linux 6.7)
//   a link of kprobes            a kprobe or the function tracer was at work there before any program was asked, or
//                                too many calls were waited for to return (missed in struct bpf_link_info; Linux 6.7)
//
// What is counted is hits, and none of our conditions was evaluated for them.
//
// Ownership: programs are kept as duplicates, so that they can be asked when they are detached; links are borrowed, and
// each is asked a last time before it is closed, or all are by end(). One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "event/gap.h"
#include "kernel/fd.h"
#include "load/bpf_kernel.h"

namespace skbtrail::attach {

class SkippedHits {
 public:
  explicit SkippedHits(load::BpfKernel& kernel) : kernel_(kernel) {}

  // At one probe, or at one of so many functions that share a program.
  struct AttachPoint {
    uint16_t probe = event::Gap::kNoProbe;
    uint32_t functions = 0;
  };

  // Returns the attach point's number.
  size_t add_point(AttachPoint point);
  void add_program(size_t point, kernel::Fd program);
  void add_link(size_t point, int link) { points_[point].links.push_back(link); }

  // Links are closed from now on: what each had missed is told by add_missed().
  void forget_links();
  // What is skipped from now on does not count: programs may be hit for a while yet, and make no events.
  void end();
  void add_missed(size_t point, uint64_t hits) { points_[point].of_closed += hits; }

  // Calls `take` for each attach point at which hits were skipped since the last look.
  void look(const std::function<void(const AttachPoint&, uint64_t hits)>& take);

 private:
  struct Counted {
    AttachPoint point;
    std::vector<kernel::Fd> programs;
    std::vector<int> links;
    uint64_t of_closed = 0;  // hits at what is not asked any more
    uint64_t told = 0;
  };
  [[nodiscard]] uint64_t count(const Counted& counted) const;

  load::BpfKernel& kernel_;
  std::vector<Counted> points_;
};

}  // namespace skbtrail::attach
