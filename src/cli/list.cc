#include "cli/list.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/command_line.h"
#include "cli/list_reasons.h"
#include "cli/options.h"
#include "cli/standard_streams.h"
#include "kernel/btf.h"
#include "kernel/devices.h"
#include "kernel/nft_program.h"
#include "kernel/tracefs.h"
#include "probe/catalog.h"
#include "probe/probe_name.h"
#include "run/empty_fields.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail list [-v] [PATTERN ...]
       skbtrail list --reasons [-o json] [NAME ...]

Prints what can be traced on this kernel: tracepoints, GROUP:NAME, loaded XDP
and tc programs, bpf:NAME (CAP_SYS_ADMIN), and functions with an skb or a
socket, as -t takes them. Those marked skb have a packet. A pattern is a name,
a group with a colon, or a shell glob of either: kfree_skb, 'net:*', 'tcp_*'.

  -v, --verbose   also what each hands out, how it is traced, the functions
                  that cannot be traced here, with the reason, and fields
                  that are unknown because this kernel lacks their types
  --tracepoints   only those
  --functions     only those
  --reasons       why the kernel drops packets: what each reason means; with
                  names or globs all of it, causes and commands; no root
  -o json         of --reasons: one object a line
  -h, --help      this text

  skbtrail list 'net:*'           one group of tracepoints
  skbtrail list 'bpf:*'           XDP and tc programs, and why one cannot be
                                  traced
  skbtrail list -v kfree_skb      the fields of one tracepoint
  skbtrail list -v ip_rcv_core    can it be traced, and if not, why
  skbtrail list --reasons NO_SOCKET 'IP_*'    why, and what to look at
)";

struct ListOptions {
  std::vector<std::string> patterns;
  bool verbose = false;
  bool tracepoints = false, functions = false;  // only these
  bool reasons = false;
  std::string output;
  bool help = false;
};

void check(const ListOptions& raw) {
  if (!raw.output.empty() && !raw.reasons) throw UsageError("list: --output requires --reasons");
  if (!raw.output.empty() && raw.output != "json")
    throw UsageError(fmt::format("list: --output: unknown layout '{}'; allowed: json", raw.output));
  if (raw.reasons && (raw.tracepoints || raw.functions))
    throw UsageError("list: --reasons and --tracepoints or --functions are mutually exclusive");
}

ListOptions parse(std::vector<std::string> arguments) {
  ListOptions raw;
  CLI::App app;
  app.set_help_flag();
  app.add_option("pattern", raw.patterns);
  app.add_flag("-v,--verbose", raw.verbose);
  app.add_flag("--tracepoints", raw.tracepoints);
  app.add_flag("--functions", raw.functions);
  app.add_flag("--reasons", raw.reasons);
  app.add_option("-o,--output", raw.output);
  app.add_flag("-h,--help", raw.help);
  app.allow_extras();
  parse_command_line(app, std::move(arguments), "list");
  if (const auto extra = app.remaining(); !extra.empty()) refuse_option(app, extra.front(), "list");
  check(raw);
  return raw;
}

bool is_named(const std::string& full_name, const std::string& pattern) {
  const auto colon = full_name.find(':');
  const bool grouped = colon != std::string::npos;
  return probe::names_probe(pattern, grouped ? full_name.substr(0, colon) : "",
                            grouped ? full_name.substr(colon + 1) : full_name);
}

void refuse_unused(const std::vector<std::string>& patterns, const std::vector<bool>& used,
                   const std::vector<std::string>& names) {
  for (size_t i = 0; i < patterns.size(); i++) {
    if (used[i]) continue;
    const std::string hint = text::did_you_mean(patterns[i], names, "", "'");
    if (probe::is_program_word(patterns[i]))
      throw UsageError(fmt::format("list: '{}' matches no XDP or tc program that is loaded{}", patterns[i], hint));
    throw UsageError(fmt::format("list: '{1}' matches no tracepoint{0} of this kernel{2}",
                                 patterns[i].find(':') == std::string::npos ? " and no function with an skb" : "",
                                 patterns[i], hint));
  }
}

// As in C, without the names of arguments.
std::string details(const probe::Candidate& candidate, const std::string& obstacle_of_all) {
  const auto& function = candidate.function;
  std::string text = "    ";
  if (!obstacle_of_all.empty())
    text += "cannot be traced: " + obstacle_of_all;
  else if (!candidate.obstacle.empty())
    text += "cannot be traced: " + candidate.obstacle;
  else if (!candidate.copy.empty())
    text += fmt::format("traced at {}, its only code", candidate.copy);
  else
    text += "traced at its entry";
  if (function.module != "vmlinux") text += "; of the module " + function.module;
  if (candidate.addresses.size() > 1) text += fmt::format("; at {} addresses", candidate.addresses.size());
  if (function.has_skb()) text += fmt::format("\n    its skb is argument {}", function.skb_at + 1);
  return text + fmt::format("\n    returns {}\n", function.result.name);
}

std::string function_page(probe::Functions& functions, const std::vector<std::string>& names, bool verbose) {
  std::string text;
  for (const auto& name : names) {
    const auto* candidate = functions.find(name);
    if (!candidate || (!verbose && !candidate->obstacle.empty())) continue;
    text += candidate->function.has_skb() ? name + "  skb\n" : name + "  sock\n";
    if (verbose) text += details(*candidate, functions.obstacle());
  }
  return text;
}

std::string how(const probe::Probe& probe) {
  if (!probe.typed) return "by its event alone: no device, no namespace";
  if (probe.has_perf_event()) return "by its arguments, and its event for what it hands out";
  return "by its arguments, which BTF names; it has no format file that could be read";
}

