#include "attach/object_programs.h"

#include "load/plan_object.h"
#include "load/shared_maps.h"

namespace skbtrail::attach {

load::ObjectPlan ObjectPrograms::plan(const Rings& rings, const load::BpfObject* shared) const {
  const load::RingMemory& memory = rings();
  load::Wanted wanted;
  for (const auto& kind : kinds_) kind->want(wanted);
  want_maps(wanted, memory);
  auto maps = shared ? load::shared_maps_of(*shared) : load::new_shared_maps(around_.plan, memory);
  wanted.maps.insert(wanted.maps.end(), maps.begin(), maps.end());
  return load::object_plan(around_.plan, memory, std::move(wanted));
}

void ObjectPrograms::load(const Rings& rings, const load::BpfObject* shared) {
  const auto bytes = load::plan_object(bytes_, around_.plan);
  auto all = concessions();
  all.emplace_back([this](const load::Refusal& refusal) {
    return std::any_of(kinds_.begin(), kinds_.end(), [&](const auto& kind) { return kind->give_up(refusal); });
  });
  loaded_ =
      load::load_object(around_.kernel, {what_, bytes, around_.plan.types, [&] { return plan(rings, shared); }}, all);
}

size_t ObjectPrograms::attach() {
  for (const auto& kind : kinds_) attached_ += kind->attach(*loaded_.object);
  return attached_;
}

void ObjectPrograms::detach() {
  for (const auto& kind : kinds_) kind->detach();
}

bool ObjectPrograms::needs_missed_counts() const {
  return std::any_of(kinds_.begin(), kinds_.end(), [](const auto& kind) { return kind->needs_missed_counts(); });
}

}  // namespace skbtrail::attach
