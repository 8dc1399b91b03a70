// `skbtrail as nettrace`: nettrace (github.com/OpenCloudOS/nettrace), with its words and its lines. Where it differs by
// intent, docs/compatibility.md tells why.
//
// What a newcomer gets wrong: its `all` is the whole tree of tracers, and not every function with an skb, which is what
// `all` is to trace. So the groups below the root are handed on in its place.

#include <fmt/format.h>

#include <algorithm>

#include "cli/tool_intent.h"
#include "cli/tool_words.h"
#include "probe/nettrace_json.h"
#include "probe/tracer_files.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail as nettrace [OPTIONS]

Prints each function and tracepoint that a packet crosses, as nettrace does:
as it comes there, or with --timeline each packet by itself.

  -s, --saddr A         IP source address
  -d, --daddr A         IP destination address
  --addr A              IP source or destination address
  -p, --proto P         protocol, in lower case: ip, arp, tcp, udp, icmp, ...
  --sport N             TCP or UDP source port
  --dport N             TCP or UDP destination port
  --port N              TCP or UDP source or destination port
  -t, --tracer LIST     tracers: groups of the tree, functions, tracepoints;
                        '?' prints the tree. By default all
  --detail              also skb, device, task and the tracer of each line
  --ret                 also when functions return, with the value
  --stack               also the call path
  --stack-tracer LIST   the call path of these tracers
  --force-stack         --stack together with all tracers
  --timeline            the lines of a packet and its clones together, when it
                        is freed; 1 s after its end where that is not seen
  --skb-mode            shown is what matched once, at every step, though its
                        addresses or ports change; implied by --timeline where
                        the kernel can
  -c, --count N         stop after N lines, with --timeline after N packets
  -v, --verbose         also what is traced and skipped, and the summary
  -h, --help            this text
  --tracers FILE        a tracer.json of nettrace in place of the tree, or
                        tracers of your own over it (YAML)

  skbtrail as nettrace -p icmp --addr 10.35.13.63 --detail
  skbtrail as nettrace -t napi_gro_receive,ip -p tcp --dport 80
  skbtrail as nettrace -p icmp --addr 192.168.122.8 --timeline --skb-mode
)";

constexpr ToolOption kOptions[] = {
    {"-s,--saddr", Takes::value, "--saddr"},
    {"-d,--daddr", Takes::value, "--daddr"},
    {"--addr", Takes::value, "--addr"},
    {"-p,--proto", Takes::value, "--proto"},
    {"--sport", Takes::value, "--sport"},
    {"--dport", Takes::value, "--dport"},
    {"--port", Takes::value, "--port"},
    {"-c,--count", Takes::value, "--count"},
    {"-v,--verbose", Takes::nothing, "--verbose"},
    {"-t,--tracer", Takes::list},
    {"--stack-tracer,--stack_tracer", Takes::list},
    {"--tracers", Takes::list},
    {"--detail", Takes::nothing},
    {"--stack", Takes::nothing},
    {"--ret", Takes::nothing},
    {"--timeline", Takes::nothing},
    {"--skb-mode,--skb_mode", Takes::nothing},
    {"--force-stack,--force_stack", Takes::nothing},
};

// What nettrace has and this has not.
constexpr UnsupportedOption kMissing[] = {
    {"--tcp-flags", "'skbtrail --tcp-flags syn,!ack' has them"},
};

constexpr Tool kTool{"nettrace", kOptions, kMissing, Rest::none, "conditions are options here: -p tcp --port 80"};

probe::TracerTree make_tree(const std::vector<std::string>& files) {
  const auto json = std::find_if(files.begin(), files.end(), [](const auto& file) { return file.ends_with(".json"); });
  if (json != files.end() && files.size() > 1)
    throw UsageError("nettrace: --tracers: a tracer.json is a whole tree, and cannot be combined with other files");
  try {
    if (json == files.end()) return probe::load_tracer_tree(probe::tracer_folders(), files);
    return probe::TracerTree(probe::read_nettrace_json(probe::read_tracer_file(*json), *json));
  } catch (const probe::TracerFileError& error) {
    throw UsageError(error.what());
  }
}

