// The object that counts drops: one program, on skb:kfree_skb.
#pragma once

#include "attach/object_programs.h"

namespace skbtrail::attach {

class DropPrograms : public ObjectPrograms {
 public:
  // The one probe of the plan is where skbs are freed as dropped.
  explicit DropPrograms(Surroundings& around);

 private:
  void want_maps(load::Wanted& wanted, const load::RingMemory& rings) const override;
};

}  // namespace skbtrail::attach
