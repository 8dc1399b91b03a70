#include "cli/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/layout_options.h"
#include "cli/raw_options.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

// Of main.cc, as the helps have them.
constexpr std::string_view kSubcommands = R"(Subcommands ('skbtrail SUBCOMMAND --help'):
  trace                               the default, and may be left out
  read FILE                           a recording, or a capture; needs no root
  drop                                dropped packets: why, and what to look at
  list [PATTERN]                      tracepoints and functions of this kernel
  doctor                              what works here, and what to do if not
  as TOOL                             behave as another tool, such as perf
)";

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

void parse_places(const RawOptions& raw, TraceOptions& options) {
  options.tracers = split_lists(raw.tracers);
  options.excluded = split_lists(raw.excluded);
  options.backend = parse_backend(raw.backend);
  if (options.returns && options.backend == load::Backend::tracepoint)
    throw UsageError("--return requires functions, and --backend tracepoint traces none");
  if (!raw.tracers.empty() && options.tracers.empty()) throw UsageError("--tracer: the list is empty");
  if (!raw.excluded.empty() && options.excluded.empty()) throw UsageError("--exclude: the list is empty");
  if (asks(options.tracers)) options.page = Page::tracers;
}

void parse_run(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (app.count("--count")) {
    options.count = text::parse_number(raw.count, "--count");
    if (*options.count == 0) throw UsageError("--count: must be greater than 0");
  }
}

bool is_given(const CLI::App& app, const char* option) {
  return app.get_option_no_throw(option) && app.count(option) > 0;
}

void parse_track(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  for (const char* option : {"--track", "--track-age"})
    if (is_given(app, option) && !options.may_follow()) throw UsageError(fmt::format("{} requires --follow", option));
  constexpr uint64_t kMost = 1 << 20;
  constexpr std::chrono::hours kLongest{1};
  if (is_given(app, "--track")) {
    options.track = static_cast<uint32_t>(text::parse_number(raw.track, "--track", kMost));
    if (options.track < load::kTrackLeast)
      throw UsageError(fmt::format("--track: must be at least {}", load::kTrackLeast));
  }
  if (is_given(app, "--track-age")) {
    const auto age = text::parse_duration(raw.track_age, "--track-age");
    if (age < std::chrono::milliseconds{100} || age > kLongest)
      throw UsageError("--track-age: must be between 100ms and 1h");
    options.track_age = std::chrono::duration_cast<std::chrono::milliseconds>(age);
  }
}

