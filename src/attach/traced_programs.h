// A program at the begin of each BPF program that is traced, and one at its end (fentry, fexit on BPF programs; Linux
// 5.5).
//
// Whoever is traced stays loaded as long, though it may be taken from its device meanwhile: then it has no hits more.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "attach/attach_kind.h"
#include "attach/function_kind.h"

namespace skbtrail::attach {

class TracedPrograms : public AttachKind {
 public:
  // The plan's probes from number `first` on, `count` of them. More than it has programs for are skipped.
  TracedPrograms(Surroundings& around, size_t first, size_t count);

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal& refusal) override;
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.close(attached_); }

  [[nodiscard]] bool any_xdp() const;

 private:
  struct Traced {
    uint16_t probe;
    uint32_t program;  // the number of ours, and of its entry of the configuration
  };

  std::vector<Traced> programs_;
  FunctionLinks links_;
  size_t attached_ = 0;
};

}  // namespace skbtrail::attach
