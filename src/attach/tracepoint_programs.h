// The object for tracepoints, and for programs that serve others.
#pragma once

#include <string>
#include <vector>

#include "attach/object_programs.h"
#include "attach/shared_tracepoints.h"
#include "attach/typed_tracepoints.h"

namespace skbtrail::attach {

class TracepointPrograms : public ObjectPrograms {
 public:
  // The plan's first `count` probes are tracepoints. `plan` is that of `around`: whether a probe's filter may read
  // fragments is written there.
  TracepointPrograms(Surroundings& around, load::Plan& plan, size_t count);

  // Whether the plan has something for this object.
  static bool are_wanted(const load::Plan& plan, size_t count);

  // Packet filters may read fragments, but at these.
  [[nodiscard]] bool gathers() const { return gathers_; }
  [[nodiscard]] const std::vector<std::string>& no_gather() const { return no_gather_; }

 private:
  void choose_gathering(load::Plan& plan);
  [[nodiscard]] SharedPrograms choose_shared() const;
  void make_kinds();
  void want_maps(load::Wanted& wanted, const load::RingMemory& rings) const override;
  std::vector<load::Concession> concessions() override;
  bool stop_sharing();
  bool stop_gathering();

  size_t count_;
  bool gathers_ = false;
  std::vector<std::string> no_gather_;
  TypedTracepoints* typed_ = nullptr;    // of the kinds
  SharedTracepoints* shared_ = nullptr;  // the same
};

}  // namespace skbtrail::attach
