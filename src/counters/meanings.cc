#include "counters/meanings.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "settings/yaml_reader.h"

extern "C" const char skbtrail_counters_begin[], skbtrail_counters_end[];  // counters_yaml.S

namespace skbtrail::counters {

namespace {

using settings::YamlNode;

constexpr settings::YamlLimits kLimits{8, 10'000, 1024};
constexpr std::array<std::string_view, 4> kPackets{"shown", "some", "unseen", "sign"};

class Reader : public settings::YamlReader {
 public:
  explicit Reader(const std::string& file) : YamlReader(file) {}

  std::string line_of(const YamlNode& node) const {
    if (!is_line(node)) fail(node, "one line of text is expected here");
    return node.text;
  }

  Packets packets_of(const YamlNode& node) const {
    const std::string word = line_of(node);
    for (size_t i = 0; i < kPackets.size(); i++)
      if (kPackets[i] == word) return static_cast<Packets>(i);
    fail(node, fmt::format("'{}' is not known here; there are {}", word, fmt::join(kPackets, ", ")));
  }

  std::vector<std::string> names_of(const YamlNode& node) const {
    if (!node.is_list()) fail(node, "a list of counters is expected here: [A, B]");
    std::vector<std::string> names;
    for (const auto& name : node.items) names.push_back(line_of(name));
    return names;
  }

  Meaning meaning_of(const YamlNode& name, const YamlNode& value) const {
    if (!value.is_map()) fail(name, fmt::format("'{}' has nothing below it: means, packets, look", line_of(name)));
    Meaning meaning;
    std::set<std::string> seen;
    for (const auto& item : value.members) {
      const std::string key = line_of(item.name);
      if (!seen.insert(key).second) fail(item.name, fmt::format("there is a second '{}'", key));
      if (key == "means")
        meaning.means = line_of(item.value);
      else if (key == "packets")
        meaning.packets = packets_of(item.value);
      else if (key == "look")
        meaning.look = line_of(item.value);
      else if (key == "includes")
        meaning.includes = names_of(item.value);
      else
        fail(item.name, fmt::format("'{}' is not known here; there are means, packets, look and includes", key));
    }
    for (const char* key : {"means", "packets", "look"})
      if (!seen.contains(key)) fail(name, fmt::format("'{}' has no '{}'", line_of(name), key));
    return meaning;
  }
};

}  // namespace

Meanings::Meanings() : Meanings({skbtrail_counters_begin, skbtrail_counters_end}, "data/counters.yaml") {}

Meanings::Meanings(std::string_view text, const std::string& file) {
  const Reader reader(file);
  const YamlNode top = settings::load_yaml(text, "a file of counters", file, kLimits);
  if (!top.is_map()) reader.fail(top, "a file of counters is groups by name, and their counters indented below");
  for (const auto& group : top.members) {
    const std::string name = reader.line_of(group.name);
    if (groups_.contains(name)) reader.fail(group.name, fmt::format("there is a second '{}'", name));
    if (!group.value.is_map()) reader.fail(group.name, fmt::format("'{}' has nothing below it", name));
    auto& of_group = groups_[name];
    for (const auto& item : group.value.members)
      if (!of_group.emplace(reader.line_of(item.name), reader.meaning_of(item.name, item.value)).second)
        reader.fail(item.name, fmt::format("there is a second '{}'", reader.line_of(item.name)));
  }
}

const Meaning* Meanings::find(std::string_view group, std::string_view name) const {
  const auto of_group = groups_.find(group);
  if (of_group == groups_.end()) return nullptr;
  for (const std::string_view key : {name, std::string_view("*")})
    if (const auto known = of_group->second.find(key); known != of_group->second.end()) return &known->second;
  return nullptr;
}

}  // namespace skbtrail::counters
