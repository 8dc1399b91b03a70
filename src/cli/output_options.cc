// What to show, and where it goes.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/raw_options.h"
#include "event/trail_fields.h"
#include "filter/where.h"
#include "text/habits.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

void choose_fields(const std::string& list, TraceOptions& options) {
  options.display.fields = event::choose_fields(list, options.display.fields);
  for (const auto& word : text::split_list(list)) {
    const event::Field* field = event::find_field(word.starts_with('+') ? word.substr(1) : word);
    if (field) options.sections.named |= field->section;
  }
}

// --stack and --caller are fields, too; a field that is named switches the rest on.
void parse_call_path(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  options.sections.stack = is_given(app, "--stack");
  options.sections.stack_at = text::split_list(raw.stack);
  if (options.sections.stack && options.sections.stack_at.empty()) throw UsageError("--stack: the list is empty");
  const auto shown = [&](std::string_view name, bool wanted) {
    const event::Field* field = event::find_field(name);
    const bool chosen =
        std::find(options.display.fields.begin(), options.display.fields.end(), field) != options.display.fields.end();
    if (wanted && !chosen) options.display.fields.push_back(field);
    return wanted || chosen;
  };
  options.sections.caller = shown("caller", options.sections.caller);
  options.sections.stack = shown("stack", options.sections.stack);
  // Lines say it instead of the stack.
  if (options.sections.stack && options.display.prints_objects()) shown("stack_unknown", true);
  if (is_given(app, "--stack-map")) {
    constexpr uint64_t kMost = 1u << 20;
    options.sections.stacks = static_cast<uint32_t>(text::parse_number(raw.stack_map, "--stack-map", kMost));
    if (options.sections.stacks == 0) throw UsageError("--stack-map: must be greater than 0");
    if (!options.sections.stack) throw UsageError("--stack-map requires --stack");
  }
}

Color parse_color(const std::string& word) {
  if (word == "auto") return Color::automatic;
  if (word == "always") return Color::always;
  if (word == "never") return Color::never;
  throw UsageError(fmt::format("--color: unknown value '{}'; allowed: auto, always, never", word));
}

const output::LayoutKind* parse_layout(const std::string& word) {
  const auto* layout = output::find_layout(word);
  if (layout && layout->by_name) return layout;
  const auto hint = text::hint_for(text::value_habits(), word);
  std::vector<std::string> names;
  for (const auto& kind : output::layouts())
    if (kind.by_name) names.emplace_back(kind.name);
  if (const auto near = text::did_you_mean(word, names); hint.empty() && !near.empty())
    throw UsageError(fmt::format("--output: unknown layout '{}'{}", word, near));
  throw UsageError(fmt::format("--output: unknown layout '{}'; {}{}allowed: {}", word, hint, hint.empty() ? "" : "; ",
                               output::layout_names()));
}

// Conditions that choose among trails.
void refuse_of_trails(const filter::Where& where) {
  for (const auto* field : where.fields())
    if (field->name == "trail.since")
      throw UsageError(
          "--where: trail.since is the time of an event, and trails are shown; trail.total is that of the whole trail");
  if (where.conditions_of_event() > filter::Where::kMostOfEvent)
    throw UsageError(fmt::format("--where: beside those of trails, at most {} comparisons with fields of events",
                                 filter::Where::kMostOfEvent));
}

// --latency and --between: what they come to is shown at the end, and the trails only if they are asked for.
void parse_times(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  options.trails.choice.shows_latency = raw.latency;
  if (is_given(app, "--between")) {
    options.trails.between = text::split_list(raw.between);
    if (options.trails.between.size() != 2)
      throw UsageError("--between: requires two tracers: --between A,B, such as net_dev_queue,netif_receive_skb");
  }
  // What was named is not all that is traced.
  if (!options.probes.tracers.empty())
    options.probes.tracers.insert(options.probes.tracers.end(), options.trails.between.begin(),
                                  options.trails.between.end());
  if (!raw.latency && options.trails.between.empty()) return;
  const bool named = is_given(app, "--output");
  const bool counts = named && options.display.layout == &output::layout_named("count");
  options.trails.choice.prints_trails =
      raw.trail || (!counts && (raw.latency || (named && !options.display.prints_objects())));
  if (!named || counts) options.display.layout = &output::layout_named("trail");
}

