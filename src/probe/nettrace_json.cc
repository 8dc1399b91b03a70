#include "probe/nettrace_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace skbtrail::probe {

namespace {

using nlohmann::json;

constexpr size_t kDeepest = 32;
constexpr size_t kMostMembers = 10'000;

// The value in a message: what is within others may be as deep and long as the file.
std::string shown(const json& node) {
  constexpr size_t kMost = 100;
  if (node.is_structured()) return node.type_name();
  return node.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, kMost);
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the file
  TracerGroup group(const json& node, size_t depth = 1) const {
    TracerGroup group;
    group.name = text_of(node, "name");
    group.meaning = text_of(node, "desc");
    group.written_at = file_;
    if (group.name.empty()) fail("a group has no name");
    if (group.meaning.empty()) group.meaning = group.name;
    add_children(group, node.at("children"), depth);
    return group;
  }

  [[noreturn]] void fail(const std::string& what) const { throw TracerFileError(fmt::format("{}: {}", file_, what)); }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the file
  void add_children(TracerGroup& to, const json& children, size_t depth) const {
    if (depth > kDeepest) fail(fmt::format("groups are more than {} deep in one another", kDeepest));
    if (!children.is_array()) fail(fmt::format("the children of '{}' are no list", to.name));
    for (const auto& child : children) {
      if (++members_ > kMostMembers) fail(fmt::format("a file has at most {} names", kMostMembers));
      if (!child.is_object() || !child.contains("children")) {
        to.tracers.push_back(tracer(child, to.name));
      } else if (text_of(child, "name") == to.name) {
        add_children(to, child.at("children"), depth + 1);
      } else {
        to.groups.push_back(group(child, depth + 1));
      }
    }
  }

  Tracer tracer(const json& node, const std::string& group) const {
    Tracer tracer;
    tracer.written_at = file_;
    std::string name;
    if (node.is_string()) {
      name = node.get<std::string>();
    } else if (node.is_object()) {
      name = text_of(node, "tp");
      if (name.empty()) name = text_of(node, "name");
      tracer.meaning = text_of(node, "desc");
    }
    if (const size_t colon = name.find(':'); colon != std::string::npos) {
      if (const size_t end = name.find_first_not_of("0123456789", colon + 1); end == std::string::npos)
        name.resize(colon);  // the index of the skb
    }
    constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:";
    if (name.empty() || name.find_first_not_of(kCharacters) != std::string::npos)
      fail(fmt::format("a child of '{}' has no name of a function or tracepoint ({})", group, shown(node)));
    tracer.names.push_back(name);
    return tracer;
  }

  std::string text_of(const json& node, const char* key) const {
    const auto found = node.find(key);
    if (found == node.end()) return "";
    if (!found->is_string()) fail(fmt::format("'{}' is no text ({})", key, shown(*found)));
    return found->get<std::string>();
  }

  const std::string& file_;
  mutable size_t members_ = 0;
};

}  // namespace

TracerFile read_nettrace_json(std::string_view text, const std::string& file) {
  const Reader reader(file);
  try {
    const json root = json::parse(text);
    if (!root.is_object() || !root.contains("children"))
      reader.fail("a tracer.json is one group, with name, desc and children");
    TracerGroup all = reader.group(root);
    all.name = "all";
    TracerFile result;
    result.groups.push_back(std::move(all));
    return result;
  } catch (const json::exception& error) {
    reader.fail(fmt::format("this is no JSON ({})", error.what()));
  }
}

}  // namespace skbtrail::probe
