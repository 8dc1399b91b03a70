#include "cli/options.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/layout_options.h"
#include "cli/raw_options.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

constexpr uint32_t kSnaplenMin = 64;  // less cuts the headers of a plain TCP packet over IPv6

void take_expression(RawOptions& raw, size_t from = 0) {
  raw.expression = fmt::format("{}", fmt::join(raw.alone.begin() + static_cast<ptrdiff_t>(from), raw.alone.end(), " "));
}

bool asks(const std::vector<std::string>& list) {
  return list.size() == 1 && list.front() == "?";
}

load::Backend parse_backend(const std::string& word) {
  if (word == "auto") return load::Backend::automatic;
  if (word == "tracepoint") return load::Backend::tracepoint;
  if (word == "kprobe") return load::Backend::kprobe;
  if (word == "kprobe-multi" || word == "kprobe.multi") return load::Backend::kprobe_multi;
  if (word == "fentry") return load::Backend::fentry;
  const std::vector<std::string> known{"auto", "tracepoint", "kprobe", "kprobe-multi", "fentry"};
  throw UsageError(fmt::format("--backend: unknown backend '{}'; allowed: {}{}", word, fmt::join(known, ", "),
                               text::did_you_mean(word, known)));
}

void parse_probes(const RawOptions& raw, TraceOptions& options) {
  options.probes.tracers = split_lists(raw.tracers);
  options.probes.excluded = split_lists(raw.excluded);
  options.probes.backend = parse_backend(raw.backend);
  if (options.probes.returns && options.probes.backend == load::Backend::tracepoint)
    throw UsageError("--return requires functions, and --backend tracepoint traces none");
  if (!raw.tracers.empty() && options.probes.tracers.empty()) throw UsageError("--tracer: the list is empty");
  if (!raw.excluded.empty() && options.probes.excluded.empty()) throw UsageError("--exclude: the list is empty");
  if (asks(options.probes.tracers)) options.page = Page::tracers;
}

void parse_run(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (is_given(app, "--count")) {
    options.run.count = text::parse_number(raw.count, "--count");
    if (*options.run.count == 0) throw UsageError("--count: must be greater than 0");
  }
}

void parse_track(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  for (const char* option : {"--track", "--track-age"})
    if (is_given(app, option) && !options.may_follow())
      throw UsageError(fmt::format("{} requires --follow, --trail or a filter", option));
  constexpr uint64_t kMost = 1 << 20;
  constexpr std::chrono::hours kLongest{1};
  if (is_given(app, "--track")) {
    options.following.packets = static_cast<uint32_t>(text::parse_number(raw.track, "--track", kMost));
    if (options.following.packets < load::kTrackLeast)
      throw UsageError(fmt::format("--track: must be at least {}", load::kTrackLeast));
  }
  if (is_given(app, "--track-age")) {
    const auto age = text::parse_duration(raw.track_age, "--track-age");
    if (age < std::chrono::milliseconds{100} || age > kLongest)
      throw UsageError("--track-age: must be between 100ms and 1h");
    options.following.age = std::chrono::duration_cast<std::chrono::milliseconds>(age);
  }
}

void parse_follow(const RawOptions& raw, TraceOptions& options) {
  if (raw.follow && raw.no_follow) throw UsageError("--follow and --no-follow are mutually exclusive");
  if (raw.exact && raw.no_follow) throw UsageError("--exact and --no-follow are mutually exclusive");
  if (raw.conversation && raw.no_follow) throw UsageError("--conversation and --no-follow are mutually exclusive");
  if (raw.conversation && !options.filter.any())
    throw UsageError("--conversation requires a filter: without one all packets are shown");
  if (raw.no_follow) options.following.mode = run::Follow::never;
  if (raw.follow || raw.conversation) options.following.mode = run::Follow::always;
  if (raw.exact) options.following.mode = run::Follow::exactly;
  options.following.conversations = raw.conversation;
}

