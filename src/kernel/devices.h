// Which network devices there are now.
#pragma once

#include <optional>
#include <string_view>

#include "kernel/netns.h"

namespace skbtrail::kernel {

// Whether a device of this name is in that namespace (its inode number), or in any that can be found if none is given.
// Nothing: that is not known, because the namespace cannot be found, or one may not be looked into. Never throws.
std::optional<bool> has_device(std::string_view name, std::optional<uint32_t> netns, const NetnsPlaces& places = {});

}  // namespace skbtrail::kernel
