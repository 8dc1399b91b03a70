// `skbtrail as nettrace`: nettrace (github.com/OpenCloudOS/nettrace), with its words and its lines. Where it differs by
// intent, docs/compatibility.md tells why.
//
// What a newcomer gets wrong: its `all` is the whole tree of tracers, and not every function with an skb, which is what
// `all` is to trace. So the groups below the root are handed on instead.

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

)";
constexpr const char* kExamples = R"(
  skbtrail as nettrace -p icmp --addr 10.35.13.63 --detail
  skbtrail as nettrace -t napi_gro_receive,ip -p tcp --dport 80
  skbtrail as nettrace -p icmp --addr 192.168.122.8 --timeline --skb-mode
)";

constexpr ToolOption kOptions[] = {
    {"-s,--saddr", Takes::value, "IP source address", "A", "--saddr"},
    {"-d,--daddr", Takes::value, "IP destination address", "A", "--daddr"},
    {"--addr", Takes::value, "IP source or destination address", "A", "--addr"},
    {"-p,--proto", Takes::value, "protocol, in lower case: ip, arp, tcp, udp, icmp, ...", "P", "--proto"},
    {"--sport", Takes::value, "TCP or UDP source port", "N", "--sport"},
    {"--dport", Takes::value, "TCP or UDP destination port", "N", "--dport"},
    {"--port", Takes::value, "TCP or UDP source or destination port", "N", "--port"},
    {"-t,--tracer", Takes::list,
     "tracers: groups of the tree, functions, tracepoints; '?' prints the tree. By default all", "LIST"},
    {"--detail", Takes::nothing, "also skb, device, task and the tracer of each line"},
    {"--ret", Takes::nothing, "also when functions return, with the value"},
    {"--stack", Takes::nothing, "also the call path"},
    {"--stack-tracer,--stack_tracer", Takes::list, "the call path of these tracers", "LIST"},
    {"--force-stack,--force_stack", Takes::nothing, "--stack together with all tracers"},
    {"--timeline", Takes::nothing,
     "the lines of a packet and its clones together, when it is freed; 1 s after its end where that is not seen"},
    {"--skb-mode,--skb_mode", Takes::nothing,
     "shown is what matched once, at every step, though its addresses or ports change; implied by --timeline where "
     "the kernel can"},
    {"-c,--count", Takes::value, "stop after N lines, with --timeline after N packets", "N", "--count"},
    {"-v,--verbose", Takes::nothing, "also what is traced and skipped, and the summary", "", "--verbose"},
    {"--tracers", Takes::list, "a tracer.json of nettrace in place of the tree, or tracers of your own over it (YAML)",
     "FILE"},
};

// What nettrace has and this has not.
constexpr UnsupportedOption kMissing[] = {
    {"--tcp-flags", "'skbtrail --tcp-flags syn,!ack' has them"},
};

constexpr Tool kTool{.name = "nettrace",
                     .help = kHelp,
                     .examples = kExamples,
                     .options = kOptions,
                     .missing = kMissing,
                     .instead = "conditions are options here: -p tcp --port 80",
                     .layout = "nettrace",
                     .fields = "skb,ifname,pid,packet"};

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
    throw UsageError(fmt::format("nettrace: unknown tracer '{}'{}", word,
                                 text::did_you_mean(word, tree.words(), "; -t '?' prints them")));
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

run::Follow follow(const ToolWords& words) {
  if (words.has("--skb-mode")) return run::Follow::always;
  // A block is one packet's for sure where the kernel side follows it.
  return words.has("--timeline") ? run::Follow::automatic : run::Follow::never;
}

}  // namespace

ToolIntent parse_nettrace(std::vector<std::string> arguments) {
  const ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = words.page()};
  auto tree = std::make_shared<probe::TracerTree>(make_tree(words.list("--tracers")));
  auto tracers = words.parts("--tracer");
  if (std::find(tracers.begin(), tracers.end(), "?") != tracers.end()) return {.page = page(*tree)};
  auto stack_at = words.parts("--stack-tracer");
  check_groups(*tree, tracers);
  check_groups(*tree, stack_at);
  const bool all = tracers.empty() || std::find(tracers.begin(), tracers.end(), "all") != tracers.end();
  refuse_stack_of_all(words, all);
  if (all) tracers = whole_tree(*tree);

  const bool has_stack = words.has("--stack") || !stack_at.empty();
  auto options = words.parse(has_stack ? std::vector<std::string>{"--stack"} : std::vector<std::string>{});
  options.probes.tracers = std::move(tracers);
  if (!stack_at.empty()) options.sections.stack_at = std::move(stack_at);
  options.display.detail = words.has("--detail");
  options.probes.returns = words.has("--ret");
  options.trails.shown = words.has("--timeline");
  options.following.mode = follow(words);
  // The value is the clone, whose lines are in the same block.
  if (options.trails.shown) options.probes.returns_of = {"skb_clone"};
  options.probes.functions_alone = !all;
  options.probes.usual_tracers = all;
  options.probes.tree = std::move(tree);
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
