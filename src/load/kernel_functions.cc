#include "load/kernel_functions.h"

#include <array>

#include "kernel/feature_probe.h"

namespace skbtrail::load {

KernelFunctions KernelFunctions::of(const kernel::Btf& btf) {
  static constexpr const char* kNames[] = {"bpf_rdonly_cast", "bpf_dynptr_from_skb", "bpf_session_is_return"};
  const auto ids = btf.function_ids(kNames);
  return {ids[0], ids[1], ids[2]};
}

cast_types cast_types_of(const kernel::Btf& btf) {
#define NAME_OF(type) #type,
  static constexpr const char* kNames[] = {SKBTRAIL_CAST_TYPES(NAME_OF)};
#undef NAME_OF
  const auto ids = btf.struct_ids(kNames);
  size_t next = 0;
#define ID_OF(type) ids[next++],
  return {SKBTRAIL_CAST_TYPES(ID_OF)};
#undef ID_OF
}

KernelIds KernelIds::of(const kernel::Btf& btf) {
  KernelIds ids{KernelFunctions::of(btf)};
  if (ids.functions.rdonly_cast) {
    ids.types = cast_types_of(btf);
    ids.bytes_type = btf.byte_array(SKBTRAIL_TYPED_BYTES);
  }
  return ids;
}

std::vector<bpf_insn> with_kernel_functions(std::vector<bpf_insn> code, const KernelFunctions& functions) {
  const auto id_of = [&](int32_t number) -> uint32_t {
    switch (number) {
      case KERNEL_RDONLY_CAST: return functions.rdonly_cast;
      case KERNEL_DYNPTR_FROM_SKB: return functions.dynptr_from_skb;
      case KERNEL_SESSION_IS_RETURN: return functions.session_is_return;
      default: return 0;
    }
  };
  for (bpf_insn& insn : code)
    if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0)
      if (const uint32_t id = id_of(insn.imm)) insn = kernel::code::call_kernel_function(static_cast<int32_t>(id));
  return code;
}

}  // namespace skbtrail::load
