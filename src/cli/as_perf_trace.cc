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

)";
constexpr const char* kExamples = R"(
  skbtrail as perf trace --no-syscalls --event 'net:*' ping 172.17.0.2
  skbtrail as perf trace -a -e skb:kfree_skb -e 'sock:*'
)";

constexpr ToolOption kOptions[] = {
    {"-e,--event", Takes::list, "these events, GROUP:NAME, with globs: 'net:*,skb:*'", "LIST", "--tracer"},
    {"--no-syscalls", Takes::nothing, "no system calls, which are not shown in any case"},
    {"-a,--all-cpus", Takes::nothing, "all tasks, also with a command"},
    {"-p,--pid", Takes::list, "these processes, and what they fork", "LIST"},
    {"-T,--time", Takes::nothing, "milliseconds since the boot (CLOCK_MONOTONIC)"},
    {"-o,--output", Takes::value, "events to a file", "FILE", "--output-file"},
    {"--max-events", Takes::value, "stop after N events", "N", "--count"},
    {"--libtraceevent_print", Takes::nothing, "print formats are always used"},
    {"-v,--verbose", Takes::nothing, "also what is traced and skipped, and the summary", "", "--verbose"},
};

// What perf trace has and this has not.
constexpr UnsupportedOption kMissing[] = {
    {"-s,--summary,-S,--with-summary", "system calls are not shown here"},
    {"--syscalls", "system calls are not shown here; their events are: -e 'syscalls:*'"},
    {"-F,--pf", "page faults are not shown here; their events are: -e 'exceptions:*'"},
    {"--sched", "-e 'sched:*' has its events"},
    {"-t,--tid", "a process is chosen with -p"},
    {"-i,--input", "recordings of perf are not read"},
    {"-m,--mmap-pages", "--buffer sets the size of the rings"},
    {"--filter", "'skbtrail -t EVENT --where EXPR' has conditions on fields"},
    {"--call-graph", "'skbtrail -t EVENT --stack' has call paths"},
};

// Perf's --duration is another, and its --output is ours to a file.
constexpr Tool kTool{.name = "perf trace",
                     .help = kTraceHelp,
                     .examples = kExamples,
                     .options = kOptions,
                     .missing = kMissing,
                     .rest = Rest::command,
                     .layout = "perf",
                     .fields = "tid,args",
                     .own = std::span(kOwnOptions).first(4)};

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

std::vector<uint32_t> parse_processes(const std::vector<std::string>& words) {
  std::vector<uint32_t> processes;
  for (const auto& word : words) {
    const uint64_t process = report_as_usage_error([&] { return text::parse_number(word, "--pid", INT32_MAX); });
    if (kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH)
      throw UsageError(fmt::format("--pid: there is no process {}", process));
    processes.push_back(static_cast<uint32_t>(process));
  }
  return processes;
}

}  // namespace

ToolIntent parse_perf_trace(std::vector<std::string> arguments) {
  const ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = words.page()};
  const auto command = command_of(words);
  if (!words.has("--event"))
    throw UsageError("perf trace: requires --event, such as --event 'net:*'; system calls are not shown here");
  auto options = words.parse(command);
  options.sections.args = true;
  if (words.has("--time")) options.display.time = output::TimeStyle::mono;
  options.output.to_stderr = options.output.file.empty();
  options.notices.terse = !options.notices.verbose;
  options.filter.conditions.families.reset();  // as perf, all of them
  options.filter.processes = parse_processes(words.parts("--pid"));
  options.filter.command_only = !words.has("--all-cpus") && options.filter.processes.empty() && !command.empty();
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
