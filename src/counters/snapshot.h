// All counters of the namespaces that can be reached, at one moment.
//
// Namespaces are entered by a thread of its own, so that the caller stays where it is. Nothing is loaded or changed:
// what a module that is not there would count is not asked for. Some 1 ms a namespace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "counters/counter.h"
#include "kernel/netns.h"

namespace skbtrail::counters {

inline constexpr size_t kMostNamespaces = 256;

// In that namespace alone, or in all that can be found. Never throws but for lack of memory.
Snapshot read_counters(std::optional<uint32_t> netns, const kernel::NetnsPaths& paths = {});

}  // namespace skbtrail::counters
