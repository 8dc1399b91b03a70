// Bytes on their way to a file, and where in them events end, so that a write which stopped halfway can tell how many
// events it wrote. Several events may end at one place: a trail is the text of all its events.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace skbtrail::io {

struct Batch {
  struct End {
    size_t at;        // offset in `bytes`
    uint64_t events;  // of the batch, up to here
  };

  fmt::memory_buffer bytes;
  std::vector<End> ends;  // ascending

  // So many events end here.
  void end_events(uint64_t count) {
    const uint64_t before = ends.empty() ? 0 : ends.back().events;
    if (ends.empty() || ends.back().at != bytes.size()) ends.push_back({bytes.size(), before});
    ends.back().events += count;
  }

  // Events that are whole in the first `size` bytes.
  [[nodiscard]] uint64_t events_within(size_t size) const {
    const auto after =
        std::upper_bound(ends.begin(), ends.end(), size, [](size_t offset, const End& end) { return offset < end.at; });
    return after == ends.begin() ? 0 : std::prev(after)->events;
  }

  [[nodiscard]] size_t size() const { return bytes.size(); }
  void clear() {
    bytes.clear();
    ends.clear();
  }
};

}  // namespace skbtrail::io
