#include "output/json_advice.h"

#include <array>
#include <string>
#include <vector>

#include "event/benign.h"
#include "output/json_text.h"
#include "text/append.h"

namespace skbtrail::output {

namespace {

constexpr std::array<AdviceKey, 4> kKeys{{
    {"meaning", false, "what the drop reason means, in plain words (of drop)"},
    {"look", true, "commands to look with, filled in for this packet: the most telling one, all with --explain"},
    {"causes", true, "why it usually happens (--explain)"},
    {"source", false, "where the kernel gives this reason: functions, files, versions (--explain)"},
}};

void append_key(fmt::memory_buffer& out, std::string_view name) {
  text::append(out, ",\"");
  text::append(out, name);
  text::append(out, "\":");
}

void append_texts(fmt::memory_buffer& out, std::string_view key, std::span<const std::string> texts) {
  append_key(out, key);
  text::append(out, '[');
  for (size_t i = 0; i < texts.size(); i++) {
    if (i > 0) text::append(out, ',');
    append_json_text(out, texts[i]);
  }
  text::append(out, ']');
}

}  // namespace

std::span<const AdviceKey> advice_keys() {
  return kKeys;
}

void append_json_advice(fmt::memory_buffer& out, const event::Event& event, const diagnose::Reasons& reasons,
                        bool explains) {
  if (!event.is_freed_as_dropped() || !event::why_benign(event).empty()) return;
  append_json_advice(out, diagnose::advice_on(event, reasons), explains);
}

void append_json_advice(fmt::memory_buffer& out, const diagnose::Advice& advice, bool explains) {
  append_key(out, "meaning");
  append_json_text(out, advice.means);
  const std::span<const std::string> commands = advice.commands;
  if (!commands.empty()) append_texts(out, "look", explains ? commands : commands.first(1));
  if (!explains) return;
  if (!advice.causes.empty()) append_texts(out, "causes", advice.causes);
  if (advice.source.empty()) return;
  append_key(out, "source");
  append_json_text(out, advice.source);
}

}  // namespace skbtrail::output
