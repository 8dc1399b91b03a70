#include "load/gathering.h"

#include <bpf/btf.h>

#include "kernel/feature_probe.h"

namespace skbtrail::load {

bool may_gather_at(BpfKernel& kernel, const probe::Probe& tracepoint, const kernel::Btf& types,
                   uint32_t dynptr_from_skb) {
  using namespace kernel::code;
  constexpr int16_t kDynptrBytes = 16;  // struct bpf_dynptr
  if (!tracepoint.has_skb() || dynptr_from_skb == 0) return false;
  if (tracepoint.module != "vmlinux") return true;
  const int id = btf__find_by_name_kind(types.vmlinux(), ("btf_trace_" + tracepoint.name).c_str(), BTF_KIND_TYPEDEF);
  if (id <= 0) return true;
  const auto skb_at = static_cast<int16_t>(tracepoint.config.skb_arg * sizeof(uint64_t));
  kernel::Code code{kernel::code::load(BPF_REG_1, BPF_REG_1, skb_at), move_number(BPF_REG_2, 0),
                    move(BPF_REG_3, BPF_REG_10), add(BPF_REG_3, -kDynptrBytes),
                    call_kernel_function(static_cast<int32_t>(dynptr_from_skb))};
  for (const auto& instruction : kernel::nothing()) code.push_back(instruction);
  return kernel.loads({BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, static_cast<uint32_t>(id), 0, std::move(code)});
}

}  // namespace skbtrail::load
