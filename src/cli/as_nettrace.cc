// `skbtrail as nettrace`: the plain mode of nettrace (github.com/OpenCloudOS/nettrace), with its words and its lines.
//
// What a newcomer gets wrong: its `all` is the whole tree of tracers, and not every function with an skb, which is what
// `all` is to trace. So the groups below the root are handed on in its place.
#include "cli/as_nettrace.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/as.h"
#include "cli/command_line.h"
#include "cli/standard_streams.h"
#include "cli/trace.h"
#include "probe/nettrace_json.h"
#include "probe/tracer_files.h"
#include "text/nearest.h"

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(usage: skbtrail as nettrace [OPTIONS]

Prints each function and tracepoint that a packet crosses, as nettrace does.

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
  -c, --count N         stop after N lines
  -v, --verbose         also what is traced and skipped, and the summary
  -h, --help            this text
Of skbtrail:
  --tracers FILE        a tracer.json of nettrace in place of the tree, or
                        tracers of your own over it (YAML)
  --output-file FILE    lines to a file
  --ready-file FILE     is made once everything is attached
  --duration T          stop after this time
  --buffer SIZE         of all rings
  --strict              status 3 if an event was lost

  skbtrail as nettrace -p icmp --addr 10.35.13.63 --detail
  skbtrail as nettrace -t napi_gro_receive,ip -p tcp --dport 80
)";

struct RawOptions {
  // Handed on as they are, with the option of trace.
  std::string saddr, daddr, addr, proto, sport, dport, port, count, output, ready_file, duration, buffer;
  std::vector<std::string> tracer, stack_tracer, tracers;
  bool verbose = false, detail = false, stack = false, ret = false, force_stack = false, strict = false, help = false;
};

// What nettrace has and this has not.
constexpr UnsupportedOption kMissing[] = {
    {"--timeline", "lines come as the kernel hits them"},
    {"--skb-mode", "each event is judged by the filter alone"},
    {"--tcp-flags", "'skbtrail --tcp-flags syn,!ack' has them"},
};

void declare(CLI::App& app, RawOptions& raw) {
  app.set_help_flag();
  const std::pair<const char*, std::string*> values[] = {
      {"-s,--saddr", &raw.saddr},     {"-d,--daddr", &raw.daddr},
      {"--addr", &raw.addr},          {"-p,--proto", &raw.proto},
      {"--sport", &raw.sport},        {"--dport", &raw.dport},
      {"--port", &raw.port},          {"-c,--count", &raw.count},
      {"--output-file", &raw.output}, {"--ready-file", &raw.ready_file},
      {"--duration", &raw.duration},  {"--buffer", &raw.buffer},
  };
  for (const auto& [names, target] : values) app.add_option(names, *target);
  const std::pair<const char*, std::vector<std::string>*> lists[] = {
      {"-t,--tracer", &raw.tracer},
      {"--stack-tracer,--stack_tracer", &raw.stack_tracer},
      {"--tracers", &raw.tracers},
  };
  for (const auto& [names, target] : lists) app.add_option(names, *target)->allow_extra_args(false);
  const std::pair<const char*, bool*> flags[] = {
      {"-v,--verbose", &raw.verbose}, {"--detail", &raw.detail},
      {"--stack", &raw.stack},        {"--ret", &raw.ret},
      {"--strict", &raw.strict},      {"--force-stack,--force_stack", &raw.force_stack},
      {"-h,--help", &raw.help},
  };
  for (const auto& [names, target] : flags) app.add_flag(names, *target);
}

[[noreturn]] void refuse(const CLI::App& app, const std::string& word) {
  if (!word.starts_with("-"))
    throw UsageError(
        fmt::format("nettrace: unexpected argument '{}'; conditions are options here: -p tcp --port 80", word));
  refuse_option(app, word, "nettrace", kMissing);
}

RawOptions parse(std::vector<std::string> arguments) {
  RawOptions raw;
  CLI::App app;
  declare(app, raw);
  app.allow_extras();
  parse_command_line(app, std::move(arguments), "nettrace");
  if (const auto extra = app.remaining(); !extra.empty()) refuse(app, extra.front());
  return raw;
}

