// One perf event for each function (any kernel with CONFIG_KPROBE_EVENTS), which takes the kernel 2 to 30 ms each, so
// by many threads. Before Linux 5.15 such programs have no cookies: which function it was is found by address, and each
// return needs a program of its own, which knows.
#pragma once

#include <map>

#include "attach/kprobe_groups.h"

namespace skbtrail::attach {

class KprobeFunctions : public KprobeGroups {
 public:
  // Throws SessionError where there cannot be as many open files.
  KprobeFunctions(Surroundings& around, size_t first);

  void want(load::Wanted& wanted) const override;
  size_t attach(const load::BpfObject& object) override;

 private:
  // The event, and the link that carries the cookie; without cookies the event alone.
  struct OneProbe {
    load::Fd event, link;
    int error = 0;
  };

  [[nodiscard]] bool single_returns() const { return around_.plan.returns() && !calls_.cookies; }
  [[nodiscard]] bool has_return_program() const { return around_.plan.returns() && calls_.cookies; }
  void expect_descriptors() const;
  bool take_return(uint16_t number);
  OneProbe attach_one(int program, const Target& target, At at);
  size_t attach_all(const std::function<int(const Target&)>& program, const std::vector<Target>& targets, At at);

  std::map<uint16_t, uint32_t> return_programs_;  // for a single return each, by probe
};

}  // namespace skbtrail::attach
