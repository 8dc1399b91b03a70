// What every reader of a file in YAML needs: where a node is, the sentence for what is wrong there, and texts that are
// one line. A reader of a kind of file is made from it.
#pragma once

#include <fmt/format.h>

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
  [[noreturn]] void fail(const YamlNode& node, const std::string& what) const {
    throw FileError(fmt::format("{}: {}", location(node), what));
  }
  [[nodiscard]] std::string key_of(const YamlNode& key) const {
    if (!key.is_text()) fail(key, "a name is expected here");
    return key.text;
  }
  [[nodiscard]] std::string line_of(const YamlNode& node, std::string_view key) const {
    if (!is_line(node)) fail(node, fmt::format("'{}' requires one line of text", key));
    return node.text;
  }

 protected:
  static bool is_line(const YamlNode& node) {
    return node.is_text() && !node.text.empty() && node.text.find('\n') == std::string::npos;
  }

  explicit YamlReader(std::string file, Locations locations = Locations::lines)
      : file_(std::move(file)), locations_(locations) {}

  [[nodiscard]] YamlNode load(std::string_view text, std::string_view what, const YamlLimits& limits) const {
    return load_yaml(text, what, file_, limits);
  }
  // `column`: characters after the node's first.
  [[nodiscard]] std::string location(const YamlNode& node, size_t column = 1) const {
    std::string text = fmt::format("{}:{}", file_, node.line);
    if (locations_ == Locations::columns) text += fmt::format(":{}", node.column - 1 + column);
    return text;
  }

 private:
  std::string file_;
  Locations locations_;
};

}  // namespace skbtrail::settings
