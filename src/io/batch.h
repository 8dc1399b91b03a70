// Bytes on their way to a file, and where in them events end, so that a write which stopped halfway can tell how many
// events it wrote.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace skbtrail::io {

struct Batch {
  fmt::memory_buffer bytes;
  std::vector<uint32_t> event_ends;  // offsets in `bytes`, ascending

  // The event that was added last ends here.
  void end_event() { event_ends.push_back(static_cast<uint32_t>(bytes.size())); }

  // Events that are whole in the first `size` bytes.
  [[nodiscard]] uint64_t events_within(size_t size) const {
    return static_cast<uint64_t>(std::upper_bound(event_ends.begin(), event_ends.end(), size) - event_ends.begin());
  }

  [[nodiscard]] size_t size() const { return bytes.size(); }
  void clear() {
    bytes.clear();
    event_ends.clear();
  }
};

}  // namespace skbtrail::io
