// What every reader of a file in YAML needs: where a node is, the sentence for what is wrong there, and texts that are
// one line. A reader of a kind of file is made from it.
#pragma once

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "settings/files.h"
#include "settings/yaml.h"

namespace skbtrail::settings {

class YamlReader {
 public:
  // Whether a location is told with its column, too: FILE:LINE:COLUMN.
  enum class Locations : uint8_t { lines, columns };

  // Throws FileError, "FILE:LINE: ...".
  [[noreturn]] void fail(const YAML::Node& node, const std::string& what) const {
    throw FileError(fmt::format("{}: {}", location(node), what));
  }
  [[nodiscard]] std::string key_of(const YAML::Node& key) const {
    if (!key.IsScalar()) fail(key, "a name is expected here");
    return key.Scalar();
  }
  [[nodiscard]] std::string line_of(const YAML::Node& node, std::string_view key) const {
    if (!node.IsScalar() || node.Scalar().empty() || node.Scalar().find('\n') != std::string::npos)
      fail(node, fmt::format("'{}' requires one line of text", key));
    return node.Scalar();
  }

 protected:
  explicit YamlReader(std::string file, Locations locations = Locations::lines)
      : file_(std::move(file)), locations_(locations) {}

  [[nodiscard]] YAML::Node load(std::string_view text, std::string_view what, const YamlLimits& limits) const {
    return load_yaml(text, what, file_, limits);
  }
  // `column`: characters after the node's first.
  [[nodiscard]] std::string location(const YAML::Node& node, size_t column = 1) const {
    const auto mark = node.Mark();
    std::string text = fmt::format("{}:{}", file_, mark.line + 1);
    if (locations_ == Locations::columns)
      text += fmt::format(":{}", static_cast<size_t>(std::max(mark.column, 0)) + column);
    return text;
  }

 private:
  std::string file_;
  Locations locations_;
};

}  // namespace skbtrail::settings
