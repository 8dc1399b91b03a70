// `skbtrail as skbtracer`: skbtracer (github.com/DavadDi/skbtracer), with its words and its table. Where it differs by
// intent, docs/compatibility.md tells why.

#include <fmt/format.h>

#include "cli/tool_intent.h"
#include "cli/tool_words.h"

extern "C" const char skbtrail_skbtracer[];  // tool_trees.S

namespace skbtrail::cli {

namespace {

constexpr const char* kHelp = R"(examples:
skbtracer                                      # trace all packets
skbtracer --proto=icmp -H 1.2.3.4 --icmpid 22  # trace icmp packet with addr=1.2.3.4 and icmpid=22
skbtracer --proto=tcp  -H 1.2.3.4 -P 22        # trace tcp  packet with addr=1.2.3.4:22
skbtracer --proto=udp  -H 1.2.3.4 -P 22        # trace udp  packet wich addr=1.2.3.4:22
skbtracer -t -T -p 1 -P 80 -H 127.0.0.1 --proto=tcp --callstack --icmpid=100 -N 10000

Usage:
  skbtracer [flags]

Flags:
)";

// In the order and the words of the original.
constexpr ToolOption kOptions[] = {
    {"--callstack", Takes::nothing, "output kernel stack trace", "", "--stack"},
    {"-c,--catch-count", Takes::value, "catch and print count (default 1000)", "uint", "--count"},
    {"--dropstack", Takes::nothing, "output kernel stack trace when drop packet"},
    {"--gops", Takes::value, "serve counters over HTTP at [127.0.0.1:]PORT", "string"},
    {"-h,--help", Takes::nothing, "help for skbtracer"},
    {"--icmpid", Takes::value, "trace icmp id", "uint16", "--icmp-id"},
    {"-H,--ipaddr", Takes::value, "ip address", "string", "--addr"},
    {"--iptables", Takes::nothing, "output iptables path"},
    {"--keep", Takes::nothing, "keep trace packet all lifetime"},
    {"-N,--netns", Takes::value, "trace this Network Namespace only", "uint32", "--netns"},
    {"--noroute", Takes::nothing, "do not output route path"},
    {"-p,--pid", Takes::value, "trace this PID only", "uint32", "--pid"},
    {"-P,--port", Takes::value, "udp or tcp port", "uint16", "--port"},
    {"--proto", Takes::value, "tcp|udp|icmp|any", "string", "--proto"},
    {"-T,--time", Takes::nothing, "show HH:MM:SS timestamp (default true)"},
    {"-t,--timestamp", Takes::nothing, "show timestamp in seconds at us resolution"},
};

// As the original has it: "  -H, --ipaddr string      ip address".
std::string flag_line(std::string names, std::string_view value, std::string_view meaning) {
  names.insert(names.starts_with("--") ? 0 : names.find(',') + 1, names.starts_with("--") ? 4 : 1, ' ');
  return fmt::format("  {:<25}{}\n", fmt::format("{} {}", names, value), meaning);
}

constexpr Tool kTool{
    .name = "skbtracer",
    .help = kHelp,
    .options = kOptions,
    .line = flag_line,
    .instead = "flags say what to trace",
    .layout = "skbtracer",
    .fields = "netns,cpu_pid,cpu,ifname,eth_dst,packet,pkt_type,drop_reason,returned,table,hook,verdict",
    .own = std::span(kOwnOptions).subspan(1)};

std::vector<std::string> trace_arguments(const ToolWords& words) {
  std::vector<std::string> tracers;
  if (!words.has("--noroute")) tracers.emplace_back("route");
  if (words.has("--iptables")) tracers.emplace_back("iptables");
  if (words.has("--dropstack") || tracers.empty()) tracers.emplace_back("drops");
  std::vector<std::string> line{"--tracer", fmt::format("{}", fmt::join(tracers, ","))};
  if (!words.has("--catch-count")) line.insert(line.end(), {"--count", "1000"});
  if (words.has("--dropstack") && !words.has("--callstack")) line.emplace_back("--stack=kfree_skb");
  return line;
}

}  // namespace

ToolIntent parse_skbtracer(std::vector<std::string> arguments) {
  ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = words.page()};
  const std::string protocol = words.value("--proto");
  if (protocol == "any") words.drop("--proto");
  // An identifier is asked of echoes alone, a port of what has ports: of another protocol they ask nothing.
  if (protocol == "tcp" || protocol == "udp") words.drop("--icmp-id");
  if (protocol == "icmp") words.drop("--port");
  auto options = words.parse(trace_arguments(words));
  if (words.has("--keep")) options.following.mode = run::Follow::always;
  options.display.detail = words.has("--timestamp");
  options.notices.terse = true;
  options.probes.tree = std::make_shared<probe::TracerTree>(skbtrail_skbtracer, "data/skbtracer.yaml");
  if (words.has("--gops"))
    options.run.counters_at =
        report_as_usage_error([&] { return run::parse_counters_address(words.value("--gops"), "--gops"); });
  options.display.time = words.denies("--time") ? output::TimeStyle::mono : output::TimeStyle::clock;
  if (words.has("--iptables")) options.probes.returns_of = {"nf_hook_slow", "ipt_do_table"};
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
