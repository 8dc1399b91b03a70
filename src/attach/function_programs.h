// The object for functions, by the best way to attach to them that this kernel has.
#pragma once

#include "attach/kprobe_multi.h"
#include "attach/object_programs.h"

namespace skbtrail::attach {

class FunctionPrograms : public ObjectPrograms {
 public:
  // The plan's probes from number `first` on are functions. Throws SessionError where so many cannot be traced.
  FunctionPrograms(Surroundings& around, size_t first);

 private:
  [[nodiscard]] load::Backend best_backend(size_t first) const;
  [[nodiscard]] bool has_sessions(load::Backend backend) const;
  void want_maps(load::Wanted& wanted, const load::RingMemory& rings) const override;
  std::vector<load::Concession> concessions() override;

  KprobeMultiFunctions* multi_ = nullptr;  // the kind, if it is this one
};

}  // namespace skbtrail::attach