// What is about tracing alone.
void parse_tracing(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (is_given(app, "--duration")) {
    options.run.duration = text::parse_duration(raw.duration, "--duration");
    if (options.run.duration->count() == 0) throw UsageError("--duration: must be greater than 0");
  }
  if (is_given(app, "--rate")) {
    options.run.rate = text::parse_number(raw.rate, "--rate");
    if (*options.run.rate == 0) throw UsageError("--rate: must be greater than 0");
    if (options.trails.shown) throw UsageError("--rate: trails need all of their events; not allowed with --trail");
    if (!options.display.prints()) throw UsageError("--rate requires a layout that prints events (-o line, -o json)");
  }
  parse_follow(raw, options);
  parse_track(app, raw, options);
  if (is_given(app, "--buffer")) {
    options.run.buffer_bytes = text::parse_size(raw.buffer, "--buffer");
    if (options.run.buffer_bytes == 0) throw UsageError("--buffer: must be greater than 0");
    if (options.run.buffer_bytes > uint64_t{16} << 30) throw UsageError("--buffer: must be at most 16G");
  }
  if (is_given(app, "--snaplen")) {
    options.sections.snaplen =
        static_cast<uint32_t>(text::parse_number(raw.snaplen, "--snaplen", SKBTRAIL_SNAPLEN_MAX));
    if (options.sections.snaplen < kSnaplenMin)
      throw UsageError(fmt::format("--snaplen: must be at least {1}, so that headers fit; not {0}",
                                   options.sections.snaplen, kSnaplenMin));
  }
  if (is_given(app, "--user")) {
    if (options.command.words.empty()) throw UsageError("--user requires a command: -- COMMAND [ARG ...]");
    options.command.user = run::find_user(raw.user);
  }
}

// RawOptions of `read` in front of the expression: the first, and what looks like a file and is one.
size_t count_files(const std::vector<std::string>& words) {
  size_t files = 0;
  for (const auto& word : words) {
    const bool named =
        word.ends_with(".pcap") || word.ends_with(".pcapng") || word.ends_with(".zst") || word.ends_with(".gz");
    const bool is_file = word.find_first_of("./") != std::string::npos && access(word.c_str(), F_OK) == 0;
    if (files > 0 && !named && !is_file) break;
    files++;
  }
  return files;
}

void parse_recorded_netns(const RawOptions& raw, ReadOptions& options) {
  if (const auto& devices = options.trace.filter.conditions.ifname)
    for (const auto& word : devices->words())
      if (word.is_long())
        throw UsageError(
            fmt::format("--ifname: '{}' is longer than a device's name, and a recording has no alternative "
                        "names",
                        word.text));
  options.netns = raw.netns;
  if (raw.netns == "self" || raw.netns.starts_with("pid:") || raw.netns.starts_with("/"))
    throw UsageError(
        fmt::format("--netns: '{}' is a namespace of now; a recording knows names (those of the column "
                    "NETNS) and inode numbers",
                    raw.netns));
}

// But where pages are asked for, which show what there is.
void refuse_unused_options(const CLI::App& app, const TraceOptions& options) {
  if (options.page == Page::none) refuse_unused(options, [&](const char* option) { return is_given(app, option); });
}

bool takes_page(const RawOptions& raw, TraceOptions& options) {
  if (!raw.short_help && !raw.long_help && !raw.version) return false;
  options.page = raw.version ? Page::version : raw.long_help ? Page::long_help : Page::short_help;
  return true;
}

}  // namespace

namespace {

// What is after "--" is the command, and comes off.
void take_command(std::vector<std::string>& arguments, TraceOptions& options) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return;
  options.command.words.assign(dashes + 1, arguments.end());
  if (options.command.words.empty()) throw UsageError("no command after '--'");
  arguments.erase(dashes, arguments.end());
}

void parse_groups(const CLI::App& app, const RawOptions& raw, TraceOptions& options, Purpose purpose) {
  report_as_usage_error([&] {
    if (purpose == Purpose::trace) parse_probes(raw, options);
    parse_packets(app, raw, options, purpose);
    parse_output(app, raw, options);
    parse_recording(app, raw, options);
    parse_run(app, raw, options);
    parse_tracing(app, raw, options);
    refuse_unused_options(app, options);
  });
}

// Where packets are dropped is one probe.
void refuse_probe_options(const std::vector<std::string>& arguments) {
  for (const auto& word : arguments)
    for (const char* option : {"-t", "--tracer", "-x", "--exclude"})
      if (word == option || word.starts_with(std::string(option) + "="))
        throw UsageError(fmt::format(
            "{}: not allowed with drop, which shows dropped packets alone; 'skbtrail {}' takes it", option, option));
}

// What shows or keeps single packets, or asks for what is known in user space alone.
void refuse_with_table(const CLI::App& app, const TraceOptions& options) {
  for (const char* name : {"--where", "--fields", "--stack", "--caller", "--meta", "--time", "--count", "--rate",
                           "--write", "--rotate", "--buffer", "--notices"})
    if (is_given(app, name))
      throw UsageError(
          fmt::format("{}: not allowed with --table, which counts packets in the kernel and shows none", name));
  if (options.display.layout != output::find_layout("drop") && !options.display.prints_objects())
    throw UsageError("--table: allowed with -o drop and -o json");
}

