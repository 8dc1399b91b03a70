// The part of a session that traces functions: the BPF object for them, its programs attached by the best backend that
// this kernel has. Private to Session.
//
// Functions whose arguments stand alike, and of which the same sections are wanted, share a program on kprobes; with
// fentry each has one. The object uses the maps of the one for tracepoints (rings, losses, owners, tasks, stacks), so
// events of both come out of the same rings.
//
// Failure: what one function costs stands in `skipped`; SessionError only where the object itself is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "attach/ip_hash_table.h"
#include "attach/skipped_hits.h"
#include "stream/bpf_open.h"

namespace skbtrail::stream {

class FunctionPrograms {
 public:
  // The plan's probes from number `first` on are functions. `shared`, of which the maps are used, is loaded and
  // outlives this; null: there is none, and this one makes them.
  // `rings`: asked for when they are needed, for they may still be made.
  FunctionPrograms(const Plan& plan, size_t first, const std::function<Rings&()>& rings, bpf_object* shared,
                   std::vector<SkippedProbe>& skipped);

  // Returns how many functions are attached. `hits`: is told of everything that the kernel counts skipped hits of, and
  // outlives this.
  size_t attach(std::vector<SkippedProbe>& skipped, SkippedHits& hits);
  void detach(SkippedHits& hits);

  [[nodiscard]] bpf_object* object() const { return object_.get(); }

  [[nodiscard]] FastReject fast_reject() const { return fast_; }

  // By which the functions are traced.
  [[nodiscard]] Backend backend() const { return backend_; }

 private:
  // A program, and the numbers of the probes that it is for.
  struct Group {
    probe_config places{};
    uint32_t number = 0;  // of its program, and of its place in the configuration
    std::vector<uint16_t> probes;
    int program = -1, at_return = -1;  // descriptors that the object owns
  };

  void choose_backend();
  void expect_descriptors() const;
  void group(std::vector<SkippedProbe>& skipped);
  void load(std::vector<SkippedProbe>& skipped);
  bool try_load(std::span<const std::byte> bytes, std::vector<SkippedProbe>& skipped);
  void configure(bpf_object* object);
  void share_maps(bpf_object* object);
  void choose_programs(bpf_object* object, std::vector<SkippedProbe>& skipped);
  void fill_call_table();
  bool take_return_stub(uint16_t probe, std::vector<SkippedProbe>& skipped);
  [[nodiscard]] std::vector<Target> targets(const Group& group) const;
  [[nodiscard]] std::vector<Target> with_return_programs(std::vector<Target> targets) const;
  size_t attach_kprobes_of(const Group& group, const Refuse& refuse, SkippedHits& hits);
  size_t attach_fentry_of(const Group& group, const Refuse& refuse);
  void count_skipped_by_programs(SkippedHits& hits);
  void keep_links(Attached attached, SkippedHits& hits);

  const Plan& plan_;
  size_t first_;
  std::function<Rings&()> rings_;
  bpf_object* shared_;
  Object object_;
  Backend backend_ = Backend::automatic;
  bool cookies_ = false;
  bool single_returns_ = false;                // each return has a program of its own
  std::map<uint16_t, uint32_t> return_stubs_;  // which one, by probe
  bool session_ = false;                       // programs are called at the return, too (kprobe.session)
  FastReject fast_;
  attach::IpHashTable calls_;
  std::vector<bool> found_;  // by number from the first function on: it can be told which function was called
  std::vector<Group> groups_;
  std::vector<Fd> links_;
  std::vector<size_t> places_;         // of SkippedHits, beside the links
  size_t at_any_ = 0;                  // the place of all functions
  std::map<uint16_t, size_t> at_one_;  // those of single ones, by probe
  size_t attached_ = 0;
};

}  // namespace skbtrail::stream
