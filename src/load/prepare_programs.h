// What is done to each program when libbpf has relocated it and before the kernel gets it: kernel functions are put in
// by their ids (kernel_functions.h), and it is specialised for the configuration (specialise.h).
#pragma once

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <optional>
#include <vector>

#include "load/bpf_kernel.h"
#include "load/kernel_functions.h"

namespace skbtrail::load {

// libbpf asks us for programs in the sections of our objects from now on. Throws SessionError.
void prepare_programs_of_our_sections();

// While one lives, the programs of this object are prepared when they are loaded; those of others are left alone.
// libbpf's callback has no argument of ours: the thread that makes it is the one that loads.
class Preparation {
 public:
  // `config`: the map of the configuration. `prefilter`: the body of prefilter(). Keeps references.
  Preparation(bpf_object* object, const char* config, const std::optional<std::vector<bpf_insn>>& prefilter,
              const KernelFunctions& functions);
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation();

  [[nodiscard]] FastReject fast() const;
};

}  // namespace skbtrail::load
