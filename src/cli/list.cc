#include "cli/list.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/options.h"
#include "cli/standard_streams.h"
#include "kernel/btf.h"
#include "kernel/tracefs.h"
#include "probe/catalog.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail list [-v] [PATTERN ...]

Prints the tracepoints that can be traced on this kernel: GROUP:NAME, as -t
takes them. Those marked skb hand out a packet. A pattern is a name, a group
with a colon, or a shell glob of either: kfree_skb, 'net:*', '*sock*'.

  -v, --verbose   also what each hands out, and how it is traced
  -h, --help      this text

  skbtrail list 'net:*'           one group
  skbtrail list -v kfree_skb      the fields of one tracepoint
)";

struct Words {
  std::vector<std::string> patterns;
  bool verbose = false;
  bool help = false;
};

Words understand(std::vector<std::string> arguments) {
  Words words;
  CLI::App app;
  app.set_help_flag();
  app.add_option("pattern", words.patterns);
  app.add_flag("-v,--verbose", words.verbose);
  app.add_flag("-h,--help", words.help);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError&) {
    const auto option =
        std::find_if(arguments.rbegin(), arguments.rend(), [](const auto& a) { return a.starts_with('-'); });
    throw UsageError(fmt::format("list: there is no option {}; 'skbtrail list --help' has them all",
                                 option == arguments.rend() ? "''" : *option));
  }
  return words;
}

bool is_named(const std::string& full_name, const std::string& pattern) {
  const auto colon = full_name.find(':');
  const bool whole = pattern.find(':') != std::string::npos || colon == std::string::npos;
  return fnmatch(pattern.c_str(), full_name.c_str() + (whole ? 0 : colon + 1), 0) == 0;
}

// The names that one of the patterns chooses; all without a pattern.
std::vector<std::string> chosen(const std::vector<std::string>& names, const std::vector<std::string>& patterns) {
  if (patterns.empty()) return names;
  std::vector<bool> wanted(names.size(), false);
  for (const auto& pattern : patterns) {
    bool any = false;
    for (size_t i = 0; i < names.size(); i++) {
      if (!is_named(names[i], pattern)) continue;
      any = wanted[i] = true;
    }
    if (any) continue;
    const std::string near = text::nearest(pattern, names);
    throw UsageError(fmt::format("list: no tracepoint of this kernel is called '{}'{}", pattern,
                                 near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  std::vector<std::string> found;
  for (size_t i = 0; i < names.size(); i++)
    if (wanted[i]) found.push_back(names[i]);
  return found;
}

std::string how(const probe::Probe& probe) {
  if (!probe.typed) return "by its event alone: no device, no namespace";
  if (probe.classic()) return "by its arguments, and its event for what it hands out";
  return "by its arguments, which BTF names; it has no format file that could be read";
}

std::string details(const probe::Probe& probe) {
  std::string text =
      fmt::format("    traced {}{}\n", how(probe), probe.module == "vmlinux" ? "" : "; of the module " + probe.module);
  if (probe.has_skb() && probe.places.skb_gone) text += "    the skb has been handed on: the packet is not looked at\n";
  for (const auto& field : probe.format->fields) {
    text += fmt::format("    {:<24} {}", field.name, field.type);
    const char* separator = ": ";
    for (const auto& [value, name] : field.names) {
      text += fmt::format("{}{} {}", separator, value, name);
      separator = ", ";
    }
    text += "\n";
  }
  return text;
}

std::string page(probe::Catalog& catalog, const std::vector<std::string>& names, bool verbose) {
  size_t width = 0;
  for (const auto& name : names) width = std::max(width, name.size());
  const auto has_skb = [&](const std::string& full_name) {
    const auto& all = catalog.with_skb();
    return std::any_of(all.begin(), all.end(), [&](const auto& probe) {
      return full_name.ends_with(probe.name) &&
             (full_name.size() == probe.name.size() || full_name[full_name.size() - probe.name.size() - 1] == ':');
    });
  };
  std::string text;
  for (const auto& name : names) {
    text += has_skb(name) ? fmt::format("{:<{}}  skb\n", name, width) : name + "\n";
    if (!verbose) continue;
    const auto probe = catalog.probe(name);
    text += probe && probe->format ? details(*probe) : "    cannot be traced: its format file cannot be read\n";
  }
  return text;
}

}  // namespace

int list_command(std::vector<std::string> arguments, RunState& state) {
  (void)state;
  const Words words = understand(std::move(arguments));
  if (words.help) {
    print(kHelp);
    return 0;
  }
  const auto btf = kernel::Btf::of_kernel();
  probe::Catalog catalog(
      btf, [] { return std::make_unique<kernel::Tracefs>(); }, probe::Functions::of_kernel());
  const auto names = catalog.names();
  if (!catalog.no_events().empty())
    tell(fmt::format("skbtrail: groups and format files are not shown: {}\n", catalog.no_events()));
  print(page(catalog, chosen(names, words.patterns), words.verbose));
  return 0;
}

}  // namespace skbtrail::cli