// What is about tracing alone.
void parse_tracing(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  if (app.count("--duration")) {
    options.duration = text::parse_duration(raw.duration, "--duration");
    if (options.duration->count() == 0) throw UsageError("--duration: must be greater than 0");
  }
  if (app.count("--rate")) {
    options.rate = text::parse_number(raw.rate, "--rate");
    if (*options.rate == 0) throw UsageError("--rate: must be greater than 0");
    if (options.shows_trails) throw UsageError("--rate: trails need all of their events; not allowed with --trail");
    if (!options.prints()) throw UsageError("--rate requires a layout that prints events (-o line, -o json)");
  }
  if (raw.follow && raw.no_follow) throw UsageError("--follow and --no-follow are mutually exclusive");
  if (raw.exact && raw.no_follow) throw UsageError("--exact and --no-follow are mutually exclusive");
  if (raw.follow || raw.no_follow) options.follow = raw.follow ? run::Follow::always : run::Follow::never;
  if (raw.exact) options.follow = run::Follow::exactly;
  parse_track(app, raw, options);
  if (app.count("--buffer")) {
    options.buffer_bytes = text::parse_size(raw.buffer, "--buffer");
    if (options.buffer_bytes == 0) throw UsageError("--buffer: must be greater than 0");
    if (options.buffer_bytes > uint64_t{16} << 30) throw UsageError("--buffer: must be at most 16G");
  }
  if (app.count("--snaplen")) {
    options.snaplen = static_cast<uint32_t>(text::parse_number(raw.snaplen, "--snaplen", SKBTRAIL_SNAPLEN_MAX));
    if (options.snaplen < kSnaplenMin)
      throw UsageError(
          fmt::format("--snaplen: must be at least {1}, so that headers fit; not {0}", options.snaplen, kSnaplenMin));
  }
  if (app.count("--user")) {
    if (options.command.empty()) throw UsageError("--user requires a command: -- COMMAND [ARG ...]");
    options.user = run::find_user(raw.user);
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

void parse_recorded_place(const RawOptions& raw, ReadOptions& options) {
  if (const auto& devices = options.trace.conditions.ifname)
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
  if (options.page == Page::none) refuse_unused(options, [&](const char* option) { return app.count(option) > 0; });
}

bool takes_page(const RawOptions& raw, TraceOptions& options) {
  if (!raw.short_help && !raw.long_help && !raw.version) return false;
  options.page = raw.version ? Page::version : raw.long_help ? Page::long_help : Page::short_help;
  return true;
}

}  // namespace

namespace {

// What is behind "--" is the command, and comes off.
void take_command(std::vector<std::string>& arguments, TraceOptions& options) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return;
  options.command.assign(dashes + 1, arguments.end());
  if (options.command.empty()) throw UsageError("no command after '--'");
  arguments.erase(dashes, arguments.end());
}

void parse_groups(const CLI::App& app, const RawOptions& raw, TraceOptions& options, Purpose purpose) {
  report_as_usage_error([&] {
    if (purpose == Purpose::trace) parse_places(raw, options);
    parse_packets(app, raw, options, purpose);
    parse_output(app, raw, options);
    parse_recording(app, raw, options);
    parse_run(app, raw, options);
    parse_tracing(app, raw, options);
    refuse_unused_options(app, options);
  });
}

// Where packets are dropped is one place.
void refuse_places(const std::vector<std::string>& arguments) {
  for (const auto& word : arguments)
    for (const char* place : {"-t", "--tracer", "-x", "--exclude"})
      if (word == place || word.starts_with(std::string(place) + "="))
        throw UsageError(fmt::format(
            "{}: not allowed with drop, which shows dropped packets alone; 'skbtrail {}' takes it", place, place));
}

// What shows or keeps single packets, or asks for what is known in user space alone.
void refuse_with_table(const CLI::App& app, const TraceOptions& options) {
  for (const char* name : {"--where", "--fields", "--stack", "--caller", "--meta", "--time", "--count", "--rate",
                           "--write", "--rotate", "--buffer", "--notices"})
    if (const auto* option = app.get_option_no_throw(name); option && option->count())
      throw UsageError(
          fmt::format("{}: not allowed with --table, which counts packets in the kernel and shows none", name));
  if (options.layout != output::find_layout("drop") && !options.prints_objects())
    throw UsageError("--table: allowed with -o drop and -o json");
}

void parse_table(const CLI::App& app, const RawOptions& raw, TraceOptions& options) {
  for (const char* name : {"--interval", "--rows"})
    if (app.count(name) && !raw.table) throw UsageError(fmt::format("{} requires --table", name));
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
  if (app.count("--reason") && choice.reasons.empty()) throw UsageError("--reason: the list is empty");
  if (app.count("--not-reason") && choice.not_reasons.empty()) throw UsageError("--not-reason: the list is empty");
  return choice;
}

}  // namespace

TraceOptions parse_trace_options(std::vector<std::string> arguments) {
  TraceOptions options;
  options.words = arguments;
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
  options.words = arguments;
  options.words.insert(options.words.begin(), "drop");
  RawOptions raw;
  raw.output = "drop";
  CLI::App app;
  declare(app, raw, options, Purpose::drop);
  take_command(arguments, options);
  refuse_places(arguments);
  read_raw_options(app, raw, std::move(arguments));
  if (takes_page(raw, options)) return options;
  take_expression(raw);
  options.tracers = {"kfree_skb"};
  options.drops = parse_reasons(app, raw);
  options.reads_counters = true;
  parse_groups(app, raw, options, Purpose::drop);
  report_as_usage_error([&] { parse_table(app, raw, options); });
  if (options.layout->make == options.layout->make_of_trails)
    throw UsageError("-o trail: drop shows single packets; 'skbtrail --trail --only-dropped' has trails");
  return options;
}

