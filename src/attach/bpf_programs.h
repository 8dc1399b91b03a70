// The object for BPF programs that are traced (-t bpf:*).
#pragma once

#include "attach/object_programs.h"
#include "attach/traced_programs.h"

namespace skbtrail::attach {

class BpfPrograms : public ObjectPrograms {
 public:
  // The plan's probes from number `first` on, `count` of them.
  BpfPrograms(Surroundings& around, size_t first, size_t count);

 private:
  void want_maps(load::Wanted& wanted, const load::RingMemory& rings) const override;

  TracedPrograms* traced_;
};

}  // namespace skbtrail::attach
