// The text of a file of tracers to groups and tracers, not yet put over any tree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probe/tracer_tree.h"

namespace skbtrail::probe {

struct TracerFile {
  std::vector<TracerGroup> groups;
  std::vector<std::string> default_set;
  std::string default_written_at;  // empty: the file has none
};

// Throws TracerFileError.
TracerFile read_tracers(std::string_view text, const std::string& file);

}  // namespace skbtrail::probe