ReadOptions parse_read_options(std::vector<std::string> arguments) {
  ReadOptions options;
  options.trace.words = arguments;
  options.trace.words.insert(options.trace.words.begin(), "read");
  RawOptions raw;
  CLI::App app;
  declare(app, raw, options.trace, Purpose::read);
  read_raw_options(app, raw, std::move(arguments));
  if (takes_page(raw, options.trace)) return options;
  const size_t files = count_files(raw.alone);
  options.files.assign(raw.alone.begin(), raw.alone.begin() + static_cast<ptrdiff_t>(files));
  take_expression(raw, files);
  options.follow = raw.follow_file;
  report_as_usage_error([&] {
    parse_places(raw, options.trace);
    parse_packets(app, raw, options.trace, Purpose::read);
    parse_recorded_place(raw, options);
    parse_output(app, raw, options.trace);
    parse_recording(app, raw, options.trace);
    parse_run(app, raw, options.trace);
    refuse_unused_options(app, options.trace);
  });
  if (options.trace.page == Page::none && options.files.empty())
    throw UsageError("read: requires a file: 'skbtrail read FILE', or - for standard input");
  return options;
}

std::string short_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]
       skbtrail SUBCOMMAND ...

Prints a line each time a packet passes a tracepoint or function of the Linux
kernel, until Ctrl-C. Needs root.

Examples:
  skbtrail -- ping -c 1 192.0.2.1     trace while a command runs
  skbtrail --trail host 192.0.2.1     each packet's way, and how it ended
  skbtrail 'tcp port 80 and not net 10.0.0.0/8'       an expression as tcpdump's
  skbtrail --proto tcp --port 80      TCP port 80 by options, in short: -p, -P
  skbtrail -p tcp --tcp-flags syn -H 192.0.2.0/24     connections being opened
  skbtrail -N blue -i eth0            one network namespace, one device
  skbtrail --comm 'curl*' -o count    only count the events of these processes
  skbtrail drop -N blue               dropped packets: where, why, what to do
  skbtrail --where 'drop_reason == NO_SOCKET and len > 100'
  skbtrail -o json -c 100 | jq .      100 events as JSON
  skbtrail --fields time,netns,ifname,func,packet     choose the columns
  skbtrail -w FILE                    record, for 'skbtrail read FILE'

)" + std::string(kSubcommands) +
         R"(
More:
  skbtrail --help                     all options, and where to read more
  skbtrail -t '?'                     tracers: what can be traced here
  skbtrail --fields '?'               fields: columns, JSON keys, --where
)";
}

std::string long_help() {
  return R"(usage: skbtrail [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Shows the path of packets through the Linux kernel: every tracepoint that a
packet crosses, with the packet, the device and the network namespace. With a
command, tracing starts before it and ends when it ends; its exit status is
passed on. Otherwise 0, 1 if the run failed, 2 if the command line is wrong,
3 with --strict and losses.

)" + std::string(kSubcommands) +
         R"(

PCAP-EXPRESSION is in the language of tcpdump, pcap-filter(7), as that of
--inner is. What differs in a kernel, and the short options: docs/filters.md.
--where has its own, docs/where.md. In short: skbtrail(8), FILTERS and WHERE.
)" + option_list(Purpose::trace);
}

std::string drop_help() {
  return R"(usage: skbtrail drop [OPTIONS] [PCAP-EXPRESSION ...] [-- COMMAND ARG ...]

Prints every packet that the kernel drops, once: when, in which namespace, at
which device, in whose context, why, which function dropped it, and what it
was; below, what that means and the command to look with. What is freed as
dropped though nothing is wrong says so, and does not count as a drop. Needs
root. 'skbtrail list --reasons' says what each reason means.

Examples:
  skbtrail drop                       all drops, until Ctrl-C
  skbtrail drop -- curl -m 2 http://192.0.2.1/        while a command runs
  skbtrail drop -N blue -p tcp -P 443 in one namespace, of one port
  skbtrail drop --reason 'IP_*,NEIGH_*' --explain     for these reasons
  skbtrail drop --not-reason NO_SOCKET --stack        with the call path
  skbtrail drop --table               how many of each kind; sends none of them
  skbtrail drop -w FILE               record; 'skbtrail read -o drop FILE'
)" + option_list(Purpose::drop);
}

std::string read_help() {
  return R"(usage: skbtrail read [OPTIONS] FILE ... [PCAP-EXPRESSION ...]

Prints a recording of 'skbtrail -w FILE' as the live run would have, through
any layout and filter, or makes a smaller one of what is chosen (-w); also
pcapng and pcap of other programs, whose packets have no event of the kernel.
Several files are merged by time; - is standard input. Needs no privileges.
Where a filter asks for what the recording does not have, the event is
indeterminate: it is not shown, and counted.
)" + option_list(Purpose::read);
}

}  // namespace skbtrail::cli
