// Kernel functions and types that our programs use, by their ids in the running kernel's BTF (bpf/config.h says why).
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <vector>

#include "bpf/config.h"
#include "kernel/btf.h"

namespace skbtrail::load {

// 0: this kernel has none of that name.
struct KernelFunctions {
  uint32_t rdonly_cast = 0;        // bpf_rdonly_cast (Linux 6.2)
  uint32_t dynptr_from_skb = 0;    // bpf_dynptr_from_skb (6.4)
  uint32_t session_is_return = 0;  // bpf_session_is_return (6.10); its prototype has changed since

  static KernelFunctions of(const kernel::Btf& btf);
};

cast_types cast_types_of(const kernel::Btf& btf);

// All of them together.
struct KernelIds {
  KernelFunctions functions;
  // Where there is bpf_rdonly_cast:
  cast_types types{};
  uint32_t bytes_type = 0;  // of a struct that is an array of bytes, SKBTRAIL_TYPED_BYTES at least; 0: there is none

  static KernelIds of(const kernel::Btf& btf);
};

// The program with the kernel's functions instead of enum kernel_function. A call of one that is not there stays
// as it is: the configuration rules it out.
std::vector<bpf_insn> with_kernel_functions(std::vector<bpf_insn> code, const KernelFunctions& functions);

}  // namespace skbtrail::load
