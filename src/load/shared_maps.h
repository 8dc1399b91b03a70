// Maps that all objects of a session use: the first that is loaded makes them, and the others use its maps.
#pragma once

#include <vector>

#include "load/bpf_kernel.h"
#include "load/object_plan.h"

namespace skbtrail::load {

// For the object that makes them.
std::vector<MapPlan> new_shared_maps(const Plan& plan, const RingMemory& rings);

// For the others. `maker` is loaded, and outlives them.
std::vector<MapPlan> shared_maps_of(const BpfObject& maker);

}  // namespace skbtrail::load
