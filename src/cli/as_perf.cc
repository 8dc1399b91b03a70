// `skbtrail as perf trace` and `skbtrail as perf list`: the events of any tracepoints in the words and lines of perf.
//
// Without --no-syscalls perf trace shows system calls, too, unless events are named; here events have to be named, and
// system calls are not shown in any other way. Of the tasks: with a command its own and what it forks, with -p those of
// a process and what it forks, else all (bpf/tasks.h).
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>

#include "cli/as.h"
#include "cli/command_line.h"
#include "cli/options.h"
#include "cli/standard_streams.h"
#include "cli/trace.h"
#include "kernel/btf.h"
#include "kernel/tracefs.h"
#include "probe/catalog.h"
#include "text/glob.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kToolHelp = R"(usage: skbtrail as perf trace [OPTIONS] [[--] COMMAND ARG ...]
       skbtrail as perf list [PATTERN ...]

Behaves as perf does with tracepoints; 'skbtrail as perf trace --help' and
'skbtrail as perf list --help' say more.
)";

constexpr const char* kTraceHelp = R"(usage: skbtrail as perf trace [OPTIONS] [[--] COMMAND ARG ...]

Prints events as perf trace does, to standard error: milliseconds since the
first one, the task on the CPU, the event, and what its print format says of it.

With a command it shows what happens while the command's processes, and those
that they fork, are on the CPU, softirqs in between included. It ends with the
command and its exit status. Otherwise all tasks are shown until ^C.

  -e, --event LIST      these events, GROUP:NAME, with globs: 'net:*,skb:*'
  --no-syscalls         no system calls, which are not shown in any case
  -a, --all-cpus        all tasks, also with a command
  -p, --pid LIST        these processes, and what they fork
  -T, --time            milliseconds since the boot (CLOCK_MONOTONIC)
  -o, --output FILE     events to a file
  --max-events N        stop after N events
  --libtraceevent_print  print formats are always used
  -v, --verbose         also what is traced and skipped, and the summary
  -h, --help            this text
Of skbtrail:
  --ready-file FILE     is made once everything is attached
  --buffer SIZE         of all rings
  --strict              status 3 if an event was lost

  skbtrail as perf trace --no-syscalls --event 'net:*' ping 172.17.0.2
  skbtrail as perf trace -a -e skb:kfree_skb -e 'sock:*'
)";

constexpr const char* kListHelp = R"(usage: skbtrail as perf list [PATTERN ...]

Prints the tracepoints of this kernel as perf list does. A pattern is a glob of
GROUP:NAME, or a part of a name: 'net:*', skb, '*:*xmit*'.
)";

struct RawOptions {
  std::vector<std::string> events, pids;
  std::string output, max_events, ready_file, buffer;
  bool all = false, full_time = false, verbose = false, strict = false, help = false, ignored = false;
  std::vector<std::string> command;
};

// What perf trace has and this has not.
constexpr UnsupportedOption kMissing[] = {
    {"-s", "system calls are not shown here"},
    {"--summary", "system calls are not shown here"},
    {"-S", "system calls are not shown here"},
    {"--with-summary", "system calls are not shown here"},
    {"--syscalls", "system calls are not shown here; their events are: -e 'syscalls:*'"},
    {"-F", "page faults are not shown here; their events are: -e 'exceptions:*'"},
    {"--pf", "page faults are not shown here; their events are: -e 'exceptions:*'"},
    {"--sched", "-e 'sched:*' has its events"},
    {"-t", "a process is chosen with -p"},
    {"--tid", "a process is chosen with -p"},
    {"-i", "recordings of perf are not read"},
    {"--input", "recordings of perf are not read"},
    {"-m", "--buffer sets the size of the rings"},
    {"--mmap-pages", "--buffer sets the size of the rings"},
    {"--filter", "'skbtrail -t EVENT --where EXPR' has conditions on fields"},
    {"--call-graph", "'skbtrail -t EVENT --stack' has call paths"},
};

void declare(CLI::App& app, RawOptions& raw) {
  app.set_help_flag();
  app.prefix_command();  // options end where the command begins
  const auto list = [&](const char* names, std::vector<std::string>& target) {
    app.add_option(names, target)->allow_extra_args(false);
  };
  list("-e,--event", raw.events);
  list("-p,--pid", raw.pids);
  app.add_option("-o,--output", raw.output);
  app.add_option("--max-events", raw.max_events);
  app.add_option("--ready-file", raw.ready_file);
  app.add_option("--buffer", raw.buffer);
  app.add_flag("-a,--all-cpus", raw.all);
  app.add_flag("-T,--time", raw.full_time);
  app.add_flag("-v,--verbose", raw.verbose);
  app.add_flag("--strict", raw.strict);
  app.add_flag("--no-syscalls,--libtraceevent_print", raw.ignored);
  app.add_flag("-h,--help", raw.help);
}

RawOptions parse(std::vector<std::string> arguments) {
  RawOptions raw;
  CLI::App app;
  declare(app, raw);
  parse_command_line(app, std::move(arguments), "perf trace");
  raw.command = app.remaining();
  if (raw.command.empty()) return raw;
  if (raw.command.front() == "--") {
    raw.command.erase(raw.command.begin());
    if (raw.command.empty()) throw UsageError("perf trace: no command after '--'");
  } else if (raw.command.front().starts_with("-")) {
    refuse_option(app, raw.command.front(), "perf trace", kMissing);
  } else if (raw.command.front() == "record") {
    throw UsageError("perf trace: recordings are not made here; 'perf trace record' makes them");
  }
  return raw;
}

