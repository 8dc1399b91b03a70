// Programs that see where work on a packet ends on a stack, so that what happens there next is not taken for its
// (bpf/stack_packet.h). They make no events, and hang on tracepoints. A kernel that lacks one does not pass it.
#pragma once

#include "attach/attach_kind.h"

namespace skbtrail::attach {

// Of the object for tracepoints.
class StackPackets : public AttachKind {
 public:
  explicit StackPackets(Surroundings& around);

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.clear(); }

 private:
  std::vector<std::string> ends_;  // tracepoints
  std::vector<load::Fd> links_;
};

}  // namespace skbtrail::attach
