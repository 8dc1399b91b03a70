// `skbtrail as perf`: its subcommands, of which `list` is here.
#include <fmt/format.h>

#include <algorithm>

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
  return text;
}

}  // namespace

ToolIntent parse_perf(std::vector<std::string> arguments) {
  const std::string word = arguments.empty() ? "" : arguments.front();
  if (word == "-h" || word == "--help") return {.page = kToolHelp};
  const std::string near = text::nearest(word, {"trace", "list"});
  if (word.empty()) throw UsageError("perf: requires a subcommand: trace or list");
  if (word != "trace" && word != "list")
    throw UsageError(fmt::format("perf: unknown subcommand '{}'{}", word,
                                 near.empty() ? "; allowed: trace, list" : "; did you mean " + near + "?"));
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
