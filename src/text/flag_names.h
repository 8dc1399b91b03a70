// Flags as people read them: the names of those that are set.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "text/append.h"

namespace skbtrail::text {

struct FlagName {
  uint32_t flag;
  std::string_view name;
};

// "ACK,PSH": in the order of `names`; nothing of those that have no name.
inline void append_flag_names(fmt::memory_buffer& out, uint32_t flags, std::span<const FlagName> names) {
  const size_t begin = out.size();
  for (const auto& [flag, name] : names) {
    if (!(flags & flag)) continue;
    if (out.size() != begin) append(out, ',');
    append(out, name);
  }
}

}  // namespace skbtrail::text
