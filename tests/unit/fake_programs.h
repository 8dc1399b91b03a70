// A kernel in which a test loads BPF programs.
#pragma once

#include <linux/bpf.h>

#include <map>
#include <memory>
#include <string>

#include "kernel/bpf_programs.h"

namespace skbtrail::test {

inline kernel::BpfProgramFacts xdp_facts(const std::string& name) {
  return {BPF_PROG_TYPE_XDP, name.substr(0, 15), name, "struct xdp_md *", 7, 0, true};
}

inline kernel::BpfProgramFacts tc_facts(const std::string& name) {
  return {BPF_PROG_TYPE_SCHED_CLS, name.substr(0, 15), name, "struct __sk_buff *", 7, 0, true};
}

class FakePrograms : public kernel::BpfProgramSource {
 public:
  std::map<uint32_t, kernel::BpfProgramFacts> programs;
  std::string refusal;  // of the list; empty: it is told
  int attachment = 0;   // an errno
  uint32_t gone = 0;    // a program that is unloaded before it is asked
  uint32_t tried = 0;   // the last that something was hung on

  uint32_t next(uint32_t id) override {
    if (!refusal.empty()) throw kernel::BpfProgramsError(refusal);
    const auto found = programs.upper_bound(id);
    return found == programs.end() ? 0 : found->first;
  }
  std::optional<kernel::BpfProgramFacts> facts(uint32_t id) override {
    const auto found = id == gone ? programs.end() : programs.find(id);
    return found == programs.end() ? std::nullopt : std::optional(found->second);
  }
  int try_on(uint32_t id, uint32_t) override {
    tried = id;
    return attachment;
  }
};

}  // namespace skbtrail::test
