// All that a session asks of the kernel's BPF, in one place, so that tests can replace the kernel
// (tests/unit/attach/fake_kernel.h).
//
// Failure: an errno is returned, 0 where it went well; where a descriptor is, it is empty and errno says why. What
// hangs on the kernel is gone when its descriptor is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/fd.h"
#include "kernel/feature_probe.h"
#include "kernel/kprobes.h"
#include "load/object_plan.h"

namespace skbtrail::load {

using kernel::Fd;

// Programs that were given the fast reject of the packet filter (filter/prefilter.h), and those that were to have it
// and could not: they work, and each of their misses costs as much as a look at the whole packet.
struct FastReject {
  size_t with = 0, without = 0;
};

struct LoadOutcome {
  int error = 0;               // an errno; 0: it is loaded
  std::string target_of = {};  // the program whose target is not there; empty: it was the kernel that refused
  std::string refused = {};    // the program that it refused; empty: only the log may tell
  std::string log = {};        // what libbpf and the verifier said
  FastReject fast = {};
};

// An object that is open. One that was refused is of no more use.
class BpfObject {
 public:
  virtual ~BpfObject() = default;
  // Throws SessionError where the object itself is not as the plan takes it to be.
  virtual LoadOutcome load(const ObjectPlan& plan) = 0;
  // Descriptors, which the object owns. Of a program -1 where it was not loaded; there is a map of that name.
  [[nodiscard]] virtual int program(const std::string& name) const = 0;
  [[nodiscard]] virtual int map(const std::string& name) const = 0;
};

class BpfKernel {
 public:
  virtual ~BpfKernel() = default;

  // `types`: the kernel's, or null: libbpf reads them. Throws SessionError.
  virtual std::unique_ptr<BpfObject> open(std::span<const std::byte> bytes, const kernel::Btf* types) = 0;

  virtual Fd create_ring(uint32_t bytes) = 0;
  // An array that user space may map.
  virtual Fd create_array(const char* name, uint32_t value_size, uint32_t entries) = 0;
  // An array of such maps as `like` is.
  virtual Fd create_array_of_maps(const char* name, int like, uint32_t entries) = 0;
  virtual int update(int map, const void* key, const void* value) = 0;
  // Of a map with values for each CPU: those of all that are possible, one after the other, each at a multiple of 8.
  virtual int look_up(int map, const void* key, void* value) = 0;
  virtual int remove(int map, const void* key) = 0;
  // Of a hash map: the key after this one, the first of all where it is null. ENOENT: there is none.
  virtual int next_key(int map, const void* key, void* next) = 0;
  // From now on `epoll` is woken by what comes into this ring.
  virtual int watch(int epoll, int ring) = 0;

  // Programs on tracepoints. Of a program with types, which knows where it belongs, the name is null.
  virtual Fd attach_raw_tracepoint(const char* name, int program, uint64_t cookie) = 0;
  // Events by perf_event_open(2), disabled, on all CPUs. A tracepoint by its number in tracefs; a kprobe by address, or
  // by name where that is 0.
  virtual Fd open_tracepoint_event(uint32_t id) = 0;
  virtual Fd open_kprobe_event(const std::string& name, uint64_t address, bool at_return) = 0;
  virtual int set_program(int event, int program) = 0;
  virtual int enable(int event) = 0;
  virtual Fd link_event(int event, int program, uint64_t cookie) = 0;
  // Refused for one target all are refused.
  virtual Fd link_kprobes(int program, int attach_type, const kernel::KprobeTargets& targets, uint32_t flags) = 0;
  // All programs have ended that ran when this was called.
  virtual void wait_for_programs() = 0;
  // Closes links whose programs may run for a while yet. Of those on functions the kernel takes a tenth of a second for
  // each, at one after the other; a process of its own, which has nothing else open, sees to that when this has
  // returned, and when this process has ended. Where there can be none they are closed at once.
  virtual void close_later(std::vector<Fd> links) = 0;

  // Hits that the kernel skipped (attach/skipped_hits.h); 0 where it does not count them.
  virtual uint64_t recursion_misses(int program) = 0;
  virtual uint64_t missed_hits(int link) = 0;

  // What works when it is tried.
  virtual bool loads(const kernel::FeatureProbe& program) = 0;
  virtual bool has_kprobes() = 0;
  virtual bool has_kprobe_multi() = 0;
  virtual bool has_kprobe_session() = 0;

  // CPUs that may ever be online, and those that are, ascending. None: an errno.
  virtual int possible_cpus(uint32_t& count) = 0;
  virtual std::vector<uint32_t> online_cpus() = 0;
};

// The kernel that runs. One thread at a time opens and loads.
BpfKernel& running_kernel();

}  // namespace skbtrail::load
