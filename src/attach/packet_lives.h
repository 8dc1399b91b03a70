// Programs that see where skbs end, and which are made from others, for packets that are followed (bpf/lineage.h). They
// make no events, but where a followed skb becomes part of another (bpf/merges.h).
//
// Where the kernel lets programs hang on functions (fentry, fexit), every end is seen, so that an skb's address is one
// packet's until then. Where it does not, there are the tracepoints of frees, which half of the skbs pass. Those of the
// slab allocator (load::Follows::memory) tell when the address is given to another skb: an alloc of memory that a
// packet is followed at ends that one, whatever it is for. They cost each system call that allocates something, so they
// are asked for. From Linux 6.19 on (net-next of November 2025, __alloc_skb() of net/core/skbuff.c) skbs are taken from
// caches of CPUs, past the slab; before, what a driver builds in its NAPI poll is.
#pragma once

#include "attach/attach_kind.h"
#include "kernel/btf.h"

namespace skbtrail::attach {

// Of the object for tracepoints.
class PacketLives : public AttachKind {
 public:
  explicit PacketLives(Surroundings& around);

  // Whether every end of an skb can be seen on this kernel: a program is loaded to try it.
  static bool sees_every_end(load::BpfKernel& kernel, const kernel::Btf& types);

  // Why not even the slab tells when an address is another skb's; empty: it does.
  static std::string obstacle_to_memory(const kernel::Btf& types);

  // A function that every end has to pass and that is not there; empty: all are.
  static std::string unseen_end(const kernel::Btf& types);

  // Where an skb becomes part of another (enum merge_point): programs that tell of it make records of these, which
  // are after the plan's probes.
  static std::vector<probe::Probe> merge_probes();

  // A way to make skbs that cannot be watched is done without: what is made there has a trail of its own. An end is
  // not.
  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  // What is told of packets that become part of others is told while some are followed
  // (stream::FollowedPackets::end()).
  void detach() override;

 private:
  struct Hook {
    std::string program;
    const char* target;
    bool is_end;
    bool is_typed = true;  // else it is a tracepoint, by its name
  };

  // `target` is what the kernel calls the attach point.
  void add_end(const char* point, const char* target);

  std::vector<Hook> hooks_;
  std::vector<load::Fd> links_;
};

}  // namespace skbtrail::attach
