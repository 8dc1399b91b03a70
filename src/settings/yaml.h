// The text of a file in YAML to values, within bounds: whatever a file means, the library recurses once for each level,
// and takes microseconds and a hundred bytes for each value. So values are counted as they are parsed, before they are
// kept.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "settings/files.h"

namespace skbtrail::settings {

struct YamlLimits {
  size_t deepest;     // lists and groups in one another
  size_t values;      // of the whole file
  size_t text_bytes;  // of one text
};

// `what` is said of the file, "a file of tracers". Throws FileError, "FILE:LINE: ...".
YAML::Node load_yaml(std::string_view text, std::string_view what, const std::string& file, const YamlLimits& limits);

}  // namespace skbtrail::settings
