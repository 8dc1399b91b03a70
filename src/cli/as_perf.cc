// `skbtrail as perf`: its subcommands, of which `list` is here.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/tool_intent.h"
#include "cli/trace.h"
#include "kernel/btf.h"
#include "kernel/tracefs.h"
#include "probe/catalog.h"
#include "text/glob.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kToolHelp = R"(usage: skbtrail as perf trace [OPTIONS] [[--] COMMAND ARG ...]
       skbtrail as perf list [PATTERN ...]

Behaves as perf does with tracepoints; 'skbtrail as perf trace --help' and
'skbtrail as perf list --help' say more.
)";

constexpr const char* kListHelp = R"(usage: skbtrail as perf list [PATTERN ...]

Prints the tracepoints of this kernel as perf list does. A pattern is a glob of
GROUP:NAME, or a part of a name: 'net:*', skb, '*:*xmit*'.
)";

bool is_named(const std::string& name, const std::string& pattern) {
  if (pattern == "tracepoint") return true;
  const std::string glob = pattern.find(':') == std::string::npos ? "*" + pattern + "*" : pattern;
  return text::matches_glob(glob, name);
}

std::string list(const std::vector<std::string>& patterns) {
  for (const auto& word : patterns) {
    if (word == "-h" || word == "--help") return kListHelp;
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
  std::vector<bool> used(patterns.size());
  std::string text = "\nList of pre-defined events (to be used in -e):\n\n";
  for (const auto& name : chosen_names(names, patterns, is_named, used))
    text += fmt::format("  {:<50} [Tracepoint event]\n", name);
  if (const auto unused = std::find(used.begin(), used.end(), false); unused != used.end()) {
    const auto& pattern = patterns[static_cast<size_t>(unused - used.begin())];
    throw UsageError(fmt::format("perf list: '{}' matches no tracepoint of this kernel{}", pattern,
                                 text::did_you_mean(pattern, names, "", "'")));
  }
  return text;
}

}  // namespace

ToolIntent parse_perf(std::vector<std::string> arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "-h" || word == "--help") return {.page = kToolHelp};
  if (word.empty()) throw UsageError("perf: requires a subcommand: trace or list");
  if (word != "trace" && word != "list")
    throw UsageError(fmt::format("perf: unknown subcommand '{}'{}", word,
                                 text::did_you_mean(word, {"trace", "list"}, "; allowed: trace, list")));
  arguments.erase(arguments.begin());
  try {
    if (word == "list") return {.page = list(arguments)};
    return parse_perf_trace(std::move(arguments));
  } catch (UsageError& error) {
    error.help = fmt::format("skbtrail as perf {} --help", word);
    throw;
  }
}

}  // namespace skbtrail::cli