std::vector<std::string> trace_arguments(const RawOptions& raw) {
  std::vector<std::string> line;
  for (const auto& event : raw.events) line.insert(line.end(), {"--tracer", event});
  const auto pass = [&](const char* option, const std::string& value) {
    if (!value.empty()) line.insert(line.end(), {option, value});
  };
  pass("--output-file", raw.output);
  pass("--count", raw.max_events);
  pass("--ready-file", raw.ready_file);
  pass("--buffer", raw.buffer);
  if (raw.strict) line.emplace_back("--strict");
  if (raw.verbose) line.emplace_back("--verbose");
  if (!raw.command.empty()) line.emplace_back("--");
  line.insert(line.end(), raw.command.begin(), raw.command.end());
  return line;
}

std::vector<uint32_t> parse_processes(const RawOptions& raw) {
  std::vector<uint32_t> processes;
  for (const auto& list : raw.pids)
    for (const auto& word : text::split_list(list)) {
      const auto process = static_cast<uint32_t>(text::parse_number(word, "--pid", INT32_MAX));
      if (kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
        throw UsageError(fmt::format("--pid: there is no process {}", process));
      processes.push_back(process);
    }
  return processes;
}

int trace(std::vector<std::string> arguments, RunState& state) {
  const RawOptions raw = parse(std::move(arguments));
  if (raw.help) {
    print(kTraceHelp);
    return 0;
  }
  if (raw.events.empty())
    throw UsageError("perf trace: requires --event, such as --event 'net:*'; system calls are not shown here");
  auto options = parse_trace_options(trace_arguments(raw));
  options.layout = &output::layout_named("perf");
  options.args = true;
  options.fields = event::choose_fields("tid,args", {});
  if (raw.full_time) options.time = output::TimeStyle::mono;
  options.to_stderr = raw.output.empty();
  options.terse = !raw.verbose;
  options.conditions.families.reset();  // as perf, all of them
  try {
    options.processes = parse_processes(raw);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  options.command_only = !raw.all && options.processes.empty() && !raw.command.empty();
  return run_options(options, state);
}

bool is_named(const std::string& name, const std::string& pattern) {
  if (pattern == "tracepoint") return true;
  const std::string glob = pattern.find(':') == std::string::npos ? "*" + pattern + "*" : pattern;
  return text::matches_glob(glob, name);
}

int list(const std::vector<std::string>& patterns) {
  for (const auto& word : patterns) {
    if (word == "-h" || word == "--help") {
      print(kListHelp);
      return 0;
    }
    if (word.starts_with("-"))
      throw UsageError(
          fmt::format("perf list: unrecognized option '{}'; events are chosen by patterns, such as 'net:*'", word));
  }
  const auto btf = kernel::Btf::of_kernel();
  probe::Catalog catalog(
      btf, [] { return std::make_unique<kernel::Tracefs>(); }, probe::Functions::of_kernel());
  auto names = catalog.names();
  if (!catalog.no_events().empty()) throw RunError("perf list: " + catalog.no_events());
  std::erase_if(names, [](const auto& name) { return name.find(':') == std::string::npos; });  // no event of tracefs
  std::vector<bool> wanted(names.size(), patterns.empty());
  for (const auto& pattern : patterns) {
    bool any = false;
    for (size_t i = 0; i < names.size(); i++)
      if (is_named(names[i], pattern)) any = wanted[i] = true;
    if (any) continue;
    const std::string near = text::nearest(pattern, names);
    throw UsageError(fmt::format("perf list: '{}' matches no tracepoint of this kernel{}", pattern,
                                 near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  std::string text = "\nList of pre-defined events (to be used in -e):\n\n";
  for (size_t i = 0; i < names.size(); i++)
    if (wanted[i]) text += fmt::format("  {:<50} [Tracepoint event]\n", names[i]);
  print(text);
  return 0;
}

// Errors say where the right words stand.
template <typename Run>
int with_help(const char* help, Run run) {
  try {
    return run();
  } catch (UsageError& error) {
    error.help = help;
    throw;
  }
}

}  // namespace

int as_perf_trace(std::vector<std::string> arguments, RunState& state) {
  return with_help("skbtrail as perf trace --help", [&] { return trace(std::move(arguments), state); });
}

int as_perf(std::vector<std::string> arguments, RunState& state) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "-h" || word == "--help") {
    print(kToolHelp);
    return 0;
  }
  if (word == "trace") return as_perf_trace({arguments.begin() + 1, arguments.end()}, state);
  if (word == "list")
    return with_help("skbtrail as perf list --help", [&] { return list({arguments.begin() + 1, arguments.end()}); });
  const std::string near = text::nearest(word, {"trace", "list"});
  throw UsageError(word.empty()
                       ? "perf: requires a subcommand: trace or list"
                       : fmt::format("perf: unknown subcommand '{}'{}", word,
                                     near.empty() ? "; allowed: trace, list" : "; did you mean " + near + "?"));
}

}  // namespace skbtrail::cli