probe::TracerTree make_tree(const RawOptions& raw) {
  try {
    std::vector<std::string> files;
    for (const auto& file : raw.tracers) {
      if (!file.ends_with(".json")) {
        files.push_back(file);
        continue;
      }
      if (raw.tracers.size() > 1)
        throw UsageError("nettrace: --tracers: a tracer.json is a whole tree, and cannot be combined with other files");
      return probe::TracerTree(probe::read_nettrace_json(probe::read_tracer_file(file), file));
    }
    return probe::load_tracer_tree(probe::tracer_folders(), files);
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

void refuse_stack_of_all(const RawOptions& raw, bool all) {
  if (!raw.stack || !all || raw.force_stack || !raw.stack_tracer.empty()) return;
  throw UsageError(
      "nettrace: --stack with all tracers slows the host down; choose some with -t or --stack-tracer, or "
      "insist with --force-stack");
}

std::vector<std::string> trace_arguments(const RawOptions& raw, const std::vector<std::string>& tracers,
                                         const std::vector<std::string>& stack_at) {
  std::vector<std::string> line;
  for (const auto& word : tracers) line.insert(line.end(), {"--tracer", word});
  const std::pair<const char*, const std::string*> values[] = {
      {"--saddr", &raw.saddr},        {"--daddr", &raw.daddr},
      {"--addr", &raw.addr},          {"--proto", &raw.proto},
      {"--sport", &raw.sport},        {"--dport", &raw.dport},
      {"--port", &raw.port},          {"--count", &raw.count},
      {"--output-file", &raw.output}, {"--ready-file", &raw.ready_file},
      {"--duration", &raw.duration},  {"--buffer", &raw.buffer},
  };
  for (const auto& [option, value] : values)
    if (!value->empty()) line.insert(line.end(), {option, *value});
  if (!stack_at.empty())
    line.push_back(fmt::format("--stack={}", fmt::join(stack_at, ",")));
  else if (raw.stack)
    line.emplace_back("--stack");
  if (raw.strict) line.emplace_back("--strict");
  if (raw.verbose) line.emplace_back("--verbose");
  return line;
}

}  // namespace

NettraceIntent parse_nettrace_options(std::vector<std::string> arguments) {
  const RawOptions raw = parse(std::move(arguments));
  NettraceIntent intent;
  if (raw.help) {
    intent.page = kHelp;
    return intent;
  }
  auto tree = std::make_shared<probe::TracerTree>(make_tree(raw));
  auto tracers = split_lists(raw.tracer);
  if (std::find(tracers.begin(), tracers.end(), "?") != tracers.end()) {
    intent.page = page(*tree);
    return intent;
  }
  const auto stack_at = split_lists(raw.stack_tracer);
  check_groups(*tree, tracers);
  check_groups(*tree, stack_at);
  const bool all = tracers.empty() || std::find(tracers.begin(), tracers.end(), "all") != tracers.end();
  refuse_stack_of_all(raw, all);
  if (all) tracers = whole_tree(*tree);

  intent.options = parse_trace_options(trace_arguments(raw, tracers, stack_at));
  intent.options.layout = &output::layout_named("nettrace");
  intent.options.detail = raw.detail;
  intent.options.returns = raw.ret;
  intent.options.functions_alone = !all;
  intent.options.tree = std::move(tree);
  const bool stacks = raw.stack || !stack_at.empty();
  intent.options.fields = event::choose_fields(stacks ? "skb,ifname,pid,packet,stack" : "skb,ifname,pid,packet", {});
  return intent;
}

int as_nettrace(std::vector<std::string> arguments, RunState& state) {
  const NettraceIntent intent = parse_nettrace_options(std::move(arguments));
  if (intent.page.empty()) return run_options(intent.options, state);
  print(intent.page);
  return 0;
}

}  // namespace skbtrail::cli
