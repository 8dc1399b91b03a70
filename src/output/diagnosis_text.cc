#include "output/diagnosis_text.h"

#include <iterator>

#include "output/wrapped.h"
#include "text/append.h"
#include "text/printable.h"

namespace skbtrail::output {

namespace {

using diagnose::Level;

std::string_view color_of(Level level) {
  return level == Level::error ? kBadColor : level == Level::warning ? kDoubtColor : kHeadColor;
}

// `begin` is in the line already.
void append_line(fmt::memory_buffer& out, size_t indent, std::string_view head, std::string_view color,
                 std::string_view text, const FindingStyle& style) {
  pad(out, indent);
  Wrapped line(out, style.width, style.color, indent, indent + 2);
  line.gap(0);
  line.add(head, color);
  line.gap(1);
  line.add_text(text);
  text::append(out, '\n');
}

void append_command(fmt::memory_buffer& out, std::string_view command) {
  text::append(out, "    look: ");
  text::append_printable(out, command);
  text::append(out, '\n');
}

void append_finding(fmt::memory_buffer& out, const diagnose::Finding& found, const FindingStyle& style) {
  const Level level = found.rule->level;
  append_line(out, 2, fmt::format("{} {}:", diagnose::level_name(level), found.rule->name), color_of(level),
              text::printable(found.words), style);
  if (!style.explains) {
    if (!found.look.empty()) append_command(out, found.look);
    return;
  }
  for (const auto& cause : found.causes) append_line(out, 4, "cause:", {}, text::printable(cause), style);
  for (const auto& command : found.commands) append_command(out, command);
}

}  // namespace

void append_findings(fmt::memory_buffer& out, const trail::Trail& trail, const std::vector<diagnose::Finding>& findings,
                     const FindingStyle& style) {
  for (const auto& found : findings) append_finding(out, found, style);
  if (trail.holes.empty() && !trail.steps_left_out) return;
  append_line(out, 2, "not sure:", kDoubtColor, "steps of it are missing, and with them what they would tell", style);
}

void append_diagnoses(fmt::memory_buffer& out, const diagnose::Diagnosis& diagnosis, size_t width, bool color) {
  const auto counts = diagnosis.counts();
  const uint64_t without = diagnosis.without();
  const FindingStyle style{width, color};
  if (counts.empty()) {
    append_line(out, 0, "Diagnosis:", kHeadColor,
                without ? fmt::format("{} packet{}, and nothing to say of {}", without, without == 1 ? "" : "s",
                                      without == 1 ? "it" : "them")
                        : "no packet was seen on its way; a route, a rule of the output or the program itself may end "
                          "one before it is sent, and captures of other programs have no steps",
                style);
    if (!without) append_command(out, "ip route get DST");
    return;
  }
  append_line(out, 0, "Diagnosis:", kHeadColor, "what was said, and of how many packets", style);
  for (const auto& [rule, trails] : counts) {
    const std::string_view level = diagnose::level_name(rule->level);
    text::append(out, "  ");
    if (color) text::append(out, color_of(rule->level));
    text::append(out, level);
    if (color) text::append(out, kNoColor);
    fmt::format_to(std::back_inserter(out), "{:{}} {:<22} {:>6}\n", "", 7 - level.size(), rule->name, trails);
  }
  if (without) fmt::format_to(std::back_inserter(out), "  {:<30} {:>6}\n", "nothing to say", without);
}

}  // namespace skbtrail::output