std::string details(const probe::Probe& probe) {
  std::string text =
      fmt::format("    traced {}{}\n", how(probe), probe.module == "vmlinux" ? "" : "; of the module " + probe.module);
  if (probe.has_skb() && probe.config.skb_not_owned)
    text += "    the skb has been handed on: the packet is not looked at\n";
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

// ", on vb, vc" of an XDP program.
std::string devices_of(const kernel::BpfProgram& program, const std::vector<kernel::Link>& links) {
  std::string text;
  for (const auto& link : links)
    if (std::find(link.xdp_programs.begin(), link.xdp_programs.end(), program.id) != link.xdp_programs.end())
      text += (text.empty() ? "  on " : ", ") + link.name;
  return text;
}

// Each with its kind and number, the devices of those of XDP, and why it cannot be traced.
std::string program_page(probe::Programs& programs, const std::vector<std::string>& names) {
  size_t width = 0;
  for (const auto& name : names) width = std::max(width, name.size());
  const auto links = names.empty() ? std::vector<kernel::Link>() : kernel::links_with_xdp();
  std::string text;
  for (const auto& known : programs.all()) {
    if (std::find(names.begin(), names.end(), known.name) == names.end()) continue;
    const auto& [id, type, name, obstacle] = known.program;
    text += fmt::format("{:<{}}  {:<8}  id {}", known.name, width, known.program.kind(), id);
    text += devices_of(known.program, links);
    if (!obstacle.empty()) text += "  cannot be traced: " + obstacle;
    text += '\n';
  }
  return text;
}

// Those that the patterns choose. Without a pattern what the kernel does not list is not asked for.
std::vector<std::string> chosen_programs(probe::Programs& programs, const std::vector<std::string>& patterns,
                                         std::vector<bool>& used, std::vector<std::string>& all) {
  for (const auto& known : programs.all()) all.push_back(known.name);
  const auto asks = [](const std::string& pattern) { return probe::is_program_word(pattern); };
  const bool asked = std::any_of(patterns.begin(), patterns.end(), asks);
  if (asked && !programs.obstacle().empty())
    tell(message(fmt::format("BPF programs cannot be traced: {}", programs.obstacle())));
  if (asked && all.empty() && programs.obstacle().empty()) tell(message("no XDP or tc program is loaded"));
  for (size_t i = 0; i < patterns.size(); i++)
    if (asks(patterns[i]) && all.empty()) used[i] = true;
  std::vector<std::string> found;
  if (patterns.empty()) found = all;
  for (size_t i = 0; i < patterns.size(); i++)
    for (const auto* known : programs.named(patterns[i])) {
      used[i] = true;
      if (std::find(found.begin(), found.end(), known->name) == found.end()) found.push_back(known->name);
    }
  return found;
}

}  // namespace

int list_command(std::vector<std::string> arguments, RunState&) {
  const ListOptions raw = parse(std::move(arguments));
  if (raw.help) {
    print(kHelp);
    return 0;
  }
  if (raw.reasons) {
    print(raw.output.empty() ? reasons_page(raw.patterns) : reasons_json(raw.patterns));
    return 0;
  }
  const auto btf = kernel::Btf::of_kernel();
  probe::Catalog catalog(
      btf, [] { return std::make_unique<kernel::Tracefs>(); }, probe::Functions::of_kernel(),
      probe::Prefer::tracepoints, nullptr, kernel::bpf_programs_of_kernel);
  const bool both = raw.tracepoints == raw.functions;
  std::vector<std::string> tracepoints, functions, programs;
  if (both || raw.tracepoints) tracepoints = catalog.names();
  if (both || raw.functions)
    for (const auto& candidate : catalog.functions().all()) functions.push_back(candidate.function.name);
  std::vector<bool> used(raw.patterns.size(), false);
  const auto wanted_tracepoints = chosen_names(tracepoints, raw.patterns, is_named, used);
  const auto wanted_functions = chosen_names(functions, raw.patterns, is_named, used);
  const auto wanted_programs =
      both ? chosen_programs(catalog.programs(), raw.patterns, used, programs) : std::vector<std::string>();
  for (size_t i = 0; i < used.size(); i++) {
    if (probe::is_program_word(raw.patterns[i])) continue;
    const std::string reason = used[i] ? "" : catalog.functions().why_unknown(raw.patterns[i]);
    if (reason.empty()) continue;
    tell(message(fmt::format("{} cannot be traced: {}", raw.patterns[i], reason)));
    used[i] = true;
  }
  auto all = tracepoints;
  all.insert(all.end(), functions.begin(), functions.end());
  all.insert(all.end(), programs.begin(), programs.end());
  refuse_unused(raw.patterns, used, all);
  if (!catalog.no_events().empty() && !wanted_tracepoints.empty())
    tell(message(fmt::format("groups and format files are not shown: {}", catalog.no_events())));
  if (raw.verbose)
    for (const auto& note : run::empty_fields(UINT32_MAX, btf)) tell(message(note));
  if (raw.verbose && !kernel::has_nft())
    tell(message("rule_text is unknown: there is no program nft (nftables), which tells the text of a rule"));
  const bool possible = wanted_functions.empty() || catalog.functions().obstacle().empty();
  if (!possible) tell(message(fmt::format("functions cannot be traced: {}", catalog.functions().obstacle())));
  print(page(catalog, wanted_tracepoints, raw.verbose) + program_page(catalog.programs(), wanted_programs) +
        (possible || raw.verbose ? function_page(catalog.functions(), wanted_functions, raw.verbose) : ""));
  return 0;
}

}  // namespace skbtrail::cli
