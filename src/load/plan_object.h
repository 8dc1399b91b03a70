// An object with the plan's packet filter instead of its stub.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "load/plan.h"

namespace skbtrail::load {

std::vector<std::byte> with_packet_filter(std::span<const std::byte> built, const Plan& plan);

}  // namespace skbtrail::load
