// What to show, and where it goes.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/raw_options.h"
#include "text/habits.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

// --stack and --caller are fields, too; a field that is named switches the rest on.
void parse_call_path(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  options.stack = app.count("--stack") > 0;
  options.stack_at = text::split_list(raw.stack);
  if (options.stack && options.stack_at.empty()) throw UsageError("--stack: the list is empty");
  const auto shown = [&](std::string_view name, bool wanted) {
    const event::Field* field = event::find_field(name);
    const bool chosen = std::find(options.fields.begin(), options.fields.end(), field) != options.fields.end();
    if (wanted && !chosen) options.fields.push_back(field);
    return wanted || chosen;
  };
  options.caller = shown("caller", options.caller);
  options.stack = shown("stack", options.stack);
  // Lines say it in the place of the stack.
  if (options.stack && options.prints_objects()) shown("stack_unknown", true);
  if (app.get_option_no_throw("--stack-map") && app.count("--stack-map")) {
    constexpr uint64_t kMost = 1u << 20;
    options.stacks = static_cast<uint32_t>(text::parse_number(raw.stack_map, "--stack-map", kMost));
    if (options.stacks == 0) throw UsageError("--stack-map: must be greater than 0");
    if (!options.stack) throw UsageError("--stack-map requires --stack");
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
  throw UsageError(fmt::format("--output: unknown layout '{}'; {}{}allowed: {}", word, hint, hint.empty() ? "" : "; ",
                               output::layout_names()));
}

// -o trail, --trail, and what is asked of trails.
void parse_trails(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (raw.trail && !app.count("--output")) options.layout = &output::layout_named("trail");
  if (raw.trail && !options.layout->make_of_trails)
    throw UsageError(
        fmt::format("--trail: not allowed with -o {}, which shows events; allowed: trail, json", raw.output));
  options.shows_trails = raw.trail || options.layout->make == options.layout->make_of_trails;
  for (const char* name : {"--only-dropped", "--only-incomplete", "--min-latency"})
    if (app.count(name) && !options.shows_trails) throw UsageError(fmt::format("{} requires --trail", name));
  if (!raw.min_latency.empty())
    options.trails.min_latency_ns =
        static_cast<uint64_t>(text::parse_duration(raw.min_latency, "--min-latency").count());
}

void refuse_empty_names(const CLI::App& app) {
  for (const char* name : {"--output-file", "--summary", "--ready-file"})
    if (const auto* option = app.get_option_no_throw(name);
        option && option->count() && option->as<std::string>().empty())
      throw UsageError(fmt::format("{}: the file's name is empty", name));
}

// Names of a standard stream. Opened anew, a file behind it would be emptied, and written to from two places.
bool is_stream(const std::string& name, const char* word, int fd) {
  return name == word || name == fmt::format("/dev/fd/{}", fd) || name == fmt::format("/proc/self/fd/{}", fd);
}

bool is_standard_output(const std::string& name) {
  return name == "-" || is_stream(name, "/dev/stdout", STDOUT_FILENO);
}

void parse_streams(TraceOptions& options) {
  if (is_standard_output(options.output_file)) options.output_file.clear();
  if (is_stream(options.output_file, "/dev/stderr", STDERR_FILENO)) {
    options.output_file.clear();
    options.to_stderr = true;
  }
  if (is_stream(options.summary_file, "/dev/stderr", STDERR_FILENO)) options.summary_file = "-";
  if (options.ready_file == "-")
    throw UsageError("--ready-file: cannot be standard output; for a file named -, write ./-");
}

// -w FILE.
void parse_write(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (raw.record.empty()) throw UsageError("--write: the file's name is empty");
  // As tcpdump, it prints nothing then, unless that is asked for.
  const bool prints = app.count("--output") || app.count("--output-file");
  if (is_standard_output(raw.record)) {
    if (prints) throw UsageError("-w - writes the recording to standard output, so -o and -O cannot be used with it");
    options.layout = &output::layout_named("pcapng");
    return;
  }
  options.recordings.push_back({raw.record});
  if (!prints) options.layout = &output::layout_named("count");
}

// --rotate SIZE[,N].
void parse_rotate(const RawOptions& raw, TraceOptions& options) {
  if (options.recordings.empty()) throw UsageError("--rotate requires -w FILE");
  const size_t comma = raw.rotate.find(',');
  auto& destination = options.recordings.front();
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
  options.layout = parse_layout(raw.output);
  if (app.get_option_no_throw("--trail")) parse_trails(app, raw, options);

  if (auto style = output::time_style(raw.time))
    options.time = *style;
  else
    throw UsageError(fmt::format("--time: {} '{}'{}; allowed: {}", raw.time == "trail" ? "format" : "unknown format",
                                 raw.time, raw.time == "trail" ? " is not in this version" : "",
                                 fmt::join(output::time_style_names(), ", ")));

  options.color = parse_color(raw.color);
  options.fields = options.prints_objects() ? event::default_keys(options.meta)
                                            : event::default_columns(options.verbose, options.meta);
  if (raw.fields == "?")
    options.page = Page::fields;
  else if (app.count("--fields"))
    options.fields = event::choose_fields(raw.fields, options.fields);
  const auto named = text::split_list(raw.fields);
  options.args = asks_for_arguments(options.where) ||
                 std::any_of(named.begin(), named.end(), [](const auto& n) { return n == "args" || n == "+args"; });
  parse_call_path(app, raw, options);
  if (options.notices && !options.prints_objects()) throw UsageError("--notices requires -o json");
  if (options.quiet && options.verbose) throw UsageError("--quiet and --verbose are mutually exclusive");
}

void parse_recording(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (app.count("--write")) parse_write(app, raw, options);
  if (app.count("--rotate")) parse_rotate(raw, options);
  if (options.records_instead()) options.recordings.push_back({options.output_file});
}

}  // namespace skbtrail::cli
