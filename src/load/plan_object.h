// A BPF object as a plan wants it: with the plan's packet filter instead of its stub, and without the lines of its
// source unless somebody reads what the verifier says.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "load/plan.h"

namespace skbtrail::load {

std::vector<std::byte> plan_object(std::span<const std::byte> built, const Plan& plan);

}  // namespace skbtrail::load
