// What programs with types hang on, by the ids that the kernel wants when it loads them: a function of the kernel, of
// one of its modules or of a BPF program, or a tracepoint.
//
// libbpf can look for that as well. It reads the kernel's types once more for it and goes through them for each
// program, which took a sixth of a start (Linux 6.12, 47 programs with types); and where it may not look into modules
// (CAP_SYS_ADMIN) it fails for what the kernel proper has.
#pragma once

#include <bpf/bpf.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernel/btf.h"
#include "kernel/fd.h"
#include "load/object_plan.h"

namespace skbtrail::load {

struct AttachTarget {
  int error = 0;  // an errno: ENOENT where there is none of that name
  uint32_t type = 0;
  uint32_t program = 0, module = 0;  // descriptors of what has the type; 0: the kernel proper

  void put_into(bpf_prog_load_opts& options) const;
};

class AttachTargets {
 public:
  // `types`: the kernel's; null: no name is found in them.
  explicit AttachTargets(const kernel::Btf* types) : types_(types) {}

  struct Wanted {
    const ProgramPlan* program;  // its target is not empty
    ProgramKind kind;
  };
  // One for each, in their order. Descriptors are open as long as this lives.
  std::vector<AttachTarget> find(const std::vector<Wanted>& wanted);

 private:
  AttachTarget in_kernel(const kernel::TypePlace& place);
  AttachTarget in_program(uint32_t id, const std::string& function);

  const kernel::Btf* types_;
  std::map<std::string, kernel::Fd, std::less<>> modules_;
  std::vector<kernel::Fd> programs_;
};

}  // namespace skbtrail::load