void parse_table(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  for (const char* name : {"--interval", "--rows"})
    if (is_given(app, name) && !raw.table) throw UsageError(fmt::format("{} requires --table", name));
  if (!raw.table) return;
  refuse_with_table(app, options);
  options.table.emplace();
  if (!raw.interval.empty()) options.table->interval = text::parse_duration(raw.interval, "--interval");
  constexpr auto kShortest = std::chrono::milliseconds(10);
  if (options.table->interval < kShortest) throw UsageError("--interval: must be at least 10ms");
  constexpr uint64_t kMost = 1u << 20;
  if (!raw.rows.empty()) options.table->rows = static_cast<uint32_t>(text::parse_number(raw.rows, "--rows", kMost));
  if (options.table->rows == 0) throw UsageError("--rows: must be greater than 0");
}

run::DropChoice parse_reasons(const CLI::App& app, const RawOptions& raw) {
  run::DropChoice choice{split_lists(raw.reasons), split_lists(raw.not_reasons)};
  if (is_given(app, "--reason") && choice.reasons.empty()) throw UsageError("--reason: the list is empty");
  if (is_given(app, "--not-reason") && choice.not_reasons.empty()) throw UsageError("--not-reason: the list is empty");
  return choice;
}

}  // namespace

TraceOptions parse_trace_options(std::vector<std::string> arguments) {
  TraceOptions options;
  options.recording.command_line = arguments;
  RawOptions raw;
  CLI::App app;
  declare(app, raw, options);
  take_command(arguments, options);
  read_raw_options(app, raw, std::move(arguments));
  if (takes_page(raw, options)) return options;
  take_expression(raw);
  parse_groups(app, raw, options, Purpose::trace);
  return options;
}

TraceOptions parse_drop_options(std::vector<std::string> arguments) {
  TraceOptions options;
  options.recording.command_line = arguments;
  options.recording.command_line.insert(options.recording.command_line.begin(), "drop");
  RawOptions raw;
  raw.output = "drop";
  CLI::App app;
  declare(app, raw, options, Purpose::drop);
  take_command(arguments, options);
  refuse_probe_options(arguments);
  read_raw_options(app, raw, std::move(arguments));
  if (takes_page(raw, options)) return options;
  take_expression(raw);
  options.probes.tracers = {"kfree_skb"};
  options.filter.drops = parse_reasons(app, raw);
  options.run.reads_counters = true;
  parse_groups(app, raw, options, Purpose::drop);
  report_as_usage_error([&] { parse_table(app, raw, options); });
  if (options.display.layout->make == options.display.layout->make_of_trails)
    throw UsageError(fmt::format("-o {0}: drop shows single packets; 'skbtrail -o {0} --only-dropped' has trails",
                                 options.display.layout->name));
  if (options.display.time == output::TimeStyle::trail)
    throw UsageError("--time trail: drop shows single packets; 'skbtrail -o drop --time trail' follows them");
  return options;
}

ReadOptions parse_read_options(std::vector<std::string> arguments) {
  ReadOptions options;
  options.trace.recording.command_line = arguments;
  options.trace.recording.command_line.insert(options.trace.recording.command_line.begin(), "read");
  RawOptions raw;
  CLI::App app;
  declare(app, raw, options.trace, Purpose::read);
  read_raw_options(app, raw, std::move(arguments));
  if (takes_page(raw, options.trace)) return options;
  const size_t files = count_files(raw.alone);
  options.files.assign(raw.alone.begin(), raw.alone.begin() + static_cast<ptrdiff_t>(files));
  take_expression(raw, files);
  options.follow = raw.follow_file;
  if (raw.no_follow) options.trace.following.mode = run::Follow::never;
  report_as_usage_error([&] {
    parse_probes(raw, options.trace);
    parse_packets(app, raw, options.trace, Purpose::read);
    parse_recorded_netns(raw, options);
    parse_output(app, raw, options.trace);
    parse_recording(app, raw, options.trace);
    parse_run(app, raw, options.trace);
    refuse_unused_options(app, options.trace);
  });
  if (options.trace.page == Page::none && options.files.empty())
    throw UsageError("read: requires a file: 'skbtrail read FILE', or - for standard input");
  return options;
}

}  // namespace skbtrail::cli
