// `skbtrail as skbtracer`: skbtracer (github.com/DavadDi/skbtracer), with its words and its table. Where it differs by
// intent, docs/compatibility.md tells why.

#include <fmt/format.h>

#include "cli/tool_intent.h"
#include "cli/tool_words.h"

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
      --callstack          output kernel stack trace
  -c, --catch-count uint   catch and print count (default 1000)
      --dropstack          output kernel stack trace when drop packet
      --gops string        serve counters over HTTP at [127.0.0.1:]PORT
  -h, --help               help for skbtracer
      --icmpid uint16      trace icmp id
  -H, --ipaddr string      ip address
      --iptables           output iptables path
      --keep               keep trace packet all lifetime
  -N, --netns uint32       trace this Network Namespace only
      --noroute            do not output route path
  -p, --pid uint32         trace this PID only
  -P, --port uint16        udp or tcp port
      --proto string       tcp|udp|icmp|any
  -T, --time               show HH:MM:SS timestamp (default true)
  -t, --timestamp          show timestamp in seconds at us resolution
)";

// What it traces, with the tracepoint where functions cannot be traced (docs/tracers.md).
constexpr const char* kTree = R"(
all:
  means: What skbtracer traces
  route:
    means: The way of a packet
    netif_rx or __netif_rx else net:netif_rx_entry: Handed in
    napi_gro_receive or gro_receive_skb else net:napi_gro_receive_entry: Handed in
    __netif_receive_skb or __netif_receive_skb_core else net:netif_receive_skb: Taken up
    tpacket_rcv: A capture
    packet_rcv: A capture
    br_handle_frame: A bridge
    br_handle_frame_finish: A bridge
    br_pass_frame_up: A bridge
    br_forward_finish: A bridge
    ip_rcv: IPv4
    ip_rcv_finish: IPv4
    ip_output: IPv4
    ip_finish_output: IPv4
    __dev_queue_xmit or dev_queue_xmit else net:net_dev_queue: Sent
  iptables:
    means: Verdicts
    nf_hook_slow: A hook
    ipt_do_table: A table
  drops:
    means: Drops
    skb:kfree_skb: Dropped
)";

constexpr ToolOption kOptions[] = {
    {"-c,--catch-count", Takes::value, "--count"},
    {"--icmpid", Takes::value, "--icmp-id"},
    {"-H,--ipaddr", Takes::value, "--addr"},
    {"-N,--netns", Takes::value, "--netns"},
    {"-p,--pid", Takes::value, "--pid"},
    {"-P,--port", Takes::value, "--port"},
    {"--proto", Takes::value, "--proto"},
    {"--callstack", Takes::nothing, "--stack"},
    {"--dropstack", Takes::nothing},
    {"--iptables", Takes::nothing},
    {"--keep", Takes::nothing},
    {"--noroute", Takes::nothing},
    {"--gops", Takes::value},
    {"-T,--time", Takes::nothing},
    {"-t,--timestamp", Takes::nothing},
};

constexpr Tool kTool{"skbtracer", kOptions, {}, Rest::none, "flags say what to trace"};

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

run::CountersAddress parse_address(const std::string& text) try {
  return run::parse_counters_address(text, "--gops");
} catch (const std::invalid_argument& error) {
  throw UsageError(error.what());
}

}  // namespace

ToolIntent parse_skbtracer(std::vector<std::string> arguments) {
  ToolWords words(kTool, std::move(arguments));
  if (words.has("--help")) return {.page = std::string(kHelp) + kOwnHelp};
  const std::string protocol = words.value("--proto");
  if (protocol == "any") words.drop("--proto");
  // An identifier is asked of echoes alone, a port of what has ports: of another protocol they ask nothing.
  if (protocol == "tcp" || protocol == "udp") words.drop("--icmp-id");
  if (protocol == "icmp") words.drop("--port");
  auto options = words.parse(trace_arguments(words));
  options.display.layout = &output::layout_named("skbtracer");
  options.following.mode = words.has("--keep") ? run::Follow::always : run::Follow::never;
  options.display.detail = words.has("--timestamp");
  options.notices.terse = true;
  options.probes.tree = std::make_shared<probe::TracerTree>(kTree, "skbtracer");
  if (words.has("--gops")) options.run.counters_at = parse_address(words.value("--gops"));
  options.display.time = words.denies("--time") ? output::TimeStyle::mono : output::TimeStyle::clock;
  if (words.has("--iptables")) options.probes.returns_of = {"nf_hook_slow", "ipt_do_table"};
  options.display.fields = event::choose_fields(
      fmt::format("netns,cpu_pid,cpu,ifname,eth_dst,packet,pkt_type,drop_reason,returned,table,hook,verdict{}",
                  options.sections.stack ? ",stack" : ""),
      {});
  return {.options = std::move(options)};
}

}  // namespace skbtrail::cli
