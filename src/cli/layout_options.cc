#include "cli/layout_options.h"

#include <fmt/format.h>

namespace skbtrail::cli {

namespace {

// What is shown, and as what.
enum Shown : unsigned {
  kLine = 1,
  kTrail = 2,
  kRoute = 4,
  kDrop = 8,
  kJson = 16,        // events
  kJsonTrails = 32,  // trails
  kCount = 64,
  kRecording = 128,  // and nothing beside it
};
constexpr unsigned kText = kLine | kTrail | kRoute | kDrop;

struct Name {
  Shown shown;
  const char* text;
};
constexpr Name kNames[] = {{kLine, "-o line"},   {kTrail, "-o trail"}, {kRoute, "-o route"},
                           {kDrop, "-o drop"},   {kJson, "-o json"},   {kJsonTrails, "-o json --trail"},
                           {kCount, "-o count"}, {kRecording, "-w"}};

// A recording keeps what the options of fields ask the kernel side for.
struct Use {
  const char* option;
  unsigned by;
};
constexpr Use kUses[] = {
    {"--fields", kLine | kJson | kRecording},        {"--time", kText},
    {"--stack", kLine | kDrop | kJson | kRecording}, {"--caller", kLine | kJson | kRecording},
    {"--meta", kLine | kTrail | kJson | kRecording}, {"--output-file", kText | kJson | kJsonTrails | kRecording},
    {"--absolute-tcp-sequence-numbers", kLine},
};

Shown shown_by(const TraceOptions& options) {
  const auto is = [&](const char* name) { return options.display.layout == output::find_layout(name); };
  if (options.display.prints_objects()) return options.trails.shown ? kJsonTrails : kJson;
  if (is("trail")) return kTrail;
  if (is("route")) return kRoute;
  if (is("drop")) return kDrop;
  if (options.display.prints()) return kLine;
  return options.recording.destinations.empty() ? kCount : kRecording;
}

std::string names_of(unsigned shown) {
  std::string names;
  for (const auto& name : kNames)
    if (name.shown & shown) names += (names.empty() ? "" : ", ") + std::string(name.text);
  return names;
}

}  // namespace

void refuse_unused(const TraceOptions& options, const std::function<bool(const char* option)>& is_given) {
  const Shown shown = shown_by(options);
  for (const auto& use : kUses)
    if (!(use.by & shown) && is_given(use.option))
      throw UsageError(
          fmt::format("{}: not used by {}; allowed with: {}", use.option, names_of(shown), names_of(use.by)));
  if (shown == kRoute && options.display.time == output::TimeStyle::trail)
    throw UsageError("--time trail: not used by -o route, which shows no steps; allowed with: -o line, -o trail");
  if (!(shown & (kText)) && options.display.color == Color::always)
    throw UsageError(fmt::format("--color always: not used by {}; allowed with: {}", names_of(shown), names_of(kText)));
}

}  // namespace skbtrail::cli
