#include "probe/tracer_reading.h"

#include <fmt/format.h>

#include <algorithm>

#include "probe/tracer_files.h"
#include "settings/yaml_reader.h"
#include "text/nearest.h"

namespace skbtrail::probe {

namespace {

using settings::YamlNode;

constexpr std::string_view kNameRules =
    "letters, digits and _ for a function, GROUP:NAME for a tracepoint, and between names 'or' and, at last, 'else'";

bool all_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_function(std::string_view name) {
  return all_of(name, "_") && !(name[0] >= '0' && name[0] <= '9');
}

bool is_tracepoint(std::string_view name) {
  const size_t colon = name.find(':');
  return colon != std::string_view::npos && all_of(name.substr(0, colon), "_-") && is_function(name.substr(colon + 1));
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find(' ', at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

// An alias may lead back to a group around it, or name a hundred others that are aliases, too.
constexpr size_t kDeepest = 32;
constexpr size_t kMostMembers = 10'000;

constexpr settings::YamlLimits kLimits{2 * kDeepest, 4 * kMostMembers, 4096};

class Reader : public settings::YamlReader {
 public:
  explicit Reader(std::string file) : YamlReader(std::move(file)) {}

  TracerFile read(std::string_view text) {
    const YamlNode top = load(text, kTracerFiles.what, kLimits);
    if (top.is_null()) return {};
    if (!top.is_map()) fail(top, "a file of tracers is groups by name: 'NAME:' and its members indented below");
    TracerFile result;
    for (const auto& item : top.members) {
      const std::string key = key_of(item.name);
      if (key == "default") {
        if (!result.default_written_at.empty()) fail(item.name, "there is a second 'default'");
        result.default_set = words_of(item.value, "default");
        result.default_written_at = location(item.name);
      } else {
        result.groups.push_back(read_group(item.name, item.value));
      }
    }
    return result;
  }

 private:
  // Where an alias names many, each counts.
  void count(const YamlNode& name) {
    if (++members_ > kMostMembers) fail(name, fmt::format("a file has at most {} names", kMostMembers));
  }

  std::vector<std::string> words_of(const YamlNode& node, std::string_view key) {
    if (!node.is_list()) fail(node, fmt::format("'{}' is a list of names: [ip-in, tcp_v4_rcv]", key));
    std::vector<std::string> words;
    for (const auto& word : node.items) {
      if (!word.is_text()) fail(word, fmt::format("'{}' is a list of names, and this is none", key));
      count(word);
      words.push_back(word.text);
    }
    return words;
  }

  std::string line_of(const YamlNode& node, const std::string& name) const {
    if (!is_line(node)) fail(node, fmt::format("'{}' needs one line that says what it means", name));
    return node.text;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the file
  TracerGroup read_group(const YamlNode& key, const YamlNode& value, size_t depth = 1) {
    if (depth > kDeepest) fail(key, fmt::format("groups are more than {} deep in one another", kDeepest));
    TracerGroup group;
    group.name = key_of(key);
    group.written_at = location(key);
    if (!all_of(group.name, "-_"))
      fail(key, fmt::format("'{}' is no name for a group: letters, digits, - and _", group.name));
    if (!value.is_map())
      fail(key, fmt::format("the group '{}' has no members: 'means: ...' and names are expected below it", group.name));
    for (const auto& item : value.members) {
      count(item.name);
      const std::string name = key_of(item.name);
      if (name == "means") {
        if (!group.meaning.empty()) fail(item.name, fmt::format("'{}' has a second 'means'", group.name));
        group.meaning = line_of(item.value, group.name);
      } else if (name == "includes") {
        group.includes = words_of(item.value, "includes");
      } else if (item.value.is_map()) {
        group.groups.push_back(read_group(item.name, item.value, depth + 1));
      } else {
        group.tracers.push_back(read_tracer(item.name, item.value));
      }
    }
    return group;
  }

  Tracer read_tracer(const YamlNode& key, const YamlNode& value) const {
    Tracer tracer;
    tracer.written_at = location(key);
    const auto words = split_words(key.text);
    bool last = false;
    for (size_t i = 0; i < words.size(); i++) {
      const std::string& word = words[i];
      if (i % 2 == 1) {
        if (last || (word != "or" && word != "else") || i + 1 == words.size()) refuse_name(key);
        last = word == "else";
      } else if (last) {
        if (!is_tracepoint(word))
          fail(key, fmt::format("after 'else' comes a tracepoint, GROUP:NAME, and not '{}'", word));
        tracer.stand_in = word;
      } else {
        if (!is_function(word) && !is_tracepoint(word)) refuse_name(key);
        tracer.names.push_back(word);
      }
    }
    if (tracer.names.empty()) refuse_name(key);
    if (value.is_null()) refuse_empty(key);
    tracer.meaning = line_of(value, tracer.names.front());
    return tracer;
  }

  [[noreturn]] void refuse_name(const YamlNode& key) const {
    fail(key, fmt::format("'{}' is not how tracers are named: {}", key.text, kNameRules));
  }

  [[noreturn]] void refuse_empty(const YamlNode& key) const {
    const std::string& name = key.text;
    const std::string near = text::nearest(name, {"means", "includes"});
    fail(key, near.empty() ? fmt::format("'{0}' has no meaning: '{0}: what it means'; to have what is in the tree "
                                         "already, includes: [{0}]",
                                         name)
                           : fmt::format("'{}' is empty; is it '{}'?", name, near));
  }

  size_t members_ = 0;
};

}  // namespace

TracerFile read_tracers(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

}  // namespace skbtrail::probe
