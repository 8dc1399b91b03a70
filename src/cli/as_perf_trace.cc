// `skbtrail as perf trace`: the events of any tracepoints in the words and lines of perf.
//
// Without --no-syscalls perf trace shows system calls, too, unless events are named; here events have to be named, and
// system calls are not shown in any other way. Of the tasks: with a command its own and what it forks, with -p those of
// a process and what it forks, else all (bpf/tasks.h).
#include <fmt/format.h>
#include <signal.h>

#include <cerrno>

#include "cli/tool_intent.h"
#include "cli/tool_words.h"
#include "text/units.h"

namespace skbtrail::cli {

namespace {

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

constexpr ToolOption kOptions[] = {
    {"-e,--event", Takes::list, "--tracer"},
    {"-p,--pid", Takes::list},
    {"-o,--output", Takes::value, "--output-file"},
    {"--max-events", Takes::value, "--count"},
    {"-v,--verbose", Takes::nothing, "--verbose"},
    {"-a,--all-cpus", Takes::nothing},
    {"-T,--time", Takes::nothing},
    {"--no-syscalls,--libtraceevent_print", Takes::nothing},  // as it is here in any case
    {"--ready-file", Takes::value, "--ready-file"},
    {"--buffer", Takes::value, "--buffer"},
    {"--strict", Takes::nothing, "--strict"},
    {"-h,--help", Takes::nothing},
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

constexpr Tool kTool{"perf trace", kOptions, kMissing, Rest::command, {}, {}};

// The command that is traced, and what ends it.
std::vector<std::string> command_of(const ToolWords& words) {
  std::vector<std::string> command = words.rest();
  if (command.empty()) return command;
  if (command.front() == "record")
    throw UsageError("perf trace: recordings are not made here; 'perf trace record' makes them");
  if (command.front() != "--") command.insert(command.begin(), "--");
  if (command.size() == 1) throw UsageError("perf trace: no command after '--'");
  return command;
}

std::vector<uint32_t> parse_processes(const std::vector<std::string>& words) try {
  std::vector<uint32_t> processes;
  for (const auto& word : words) {
    const auto process = static_cast<uint32_t>(text::parse_number(word, "--pid", INT32_MAX));
    if (kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
      throw UsageError(fmt::format("--pid: there is no process {}", process));
    processes.push_back(process);
  }
  return processes;
} catch (const std::invalid_argument& error) {
  throw UsageError(error.what());
}

}  // namespace

ToolIntent parse_perf_trace(std::vector<std::string> arguments) {
  const ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = kTraceHelp};
  const auto command = command_of(words);
  if (!words.has("--event"))
    throw UsageError("perf trace: requires --event, such as --event 'net:*'; system calls are not shown here");
  auto options = words.parse(command);
  options.display.layout = &output::layout_named("perf");
  options.sections.args = true;
  options.display.fields = event::choose_fields("tid,args", {});
  if (words.has("--time")) options.display.time = output::TimeStyle::mono;
  options.output.to_stderr = options.output.file.empty();
  options.notices.terse = !options.notices.verbose;
  options.filter.conditions.families.reset();  // as perf, all of them
  options.filter.processes = parse_processes(words.parts("--pid"));
  options.filter.command_only = !words.has("--all-cpus") && options.filter.processes.empty() && !command.empty();
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
