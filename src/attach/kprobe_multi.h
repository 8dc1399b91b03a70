// One link for all functions of a program (kprobe.multi: Linux 5.18 with CONFIG_FPROBE). Where the return is traced
// too, one program is at both ends (kprobe.session: Linux 6.10), or another link has a program at the return.
#pragma once

#include <span>

#include "attach/kprobe_groups.h"

namespace skbtrail::attach {

class KprobeMultiFunctions : public KprobeGroups {
 public:
  KprobeMultiFunctions(Surroundings& around, size_t first, bool session);

  // False: programs were called at one end alone anyway.
  bool stop_sessions();

  void want(load::Wanted& wanted) const override;
  size_t attach(const load::BpfObject& object) override;

 private:
  [[nodiscard]] bool has_return_program() const { return around_.plan.returns() && !calls_.session; }
  load::Fd link(int program, std::span<const Target> targets, At at);
  size_t link_what_goes(int program, std::span<const Target> targets, At at);
  size_t link_all(int program, const std::vector<Target>& targets, At at);
};

}  // namespace skbtrail::attach
