#include "cli/as.h"

#include <fmt/format.h>

#include "cli/standard_streams.h"
#include "cli/tool_intent.h"
#include "cli/trace.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

struct KnownTool {
  std::string_view name;
  std::string_view meaning;
  ToolIntent (*parse)(std::vector<std::string> arguments);
};

constexpr KnownTool kTools[] = {
    {"tracepkt", "where the echoes of ping go, device by device", parse_tracepkt},
    {"nettrace", "the functions that a packet crosses, one line each", parse_nettrace},
    {"packetdrop", "dropped packets with their call paths", parse_packetdrop},
    {"skbtracer", "the steps of a packet as a table", parse_skbtracer},
    {"perf", "perf trace and perf list, of tracepoints", parse_perf},
    {"perf-trace", "the same as perf trace", parse_perf_trace},
};

const KnownTool* find_tool(std::string_view name) {
  for (const auto& tool : kTools)
    if (tool.name == name) return &tool;
  return nullptr;
}

std::string page() {
  std::string text = "usage: skbtrail as TOOL ARG ...\n\nBehaves as a tool that you know:\n\n";
  for (const auto& tool : kTools) text += fmt::format("  {:12}  {}\n", tool.name, tool.meaning);
  return text +
         "\n'skbtrail as TOOL --help' has its words. Under a tool's name, by a symbolic\n"
         "link, the program behaves as that tool.\n";
}

[[noreturn]] void refuse(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& tool : kTools) names.emplace_back(tool.name);
  const std::string allowed = fmt::format("{}", fmt::join(names, ", "));
  throw UsageError(name.empty() ? "as: requires a tool: " + allowed
                                : fmt::format("as: unknown tool '{}'{}", name,
                                              text::did_you_mean(name, names, "; allowed: " + allowed)));
}

int run(const ToolIntent& intent, RunState& state) {
  if (!intent.page.empty()) {
    print(intent.page);
    return 0;
  }
  const int status = run_options(intent.options, state);
  const bool failed = status == 1 && !intent.options.command.words.empty() && !intent.if_one_ends.empty();
  if (failed && !intent.options.notices.quiet) tell(message(intent.if_one_ends));
  return status;
}

}  // namespace

int as_command(std::vector<std::string> arguments, RunState& state) {
  const std::string name = arguments.empty() ? "" : arguments.front();
  if (name == "--help" || name == "-h") {
    print(page());
    return 0;
  }
  const KnownTool* tool = find_tool(name);
  if (!tool) refuse(name);
  arguments.erase(arguments.begin());
  try {
    return run(tool->parse(std::move(arguments)), state);
  } catch (UsageError& error) {
    if (error.help.empty()) error.help = fmt::format("skbtrail as {} --help", name);
    throw;
  }
}

bool behaves_as(std::string_view program, std::vector<std::string>& arguments) {
  const std::string_view name = program.substr(program.rfind('/') + 1);  // npos + 1 is 0
  if (!find_tool(name)) return false;
  arguments.insert(arguments.begin(), {"as", std::string(name)});
  return true;
}

}  // namespace skbtrail::cli
