// Programs that serve others and make no events: each is a row of a table, with the condition under which it is wanted.
// They are attached before all others, and the run cannot go on without one that is wanted.
#pragma once

#include "attach/attach_kind.h"

namespace skbtrail::attach {

// Of the object for tracepoints.
class ServicePrograms : public AttachKind {
 public:
  using AttachKind::AttachKind;

  // Whether the plan wants some.
  static bool any(const load::Plan& plan);

  void want(load::Wanted& wanted) const override;
  bool give_up(const load::Refusal&) override { return false; }
  size_t attach(const load::BpfObject& object) override;
  void detach() override { links_.clear(); }

 private:
  std::vector<load::Fd> links_;
};

}  // namespace skbtrail::attach
