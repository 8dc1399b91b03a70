#include "attach/drop_programs.h"

#include "attach/typed_tracepoints.h"
#include "load/bpf_object.h"

namespace skbtrail::attach {

DropPrograms::DropPrograms(Surroundings& around)
    : ObjectPrograms(around, "the BPF object that counts drops", load::bpf_drops_object_bytes()) {
  kinds_.push_back(std::make_unique<TypedTracepoints>(around, std::vector<uint16_t>{0}));
}

void DropPrograms::want_maps(load::Wanted& wanted, const load::RingMemory& rings) const {
  const load::Plan& plan = around_.plan;
  wanted.map("drop_rows", plan.rows);
  wanted.map("free_rows", plan.rows);
  wanted.map("drop_counts", plan.rows + 1);
  if (!plan.reasons.empty()) wanted.map("chosen_reasons", static_cast<uint32_t>(plan.reasons.size()));
  if (load::uses_scratch(plan, rings)) wanted.map("scratch", 1, load::entry_room(plan));
}

}  // namespace skbtrail::attach
