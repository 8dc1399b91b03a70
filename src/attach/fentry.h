// A program for each function (fentry), and one for its return (fexit). Linux 5.5. A hit costs half of what it costs
// with a kprobe, and the start of each function as much as a hundred of kprobe.multi.
#pragma once

#include "attach/function_kind.h"

namespace skbtrail::attach {

class FentryFunctions : public AttachKind {
 public:
  // The plan's probes from number `first` on. More than it has programs for are skipped, and so is what is given lists.
  FentryFunctions(Surroundings& around, size_t first);

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.close(attached_); }

 private:
  struct Function {
    uint16_t probe;
    uint32_t program;
  };

  std::vector<Function> functions_;
  FunctionLinks links_;
  size_t attached_ = 0;
};

}  // namespace skbtrail::attach
