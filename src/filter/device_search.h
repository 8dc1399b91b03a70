// Which devices the words of -i lead to now: for a note about a word that leads to none, and for alternative names,
// which the kernel side cannot look up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "filter/device_names.h"
#include "kernel/netns.h"

namespace skbtrail::filter {

struct FoundDevices {
  std::vector<uint64_t> links;           // TARGET_LINK (bpf/config.h) of those that were found by an alternative name
  std::vector<std::string> other_names;  // a sentence for each
  std::vector<std::string> absent;       // a sentence for each word that leads to none
  std::optional<std::string> not_a_device;  // a word that is too long for a device's name, and is no alternative one

  // Some word is no device's first name, so that one may get it as an alternative name.
  [[nodiscard]] bool may_be_other_name() const { return !links.empty() || !absent.empty(); }
};

// In that namespace, or in any that can be seen. Never throws.
FoundDevices find_devices(const DeviceNames& names, std::optional<uint32_t> netns,
                          const kernel::NetnsPaths& paths = {});

}  // namespace skbtrail::filter
