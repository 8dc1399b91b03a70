#include "output/json_diagnosis.h"

#include <iterator>
#include <span>
#include <string>

#include "output/json_text.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

void append_key(fmt::memory_buffer& out, std::string_view key) {
  text::append(out, ",\"");
  text::append(out, key);
  text::append(out, "\":");
}

void append_texts(fmt::memory_buffer& out, std::string_view key, std::span<const std::string> texts) {
  if (texts.empty()) return;
  append_key(out, key);
  for (size_t i = 0; i < texts.size(); i++) {
    text::append(out, i ? ',' : '[');
    append_json_text(out, texts[i]);
  }
  text::append(out, ']');
}

// The begin of an object.
void append_rule(fmt::memory_buffer& out, const diagnose::Rule& rule) {
  text::append(out, "{\"rule\":");
  append_json_text(out, rule.name);
  append_key(out, "level");
  append_json_text(out, diagnose::level_name(rule.level));
}

}  // namespace

void append_json_findings(fmt::memory_buffer& out, const std::vector<diagnose::Finding>& findings, bool explains) {
  text::append(out, '[');
  for (size_t i = 0; i < findings.size(); i++) {
    const auto& found = findings[i];
    if (i) text::append(out, ',');
    append_rule(out, *found.rule);
    append_key(out, "words");
    append_json_text(out, found.words);
    const std::span<const std::string> all = found.commands;
    append_texts(out, "look", explains ? all : all.first(found.look.empty() ? 0 : 1));
    if (explains) append_texts(out, "causes", found.causes);
    text::append(out, '}');
  }
  text::append(out, ']');
}

void append_json_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis) {
  fmt::format_to(std::back_inserter(out), "{{\"diagnoses\":{{\"without\":{},\"rules\":[", diagnosis.without());
  bool is_first = true;
  for (const auto& [rule, trails] : diagnosis.counts()) {
    if (!is_first) text::append(out, ',');
    is_first = false;
    append_rule(out, *rule);
    fmt::format_to(std::back_inserter(out), ",\"trails\":{}}}", trails);
  }
  text::append(out, "]}}\n");
}

}  // namespace skbtrail::output