// --diagnose.
void parse_diagnosis(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  options.trails.diagnosed = true;
  if (!is_given(app, "--output")) options.display.layout = &output::layout_named("trail");
  for (const char* name : {"trail", "json"})
    if (options.display.layout == &output::layout_named(name)) return;
  throw UsageError(fmt::format("--diagnose: not allowed with -o {}; allowed: trail, json", raw.output));
}

// -o trail, --trail, and what is asked of trails.
void parse_trails(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  parse_times(app, raw, options);
  const bool has_times = options.trails.choice.shows_latency || !options.trails.between.empty();
  if (raw.trail && !is_given(app, "--output")) options.display.layout = &output::layout_named("trail");
  if ((raw.trail || has_times) && !options.display.layout->make_of_trails)
    throw UsageError(fmt::format("{}: not allowed with -o {}, which shows events; allowed: trail, route, json{}",
                                 raw.trail     ? "--trail"
                                 : raw.latency ? "--latency"
                                               : "--between",
                                 raw.output, raw.trail ? "" : ", count"));
  if (raw.diagnose) parse_diagnosis(app, raw, options);
  if (!raw.diagnose && is_given(app, "--rules")) throw UsageError("--rules requires --diagnose");
  options.trails.shown =
      raw.trail || raw.diagnose || has_times || options.display.layout->make == options.display.layout->make_of_trails;
  options.trails.choice.merges = raw.merge;
  if (raw.merge && options.display.layout != &output::layout_named("route"))
    throw UsageError("--merge requires -o route");
  for (const char* name : {"--only-dropped", "--only-incomplete", "--min-latency"})
    if (is_given(app, name) && !options.trails.shown) throw UsageError(fmt::format("{} requires --trail", name));
  if (!raw.min_latency.empty())
    options.trails.choice.min_latency_ns =
        static_cast<uint64_t>(text::parse_duration(raw.min_latency, "--min-latency").count());
}

// What is asked of the trails of events: by --where in any layout, by columns, keys and the time of events where these
// are shown.
void parse_asked_of_trails(TraceOptions& options) {
  auto known = event::Known::with_event;
  if (!options.filter.where.empty()) {
    const auto where = filter::Where::parse(options.filter.where);
    known = event::known_at(where.fields());
    if (options.trails.shown && where.asks_of_trails()) refuse_of_trails(where);
  }
  if (!options.trails.shown) known = std::max(known, event::known_at(options.display.fields));
  options.following.with_fate = known == event::Known::with_fate;
  const bool times = options.display.time == output::TimeStyle::trail && !options.trails.shown;
  options.following.for_events = known != event::Known::with_event || times;
}

// Names of a standard stream. Opened anew, a file after it would be emptied, and written to from two places.
bool is_stream(const std::string& name, const char* word, int fd) {
  return name == word || name == fmt::format("/dev/fd/{}", fd) || name == fmt::format("/proc/self/fd/{}", fd);
}

bool is_standard_output(const std::string& name) {
  return name == "-" || is_stream(name, "/dev/stdout", STDOUT_FILENO);
}

void parse_streams(TraceOptions& options) {
  if (is_standard_output(options.output.file)) options.output.file.clear();
  if (is_stream(options.output.file, "/dev/stderr", STDERR_FILENO)) {
    options.output.file.clear();
    options.output.to_stderr = true;
  }
  if (is_stream(options.run.summary_file, "/dev/stderr", STDERR_FILENO)) options.run.summary_file.assign(1, '-');
  if (options.run.ready_file == "-")
    throw UsageError("--ready-file: cannot be standard output; for a file named -, write ./-");
}

