// What ways to hang programs on functions have in common.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "attach/attach_kind.h"

namespace skbtrail::attach {

// Numbers of the object's programs: those on kprobes first, then those for fentry, then those for lists.
inline constexpr uint32_t kFentryStubs = SKBTRAIL_KPROBE_STUBS, kListStubs = kFentryStubs + SKBTRAIL_FENTRY_STUBS,
                          kFunctionPrograms = kListStubs + SKBTRAIL_LIST_STUBS;

// Programs of a kind that are not taken yet.
struct Stubs {
  uint32_t next, end;
  [[nodiscard]] bool empty() const { return next == end; }
};

// The function is given a list of skbs.
bool is_given_a_list(const probe_config& config);

// What of it is traced, enum returns: what was asked for, if it returns something and that can be seen.
uint8_t returns_at(const probe::Probe& probe);

// The maps that programs on functions need, for the entries of the configuration that are wanted so far.
void want_function_maps(load::Wanted& wanted, const load::Plan& plan, const load::RingMemory& rings);

// The same of an object with so many programs. `copies`: they need skbs of their own, whatever the kernel has.
void want_maps_of_calls(load::Wanted& wanted, const load::Plan& plan, const load::RingMemory& rings, uint32_t programs,
                        bool copies);

// That attach or detach functions one by one: the kernel spends most of it waiting, for a grace period or until other
// CPUs see the changed code.
inline constexpr size_t kWaitingThreads = 64;

// The descriptors that functions hang on, and the hits that they missed. They are closed by many threads, or later
// where the run has ended.
class FunctionLinks {
 public:
  explicit FunctionLinks(Surroundings& around) : around_(around) {}

  // One of the object's programs for a function, or BPF program, of its own: "entry_NN", and "leave_NN" where it
  // `returns` something of interest. 0, or why the kernel refuses; throws SessionError for want of descriptors.
  int attach(const load::BpfObject& object, uint16_t probe, uint32_t program, bool returns);
  // `point`: of SkippedHits, where the link counts hits.
  void add(load::Fd link, size_t point, bool counts);
  void close(size_t functions);

 private:
  Surroundings& around_;
  std::vector<load::Fd> links_;
  std::vector<size_t> points_;
};

}  // namespace skbtrail::attach
