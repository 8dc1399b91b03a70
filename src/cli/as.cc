#include "cli/as.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/options.h"
#include "text/habits.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

struct Tool {
  std::string_view name;
  std::string_view meaning;
  int (*run)(std::vector<std::string> arguments, RunState& state);
};

constexpr Tool kTools[] = {
    {"tracepkt", "where the echoes of ping go, device by device", as_tracepkt},
    {"nettrace", "the functions that a packet crosses, one line each", as_nettrace},
    {"perf", "perf trace and perf list, of tracepoints", as_perf},
    {"perf-trace", "the same as perf trace", as_perf_trace},
};

// Of a later version: a link of such a name does not trace everything instead.
constexpr std::string_view kLater[] = {"skbtracer", "packetdrop"};

const Tool* find_tool(std::string_view name) {
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
  std::string listed;
  for (const auto& tool : kTools) {
    names.emplace_back(tool.name);
    listed += fmt::format("{}{}", listed.empty() ? "" : ", ", tool.name);
  }
  const auto later = text::hint_for(text::value_habits(), name);
  const std::string near = text::nearest(name, names);
  UsageError error(!later.empty() ? fmt::format("{}; there are {}", later, listed)
                   : name.empty()
                       ? fmt::format("as: requires a tool: {}", listed)
                       : fmt::format("as: unknown tool '{}'{}", name,
                                     near.empty() ? "; allowed: " + listed : "; did you mean " + near + "?"));
  error.help = "skbtrail as --help";
  throw error;
}

}  // namespace

int as_command(std::vector<std::string> arguments, RunState& state) {
  const std::string name = arguments.empty() ? "" : arguments.front();
  if (name == "--help" || name == "-h") {
    print(page());
    return 0;
  }
  const Tool* tool = find_tool(name);
  if (!tool) refuse(name);
  arguments.erase(arguments.begin());
  try {
    return tool->run(std::move(arguments), state);
  } catch (UsageError& error) {
    if (error.help == UsageError("").help) error.help = fmt::format("skbtrail as {} --help", name);
    throw;
  }
}

bool behaves_as(std::string_view program, std::vector<std::string>& arguments) {
  const std::string_view name = program.substr(program.rfind('/') + 1);  // npos + 1 is 0
  if (!find_tool(name) && std::find(std::begin(kLater), std::end(kLater), name) == std::end(kLater)) return false;
  arguments.insert(arguments.begin(), {"as", std::string(name)});
  return true;
}

}  // namespace skbtrail::cli
