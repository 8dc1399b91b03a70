#include "diagnose/rule_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "diagnose/rule_words.h"
#include "diagnose/rules.h"
#include "event/trail_fields.h"
#include "settings/yaml_reader.h"
#include "text/nearest.h"

namespace skbtrail::diagnose {

namespace {

using settings::YamlNode;

constexpr settings::YamlLimits kLimits{8, 20'000, 1024};
constexpr size_t kLongestWords = 100;
constexpr uint32_t kMostTimes = 1000;

constexpr std::array<std::string_view, 15> kKeys{"level",    "when",      "step",   "step_at", "after",
                                                 "answers",  "not_after", "unless", "times",   "repeats",
                                                 "way_back", "at",        "words",  "look",    "over"};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

class Reader : public settings::YamlReader {
 public:
  Reader(const std::string& file, const ReadCondition& read) : YamlReader(file, Locations::columns), read_(read) {}

  RuleFile read(std::string_view text) {
    const YamlNode top = load(text, kRuleFiles.what, kLimits);
    if (top.is_null()) return {};
    if (!top.is_map()) fail(top, "a file of rules has 'rules:', and maybe 'marks:', with names below");
    std::set<std::string> seen;
    for (const auto& item : top.members) {
      const std::string group = key_of(item.name);
      if (!seen.insert(group).second) fail(item.name, fmt::format("there is a second '{}'", group));
      if (group != "rules" && group != "marks")
        fail(item.name, fmt::format("'{}' is not known here; allowed: rules, marks", group));
      if (item.value.is_null()) continue;
      if (!item.value.is_map()) fail(item.value, fmt::format("below '{}' there are names", group));
      read_group(group == "rules", item.value);
    }
    return std::move(result_);
  }

 private:
  uint32_t number_of(const YamlNode& node, std::string_view key) const {
    const std::string text = line_of(node, key);
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 2 || number > kMostTimes)
      fail(node, fmt::format("'{}': a number from 2 to {} is expected", key, kMostTimes));
    return number;
  }

  void read_group(bool are_rules, const YamlNode& group) {
    std::set<std::string> names;
    for (const auto& item : group.members) {
      const std::string name = key_of(item.name);
      if (!is_name(name))
        fail(item.name, "a name is expected here: small letters, digits, - and _, at most 40 of them");
      if (!names.insert(name).second) fail(item.name, fmt::format("there is a second '{}'", name));
      if (!item.value.is_map())
        fail(item.name, fmt::format("'{}' has nothing below it; {} is expected", name,
                                    are_rules ? "'level:', 'when:', ..." : "'when:' or 'step:'"));
      if (are_rules)
        result_.rules.push_back(read_rule(item.name, item.value));
      else
        result_.marks.push_back(read_mark(item.name, item.value));
    }
  }

  Mark read_mark(const YamlNode& name, const YamlNode& value) const {
    Mark mark{name.text, {}};
    std::set<std::string> seen;
    for (const auto& item : value.members) {
      const std::string key = key_of(item.name);
      if (!seen.insert(key).second) fail(item.name, fmt::format("'{}' has a second '{}'", mark.name, key));
      if (key != "when" && key != "step")
        fail(item.name, fmt::format("'{}' is not known here; a mark has: when, step", key));
      read_pattern(mark.pattern, key, item.value);
    }
    if (seen.empty()) fail(name, fmt::format("'{}' has neither 'when' nor 'step'", mark.name));
    return mark;
  }

  WrittenRule read_rule(const YamlNode& name, const YamlNode& value) const {
    WrittenRule written;
    written.rule.name = name.text;
    std::set<std::string> seen;
    for (const auto& item : value.members) {
      const std::string key = key_of(item.name);
      if (!seen.insert(key).second) fail(item.name, fmt::format("'{}' has a second '{}'", written.rule.name, key));
      read_key(written, item.name, key, item.value);
    }
    for (const char* key : {"level", "words"})
      if (!seen.contains(key)) fail(name, fmt::format("'{}' has no '{}'", written.rule.name, key));
    constexpr std::string_view kAsks[] = {"when", "step", "after", "answers", "repeats", "way_back"};
    if (std::none_of(std::begin(kAsks), std::end(kAsks),
                     [&](std::string_view key) { return seen.contains(std::string(key)); }))
      fail(name,
           fmt::format("'{}' would hold for every packet; allowed: {}", written.rule.name, fmt::join(kAsks, ", ")));
    if (written.rule.at == At::step && !written.rule.pattern.step)
      fail(name, fmt::format("'{}': 'at: step' requires 'step'", written.rule.name));
    if (written.rule.step_at_fate && !written.rule.pattern.step)
      fail(name, fmt::format("'{}': 'step_at' requires 'step'", written.rule.name));
    if (written.rule.at == At::way_back && !written.rule.asks_way_back)
      fail(name, fmt::format("'{}': 'at: way_back' requires 'way_back'", written.rule.name));
    return written;
  }

  void read_key(WrittenRule& written, const YamlNode& at, const std::string& key, const YamlNode& value) const {
    Rule& rule = written.rule;
    if (key == "when" || key == "step")
      read_pattern(rule.pattern, key, value);
    else if (key == "level")
      rule.level = read_level(value);
    else if (key == "after")
      written.after = reference(value, key);
    else if (key == "answers")
      written.answers = reference(value, key);
    else if (key == "not_after")
      written.not_after = reference(value, key);
    else if (key == "unless")
      written.unless = reference(value, key);
    else if (key == "times")
      rule.times = number_of(value, key);
    else if (key == "repeats")
      rule.repeats = number_of(value, key);
    else if (key == "step_at")
      rule.step_at_fate = read_word(value, key, {"fate"}) == "fate";
    else if (key == "way_back")
      rule.asks_way_back = read_word(value, key, {"other"}) == "other";
    else if (key == "at")
      rule.at = read_at(value);
    else if (key == "words")
      rule.words = read_words(value);
    else if (key == "look")
      rule.look = read_look(value);
    else if (key == "over")
      written.over = references(value);
    else
      refuse_key(at, key);
  }

  [[noreturn]] void refuse_key(const YamlNode& node, const std::string& key) const {
    const std::string near = text::nearest(key, {kKeys.begin(), kKeys.end()});
    fail(node,
         fmt::format("'{}' is not known here; {}", key,
                     near.empty() ? fmt::format("allowed: {}", fmt::join(kKeys, ", ")) : "did you mean " + near + "?"));
  }

  std::string read_word(const YamlNode& node, std::string_view key, const std::vector<std::string>& allowed) const {
    std::string word = line_of(node, key);
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
      fail(node, fmt::format("'{}': unknown value '{}'; allowed: {}", key, word, fmt::join(allowed, ", ")));
    return word;
  }

  At read_at(const YamlNode& node) const {
    static const std::vector<std::string> kPlaces{"fate", "begin", "step", "queue", "way_back", "nat"};  // as At
    const std::string word = read_word(node, "at", kPlaces);
    return static_cast<At>(std::find(kPlaces.begin(), kPlaces.end(), word) - kPlaces.begin());
  }

  Level read_level(const YamlNode& node) const {
    const std::string word = read_word(node, "level", {"error", "warning", "info"});
    return word == "error" ? Level::error : word == "warning" ? Level::warning : Level::info;
  }

  Reference reference(const YamlNode& node, std::string_view key) const { return {line_of(node, key), location(node)}; }

  std::vector<Reference> references(const YamlNode& node) const {
    if (!node.is_list() || node.items.empty()) fail(node, "'over' is a list of rules: [dropped, ...]");
    std::vector<Reference> all;
    for (const auto& item : node.items) all.push_back(reference(item, "over"));
    return all;
  }

  void read_pattern(Pattern& pattern, const std::string& key, const YamlNode& node) const {
    const bool is_of_trail = key == "when";
    const std::string text = line_of(node, key);
    Condition condition;
    try {
      condition = read_(text);
    } catch (const ConditionError& error) {
      throw settings::FileError(fmt::format("{}: '{}': {}", location(node, error.column), key, error.what()));
    }
    for (const auto* field : condition.fields) {
      if (!field->argument.empty() || field->name == "trail.since" || field->name == "trail.id" ||
          field->name == "trail.time")
        fail(node, fmt::format("'{}': {} is not known to rules", key, field->name));
      if (field->name.starts_with(event::kTrailPrefix) == is_of_trail) continue;
      fail(node, is_of_trail
                     ? fmt::format("'when' asks for the trail (trail.fate, ...); '{}' is a field of its steps: 'step:'",
                                   field->name)
                     : fmt::format("'step' asks for a step; '{}' is a field of the trail: 'when:'", field->name));
    }
    (is_of_trail ? pattern.when : pattern.step) = std::move(condition);
  }

  std::string read_words(const YamlNode& node) const {
    std::string line = line_of(node, "words");
    if (line.size() > kLongestWords)
      fail(node, fmt::format("'words' has {} characters; at most {}", line.size(), kLongestWords));
    if (const auto mistake = mistake_in_words(line); !mistake.empty()) fail(node, "'words': " + mistake);
    return line;
  }

  std::string read_look(const YamlNode& node) const {
    std::string line = line_of(node, "look");
    if (const auto mistake = mistake_in_look(line); !mistake.empty()) fail(node, "'look': " + mistake);
    return line;
  }

  const ReadCondition& read_;
  RuleFile result_;
};

}  // namespace

RuleFile read_rules(std::string_view text, const std::string& file, const ReadCondition& read) {
  return Reader(file, read).read(text);
}

}  // namespace skbtrail::diagnose