// -w FILE.
void parse_write(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (raw.record.empty()) throw UsageError("--write: the file's name is empty");
  // As tcpdump, it prints nothing then, unless that is asked for.
  const bool prints = is_given(app, "--output") || is_given(app, "--output-file") || options.trails.shown;
  if (is_standard_output(raw.record)) {
    if (prints) throw UsageError("-w - writes the recording to standard output, so -o and -O cannot be used with it");
    options.display.layout = &output::layout_named("pcapng");
    return;
  }
  options.recording.destinations.push_back({raw.record});
  if (!prints) options.display.layout = &output::layout_named("count");
}

// --rotate SIZE[,N].
void parse_rotate(const RawOptions& raw, run::RecordingOptions& options) {
  if (options.destinations.empty()) throw UsageError("--rotate requires -w FILE");
  const size_t comma = raw.rotate.find(',');
  auto& destination = options.destinations.front();
  destination.rotate_bytes = text::parse_size(raw.rotate.substr(0, comma), "--rotate");
  constexpr uint64_t kLeast = 64u << 10;
  if (destination.rotate_bytes < kLeast) throw UsageError("--rotate: SIZE must be at least 64K");
  if (comma == std::string::npos) return;
  destination.keep = static_cast<uint32_t>(text::parse_number(raw.rotate.substr(comma + 1), "--rotate", UINT16_MAX));
  if (destination.keep == 0) throw UsageError("--rotate: the number of files must be greater than 0");
}

}  // namespace

void parse_output(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  refuse_empty_names(app);
  parse_streams(options);
  options.display.layout = parse_layout(raw.output);
  if (has_option(app, "--trail")) parse_trails(app, raw, options);

  if (auto style = output::time_style(raw.time))
    options.display.time = *style;
  else
    throw UsageError(
        fmt::format("--time: unknown format '{}'; allowed: {}", raw.time, fmt::join(output::time_style_names(), ", ")));
  if (options.display.time == output::TimeStyle::trail && options.display.prints_objects())
    throw UsageError(
        "--time trail: JSON has times as numbers; --fields +trail.since adds the time since the first event");

  options.display.color = parse_color(raw.color);
  options.display.fields = options.display.prints_objects()
                               ? event::default_keys(options.sections.meta)
                               : event::default_columns(options.notices.verbose, options.sections.meta);
  if (raw.fields == "?")
    options.page = Page::fields;
  else if (is_given(app, "--fields"))
    choose_fields(raw.fields, options);
  if (options.display.layout == output::find_layout("drop")) {
    options.display.fields = event::choose_fields("netns,ifname,pid,comm,packet,drop_reason,location,benign", {});
    options.display.advises = true;
  } else if (options.display.prints_objects() && options.filter.drops) {
    // Keys that were named are those that are wanted, and no others.
    const char first = raw.fields.empty() ? '+' : raw.fields.front();
    options.display.advises = !is_given(app, "--fields") || first == '+' || first == '-';
  }
  if (options.display.explains && !options.display.advises && !options.trails.diagnosed)
    throw UsageError(options.display.prints_objects() && options.filter.drops
                         ? "--explain: --fields has the keys that are wanted; +a,-b changes the usual ones"
                         : "--explain requires -o drop, drop with -o json, or --diagnose");
  const auto named = text::split_list(raw.fields);
  options.sections.args =
      asks_for_arguments(options.filter.where) ||
      std::any_of(named.begin(), named.end(), [](const auto& n) { return n == "args" || n == "+args"; });
  parse_call_path(app, raw, options);
  parse_asked_of_trails(options);
  if (options.notices.in_band && !options.display.prints_objects()) throw UsageError("--notices requires -o json");
  if (options.notices.quiet && options.notices.verbose)
    throw UsageError("--quiet and --verbose are mutually exclusive");
}

void parse_recording(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (is_given(app, "--write")) parse_write(app, raw, options);
  if (is_given(app, "--rotate")) parse_rotate(raw, options.recording);
  if (options.display.records_instead()) options.recording.destinations.push_back({options.output.file});
}

}  // namespace skbtrail::cli