// As the original prints it.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree
std::string tree_page(const probe::TracerGroup& group, const std::string& indent = "") {
  std::string page = fmt::format("{}{}: {}\n", indent, group.name, group.meaning);
  for (const auto& tracer : group.tracers) {
    const std::string& name = tracer.names.front();
    page += fmt::format("{}    {}\n", indent, name.substr(name.find(':') + 1));  // npos + 1 is 0
  }
  for (const auto& inner : group.groups) page += tree_page(inner, indent + "    ");
  return page;
}

std::string page(const probe::TracerTree& tree) {
  const std::string line(51, '-');
  return fmt::format("available tracer:\n{}\n\n{}\n{}\n", line, tree_page(tree.root()), line);
}

// Only a group has a '-' in its name; anything else may be a function of this kernel, which trace finds out.
void check_groups(const probe::TracerTree& tree, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word.find('-') == std::string::npos || !tree.find(word).empty()) continue;
    const std::string near = text::nearest(word, tree.words());
    throw UsageError(fmt::format("nettrace: unknown tracer '{}'{}", word,
                                 near.empty() ? "; -t '?' prints them" : "; did you mean " + near + "?"));
  }
}

// `all` to what it is in the tree.
std::vector<std::string> whole_tree(const probe::TracerTree& tree) {
  std::vector<std::string> words;
  for (const auto& tracer : tree.root().tracers) words.push_back(tracer.names.front());
  for (const auto& group : tree.root().groups) words.push_back(group.name);
  return words;
}

void refuse_stack_of_all(const ToolWords& words, bool all) {
  if (!words.has("--stack") || !all || words.has("--force-stack") || words.has("--stack-tracer")) return;
  throw UsageError(
      "nettrace: --stack with all tracers slows the host down; choose some with -t or --stack-tracer, or "
      "insist with --force-stack");
}

std::vector<std::string> trace_arguments(const ToolWords& words, const std::vector<std::string>& tracers,
                                         const std::vector<std::string>& stack_at) {
  std::vector<std::string> line;
  for (const auto& tracer : tracers) line.insert(line.end(), {"--tracer", tracer});
  if (!stack_at.empty())
    line.push_back(fmt::format("--stack={}", fmt::join(stack_at, ",")));
  else if (words.has("--stack"))
    line.emplace_back("--stack");
  return line;
}

run::Follow follow(const ToolWords& words) {
  if (words.has("--skb-mode")) return run::Follow::always;
  // A block is one packet's for sure where the kernel side follows it.
  return words.has("--timeline") ? run::Follow::automatic : run::Follow::never;
}

}  // namespace

ToolIntent parse_nettrace(std::vector<std::string> arguments) {
  const ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = std::string(kHelp) + kOwnHelp};
  auto tree = std::make_shared<probe::TracerTree>(make_tree(words.list("--tracers")));
  auto tracers = words.parts("--tracer");
  if (std::find(tracers.begin(), tracers.end(), "?") != tracers.end()) return {.page = page(*tree)};
  const auto stack_at = words.parts("--stack-tracer");
  check_groups(*tree, tracers);
  check_groups(*tree, stack_at);
  const bool all = tracers.empty() || std::find(tracers.begin(), tracers.end(), "all") != tracers.end();
  refuse_stack_of_all(words, all);
  if (all) tracers = whole_tree(*tree);

  auto options = words.parse(trace_arguments(words, tracers, stack_at));
  options.display.layout = &output::layout_named("nettrace");
  options.display.detail = words.has("--detail");
  options.probes.returns = words.has("--ret");
  options.trails.shown = words.has("--timeline");
  options.following.mode = follow(words);
  // The value is the clone, whose lines are in the same block.
  if (options.trails.shown) options.probes.returns_of = {"skb_clone"};
  options.probes.functions_alone = !all;
  options.probes.tree = std::move(tree);
  options.display.fields =
      event::choose_fields(options.sections.stack ? "skb,ifname,pid,packet,stack" : "skb,ifname,pid,packet", {});
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
