#include "settings/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>
#include <utility>

namespace skbtrail::settings {

namespace {

// Written without quotes, these are no text.
constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};

constexpr size_t kMostCopied = size_t{4} << 20;  // bytes of text that aliases stand for

// What an alias adds.
struct Size {
  size_t values = 1, deepest = 0, text_bytes = 0;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the limit
Size size_of(const YamlNode& node) {
  Size size{1, 0, node.text.size()};
  const auto add = [&](const YamlNode& inner) {
    const Size more = size_of(inner);
    size.values += more.values;
    size.deepest = std::max(size.deepest, more.deepest + 1);
    size.text_bytes += more.text_bytes;
  };
  for (const auto& item : node.items) add(item);
  for (const auto& member : node.members) {
    add(member.name);
    add(member.value);
  }
  return size;
}

std::string text_of(const unsigned char* text) {
  return text ? reinterpret_cast<const char*>(text) : "";
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view what, const std::string& file, const YamlLimits& limits)
      : what_(what), file_(file), limits_(limits) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Parser() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // A file without any value is null.
  YamlNode document() {
    next();  // the stream begins
    if (next() == YAML_STREAM_END_EVENT) return {};
    next();  // the document began
    YamlNode top = value(0);
    next();  // and ends
    if (next() != YAML_STREAM_END_EVENT) fail(event_.start_mark, "here a second document begins; a file has one");
    return top;
  }

 private:
  yaml_event_type_t next() {
    yaml_event_delete(&event_);
    if (yaml_parser_parse(&parser_, &event_)) return event_.type;
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    // It reads ahead: of bytes that are no text the library says how many came before, and not in which line.
    if (parser_.error == YAML_READER_ERROR)
      throw FileError(
          fmt::format("{}: this is no YAML ({}, at byte {})", file_, parser_.problem, parser_.problem_offset));
    fail(parser_.problem_mark, fmt::format("this is no YAML ({})", parser_.problem));
  }

  // The value that the event begins, which is so deep in others.
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the limit
  YamlNode value(size_t depth) {
    const yaml_mark_t mark = event_.start_mark;
    YamlNode node{.line = mark.line + 1, .column = mark.column + 1};
    count(mark, 1);
    std::string anchor;
    switch (event_.type) {
      case YAML_ALIAS_EVENT: return copy(text_of(event_.data.alias.anchor), depth);
      case YAML_SCALAR_EVENT:
        anchor = text_of(event_.data.scalar.anchor);
        read_text(node);
        break;
      case YAML_SEQUENCE_START_EVENT:
        anchor = text_of(event_.data.sequence_start.anchor);
        read_list(node, depth + 1);
        break;
      default: anchor = text_of(event_.data.mapping_start.anchor); read_map(node, depth + 1);
    }
    if (!anchor.empty()) anchors_[anchor] = node;
    return node;
  }

  void read_text(YamlNode& node) {
    const auto& scalar = event_.data.scalar;
    if (scalar.length > limits_.text_bytes) refuse(event_.start_mark, limits_.text_bytes, "bytes in one text");
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const bool is_null = scalar.style == YAML_PLAIN_SCALAR_STYLE && !scalar.tag &&
                         std::find(kNulls.begin(), kNulls.end(), node.text) != kNulls.end();
    node.kind = is_null ? YamlNode::Kind::null : YamlNode::Kind::text;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the limit
  void read_list(YamlNode& node, size_t depth) {
    enter(depth);
    node.kind = YamlNode::Kind::list;
    while (next() != YAML_SEQUENCE_END_EVENT) node.items.push_back(value(depth));
  }

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the limit
  void read_map(YamlNode& node, size_t depth) {
    enter(depth);
    node.kind = YamlNode::Kind::map;
    while (next() != YAML_MAPPING_END_EVENT) {
      YamlNode name = value(depth);
      next();
      node.members.push_back({std::move(name), value(depth)});
    }
  }

  YamlNode copy(const std::string& anchor, size_t depth) {
    const auto mark = event_.start_mark;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      fail(mark, fmt::format("'*{0}' stands for '&{0}', which has not ended before", anchor));
    const Size size = size_of(found->second);
    count(mark, size.values - 1);
    enter(depth + size.deepest);
    copied_ += size.text_bytes;
    if (copied_ > kMostCopied) refuse(mark, kMostCopied, "bytes of text that aliases stand for");
    return found->second;
  }

  void count(const yaml_mark_t& mark, size_t more) {
    values_ += more;
    if (values_ > limits_.values) refuse(mark, limits_.values, "values");
  }
  void enter(size_t depth) const {
    if (depth > limits_.deepest) refuse(event_.start_mark, limits_.deepest, "lists and groups in one another");
  }
  [[noreturn]] void fail(const yaml_mark_t& mark, const std::string& what) const {
    throw FileError(fmt::format("{}:{}: {}", file_, mark.line + 1, what));
  }
  [[noreturn]] void refuse(const yaml_mark_t& mark, size_t most, const char* things) const {
    fail(mark, fmt::format("{} has at most {} {}", what_, most, things));
  }

  std::string_view what_;
  const std::string& file_;
  YamlLimits limits_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  std::map<std::string, YamlNode> anchors_;
  size_t values_ = 0, copied_ = 0;
};

}  // namespace

YamlNode load_yaml(std::string_view text, std::string_view what, const std::string& file, const YamlLimits& limits) {
  return Parser(text, what, file, limits).document();
}

}  // namespace skbtrail::settings
