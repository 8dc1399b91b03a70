// Which network devices there are now.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "kernel/link_messages.h"
#include "kernel/netns.h"

namespace skbtrail::kernel {

// Whether a device of this name is in that namespace (its inode number), or in any that can be found if none is given.
// Nothing: that is not known, because the namespace cannot be found, or one may not be looked into. Never throws.
std::optional<bool> has_device(std::string_view name, std::optional<uint32_t> netns, const NetnsPaths& paths = {});
// The same of any device whose name is wanted.
using WantedName = std::function<bool(std::string_view)>;
std::optional<bool> has_device(const WantedName& wanted, std::optional<uint32_t> netns, const NetnsPaths& paths = {});

// A device with other names than its first.
struct Link : LinkNames {
  uint32_t netns = 0;
};

// All of them, in that namespace or in any that can be found and entered. Never throws.
std::vector<Link> links_with_other_names(std::optional<uint32_t> netns, const NetnsPaths& paths = {});

// All devices with an XDP program, in any namespace that can be found and entered. Never throws.
std::vector<Link> links_with_xdp(const NetnsPaths& paths = {});

}  // namespace skbtrail::kernel
