#include "attach/bpf_programs.h"

#include "load/bpf_object.h"

namespace skbtrail::attach {

BpfPrograms::BpfPrograms(Surroundings& around, size_t first, size_t count)
    : ObjectPrograms(around, "the BPF object for BPF programs", load::bpf_programs_object_bytes()) {
  auto traced = std::make_unique<TracedPrograms>(around, first, count);
  traced_ = traced.get();
  kinds_.push_back(std::move(traced));
}

// A packet of XDP is described in a copy on every kernel (bpf/xdp.h).
void BpfPrograms::want_maps(load::Wanted& wanted, const load::RingMemory& rings) const {
  want_maps_of_calls(wanted, around_.plan, rings, SKBTRAIL_BPF_STUBS, traced_->any_xdp());
}

}  // namespace skbtrail::attach
