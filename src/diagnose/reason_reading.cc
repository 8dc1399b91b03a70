#include "diagnose/reason_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "diagnose/command.h"
#include "settings/yaml_reader.h"
#include "text/nearest.h"

namespace skbtrail::diagnose {

namespace {

using settings::YamlNode;

constexpr settings::YamlLimits kLimits{8, 40'000, 1024};
constexpr size_t kLongestMeaning = 80;  // it is a line of a terminal

bool all_of(std::string_view text, std::string_view others, bool capitals) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (capitals ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z') ||
           others.find(c) != std::string_view::npos;
  });
}

class Reader : public settings::YamlReader {
 public:
  explicit Reader(const std::string& file) : YamlReader(file) {}

  ReasonFile read(std::string_view text) {
    const YamlNode top = load(text, kReasonFiles.what, kLimits);
    if (top.is_null()) return {};
    if (!top.is_map())
      fail(top, "a file of drop reasons is subsystems by name: 'core:' and its reasons indented below");
    for (const auto& item : top.members) {
      const std::string subsystem = key_of(item.name);
      if (!groups_.insert(subsystem).second) fail(item.name, fmt::format("there is a second '{}'", subsystem));
      if (!item.value.is_map())
        fail(item.name,
             fmt::format("'{}' has nothing below it: 'REASON:' is expected, and what is known of it", subsystem));
      if (subsystem == "functions")
        read_functions(item.value);
      else if (subsystem == "unspecified")
        read_unspecified(item.value);
      else
        read_subsystem(subsystem, item.name, item.value);
    }
    return std::move(result_);
  }

 private:
  std::vector<std::string> lines_of(const YamlNode& node, std::string_view key) const {
    if (!node.is_list() || node.items.empty()) fail(node, fmt::format("'{}' is a list: '- ...' on a line each", key));
    std::vector<std::string> lines;
    for (const auto& line : node.items) lines.push_back(line_of(line, key));
    return lines;
  }

  void read_subsystem(const std::string& subsystem, const YamlNode& key, const YamlNode& group) {
    if (!all_of(subsystem, "_", false))
      fail(key, fmt::format("'{}' is no name of a subsystem: core, openvswitch, mac80211_unusable, ...", subsystem));
    std::set<std::string> names;
    for (const auto& item : group.members) {
      const std::string name = key_of(item.name);
      if (!all_of(name, "_", true))
        fail(item.name, fmt::format("'{}' is no name of a reason: capitals, digits and _, as NO_SOCKET", name));
      if (!names.insert(name).second) fail(item.name, fmt::format("there is a second '{}'", name));
      result_.reasons.push_back(read_reason(item.name, item.value));
      result_.reasons.back().name = subsystem == "core" ? name : fmt::format("{}:{}", subsystem, name);
    }
  }

  Reason read_reason(const YamlNode& name, const YamlNode& value) const {
    if (!value.is_map()) fail(name, fmt::format("'{}' has nothing below it: means, causes, look, source", name.text));
    Reason reason;
    std::set<std::string> seen;
    for (const auto& item : value.members) {
      const std::string key = key_of(item.name);
      if (!seen.insert(key).second) fail(item.name, fmt::format("'{}' has a second '{}'", name.text, key));
      if (key == "means")
        reason.means = read_meaning(item.value);
      else if (key == "causes")
        reason.causes = lines_of(item.value, key);
      else if (key == "look")
        reason.look = read_commands(item.value);
      else if (key == "source")
        reason.source = line_of(item.value, key);
      else
        refuse_key(item.name, key);
    }
    for (const char* key : {"means", "causes", "look", "source"})
      if (!seen.contains(key)) fail(name, fmt::format("'{}' has no '{}'", name.text, key));
    return reason;
  }

  [[noreturn]] void refuse_key(const YamlNode& node, const std::string& key) const {
    const std::string near = text::nearest(key, {"means", "causes", "look", "source"});
    fail(node, fmt::format("'{}' is not known here; {}", key,
                           near.empty() ? "there are means, causes, look and source" : "did you mean " + near + "?"));
  }

  std::string read_meaning(const YamlNode& node) const {
    std::string line = line_of(node, "means");
    if (line.size() > kLongestMeaning)
      fail(node, fmt::format("'means' has {} characters; a line of a terminal has {}", line.size(), kLongestMeaning));
    return line;
  }

  std::vector<std::string> read_commands(const YamlNode& node) const {
    auto commands = lines_of(node, "look");
    for (size_t i = 0; i < commands.size(); i++)
      if (const auto mistake = mistake_in_command(commands[i]); !mistake.empty()) fail(node.items[i], mistake);
    return commands;
  }

  void read_unspecified(const YamlNode& functions) {
    std::set<std::string> names;
    for (const auto& item : functions.members) {
      const std::string name = key_of(item.name);
      if (!all_of(name, "_", false)) fail(item.name, fmt::format("'{}' is no name of a function", name));
      if (!names.insert(name).second) fail(item.name, fmt::format("there is a second '{}'", name));
      result_.unspecified.push_back(read_reason(item.name, item.value));
      result_.unspecified.back().name = name;
    }
  }

  void read_functions(const YamlNode& functions) {
    for (const auto& item : functions.members) {
      const std::string name = key_of(item.name);
      if (!all_of(name, "_", false)) fail(item.name, fmt::format("'{}' is no name of a function", name));
      ReasonFile::OfFunction of_it{lines_of(item.value, name), location(item.name)};
      if (!result_.functions.emplace(name, std::move(of_it)).second)
        fail(item.name, fmt::format("there is a second '{}'", name));
    }
  }

  ReasonFile result_;
  std::set<std::string> groups_;
};

}  // namespace

ReasonFile read_reasons(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

}  // namespace skbtrail::diagnose
