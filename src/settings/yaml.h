// The text of a file in YAML to values, within bounds. libyaml reads it, in a tenth of the time that yaml-cpp took; so
// the files that are built in may be read at each start.
//
// Values are counted as they come, those of an alias each time that it is named, before they are kept. Owns its texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "settings/files.h"

namespace skbtrail::settings {

struct YamlMember;

// A value, and where it is in the file.
struct YamlNode {
  enum class Kind : uint8_t { null, text, list, map };

  Kind kind = Kind::null;
  std::string text;                 // of a text
  std::vector<YamlNode> items;      // of a list
  std::vector<YamlMember> members;  // of a map, in their order; a name may be there twice
  size_t line = 1, column = 1;      // of its first character, from 1

  [[nodiscard]] bool is_null() const { return kind == Kind::null; }
  [[nodiscard]] bool is_text() const { return kind == Kind::text; }
  [[nodiscard]] bool is_list() const { return kind == Kind::list; }
  [[nodiscard]] bool is_map() const { return kind == Kind::map; }
};

struct YamlMember {
  YamlNode name, value;
};

struct YamlLimits {
  size_t deepest;     // lists and groups in one another
  size_t values;      // of the whole file
  size_t text_bytes;  // of one text
};

// `what` is said of the file, "a file of tracers". Throws FileError, "FILE:LINE: ...".
YamlNode load_yaml(std::string_view text, std::string_view what, const std::string& file, const YamlLimits& limits);

}  // namespace skbtrail::settings
