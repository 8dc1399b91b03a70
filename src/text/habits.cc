#include "text/habits.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <regex>

#include "text/nearest.h"

namespace skbtrail::text {
namespace {

constexpr std::string_view kLater = "it is not in this version";

constexpr std::string_view kBytes = "bytes are not printed; -w FILE records them, and 'tshark -x -r FILE' prints them";
constexpr std::string_view kTimes =
    "times are in nanoseconds, of the kernel's clock at the probe; did you mean '--time'?";
constexpr std::string_view kFrames = "packets in the kernel are Ethernet frames or begin at their network header";
constexpr std::string_view kNothingCaptured = "no device is opened here, and none becomes promiscuous or a monitor";
constexpr std::string_view kStack = "did you mean '--stack'?";
constexpr std::string_view kAddress = "did you mean '-H ADDRESS'?";
constexpr std::string_view kDevice = "did you mean '-i NAME'?";
constexpr std::string_view kSystemCalls = "system calls are not traced; see 'strace', 'perf trace'";

constexpr Habit kOptions[] = {
    // tcpdump
    {"-r", "'skbtrail read FILE' reads a recording"},
    {"-n", "addresses and ports are always numbers here"},
    {"-nn", "addresses and ports are always numbers here"},
    {"-e", "did you mean '--fields +eth_src,+eth_dst'? An event of perf is '-t net:net_dev_queue'"},
    {"-l", "lines are flushed as they come"},
    {"-T", "did you mean '--time'?"},
    {"-A", kBytes},
    {"-X", kBytes},
    {"-XX", kBytes},
    {"-C", "did you mean '--rotate SIZE[,N]'?"},
    {"-W", "did you mean '--rotate SIZE,N'?"},
    {"-G", "did you mean '--rotate SIZE[,N]'? It goes by size"},
    {"-D", "'ip -br link' lists devices, 'skbtrail list' what can be traced"},
    {"-F", "the expression is written on the command line: skbtrail \"$(cat FILE)\""},
    {"-Q", "'inbound' and 'outbound' are words of the expression"},
    {"-U", "recordings are written as events come"},
    {"-y", kFrames},
    {"-L", kFrames},
    {"-B", "did you mean '--buffer SIZE'?"},
    {"-K", "checksums are not verified"},
    {"-E", "IPsec is not decrypted"},
    {"-Z", "did you mean '--user NAME', for the command?"},
    {"-I", "did you mean '-i NAME'? No device becomes a monitor here"},
    {"-j", "did you mean '-o json'?"},
    {"-J", kTimes},
    {"-b", "AS numbers are not decoded"},
    {"-M", "TCP's MD5 digests are not verified"},
    {"-R", "did you mean '--where EXPR'?"},
    {"-u", "did you mean '-p udp'?"},
    {"-z", "a recording is not handed to a command; --rotate says when the next begins"},
    {"-#", "'--fields +mono' tells events apart"},
    {"--lengths", "did you mean '--fields +len'?"},
    {"--micro", kTimes},
    {"--nano", kTimes},
    {"--time-stamp-precision", kTimes},
    {"--time-stamp-type", kTimes},
    {"--list-time-stamp-types", kTimes},
    {"--list-interfaces", "'ip -br link' lists devices, 'skbtrail list' what can be traced"},
    {"--direction", "'inbound' and 'outbound' are words of the expression"},
    {"--packet-buffered", "recordings are written as events come"},
    {"--linktype", kFrames},
    {"--list-data-link-types", kFrames},
    {"--monitor-mode", kNothingCaptured},
    {"--no-promiscuous-mode", kNothingCaptured},
    {"--promisc", kNothingCaptured},
    {"--dont-verify-checksums", "checksums are not verified"},
    {"--relinquish-privileges", "did you mean '--user NAME', for the command?"},
    {"--pcap", "did you mean '-w FILE'? Recordings are pcapng"},
    {"--pcapng", "did you mean '-w FILE'?"},
    // tshark
    {"-Y", "did you mean '--where EXPR'?"},
    {"-2", "a recording is read once"},
    {"--autostop", "did you mean '--duration' or '-c N'?"},
    {"--hexdump", kBytes},
    {"--display-filter", "did you mean '--where EXPR'?"},
    {"--read-filter", "did you mean '--where EXPR'?"},
    {"--immediate-mode", "lines are flushed as they come"},
    {"--number", "'--fields +mono' tells events apart"},
    {"--snapshot-length", "did you mean '--snaplen'?"},
    // pwru
    {"--filter-func", "did you mean '-t FUNCTION'? It takes globs"},
    {"--filter-netns", "did you mean '-N NETNS'?"},
    {"--filter-ifname", kDevice},
    {"--filter-mark", "did you mean '--mark'?"},
    {"--filter-pid", "did you mean '--pid'?"},
    {"--filter-kprobe-batch", "functions are attached at once where the kernel can; see --backend"},
    {"--filter-non-skb-funcs", "-t takes functions with a socket, too"},
    {"--filter-track-skb", "did you mean --follow?"},
    {"--filter-track-skb-by-stackid", "did you mean --follow?"},
    {"--filter-trace-tc", "did you mean \"-t 'bpf:*'\"? It traces XDP and tc programs"},
    {"--filter-trace-xdp", "did you mean \"-t 'bpf:*'\"? It traces XDP and tc programs"},
    {"--filter-tunnel-pcap-l2", "did you mean '--inner EXPR'?"},
    {"--filter-tunnel-pcap-l3", "did you mean '--inner EXPR'?"},
    {"--output-meta", "did you mean '--meta'?"},
    {"--output-tuple", "the packet is always shown"},
    {"--output-tcp-flags", "the packet is always shown; '--fields +tcp_flags' is a column"},
    {"--output-skb", "did you mean '--meta'?"},
    {"--output-skb-metadata", "did you mean '--meta'?"},
    {"--output-stack", kStack},
    {"--output-caller", "did you mean '--caller'?"},
    {"--output-limit-lines", "did you mean '-c N'?"},
    {"--output-json", "did you mean '-o json'?"},
    {"--all-kmods", "functions of all modules that are loaded are traced, too: '-t all'"},
    {"--kmods", "functions of all modules that are loaded are traced, too: '-t NAME'"},
    {"--kernel-btf", "the running kernel's own BTF is read; it takes no other in this version"},
    {"--timestamp", "did you mean '--time'?"},
    {"--filter-dst-ip", "did you mean '-d ADDRESS'?"},
    {"--filter-src-ip", "did you mean '-s ADDRESS'?"},
    {"--filter-port", "did you mean '-P PORT'?"},
    {"--filter-src-port", "did you mean '--sport PORT'?"},
    {"--filter-dst-port", "did you mean '--dport PORT'?"},
    {"--filter-proto", "did you mean '-p PROTO'?"},
    {"--output-tunnel", "what a tunnel carries is always shown; '--inner EXPR' filters by it"},
    {"--per-cpu-buffer", "did you mean '--buffer SIZE'?"},
    // skbtracer, nettrace
    {"--ipaddr", kAddress},
    {"--icmpid", "did you mean '--icmp-id N'?"},
    {"--dropstack", "did you mean 'skbtrail drop --stack'?"},
    {"--keep", "did you mean --follow?"},
    {"--iptables", "verdicts are traced; '-t netfilter' has them alone"},
    {"--noroute", "did you mean 'skbtrail drop'?"},
    {"--timeline", "did you mean '--trail'?"},
    {"--skb-mode", "did you mean --follow?"},
    {"--detail", "did you mean '-v'?"},
    {"--latency-show", "did you mean '--latency'?"},
    // perf, bcc, strace, iptables
    {"-a", "the whole host is traced unless -N, -i or --pid say less"},
    {"-g", kStack},
    {"-k", kStack},
    {"--call-graph", kStack},
    {"--no-syscalls", kSystemCalls},
    {"--syscalls", kSystemCalls},
    {"--all-cpus", "all CPUs are traced; --where 'cpu == 3' selects"},
    {"--cpu", "did you mean --where 'cpu == 3'?"},
    {"--tid", "did you mean --where 'tid == N'?"},
    {"-4", "did you mean 'ip', as the expression?"},
    {"-6", "did you mean 'ip6', as the expression?"},
    {"--ipv4", "did you mean 'ip', as the expression?"},
    {"--ipv6", "did you mean 'ip6', as the expression?"},
    {"--tcp", "did you mean '-p tcp'?"},
    {"--udp", "did you mean '-p udp'?"},
    {"--icmp", "did you mean '-p icmp'?"},
    {"--arp", "did you mean '-p arp'?"},
    {"--syn", "did you mean '--tcp-flags syn'?"},
    {"--flags", "did you mean '--tcp-flags LIST'?"},
    {"--backtrace", kStack},
    {"--stacktrace", kStack},
    {"--kernel-stack", kStack},
    {"--mntnsmap", "did you mean '-N container:ID'?"},
    {"--cgroupmap", "did you mean '-N container:ID'?"},
    {"--ebpf", "'skbtrail list' prints what is traced"},
    // retis
    {"-f", "the packet expression takes no option: skbtrail 'tcp port 80'"},
    {"-m", "did you mean '--where EXPR'?"},
    {"--filter-packet", "the packet expression takes no option: skbtrail 'tcp port 80'"},
    {"--filter-meta", "did you mean '--where EXPR'?"},
    {"--probe", "did you mean '-t'?"},
    {"--probe-stack", kStack},
    {"--collectors", "did you mean '-t', for groups of functions? '-t ?' prints them"},
    {"--allow-system-changes", "nothing on the host is changed"},
    {"--print", "did you mean '-o line', beside -w?"},
    {"--out", "did you mean '-w FILE'?"},
    // Others
    {"--host", kAddress},
    {"--src", "did you mean '-s ADDRESS'?"},
    {"--dst", "did you mean '-d ADDRESS'?"},
    {"--source", "did you mean '-s ADDRESS'?"},
    {"--destination", "did you mean '-d ADDRESS'?"},
    {"--protocol", "did you mean '-p PROTO'?"},
    {"--timeout", "did you mean '--duration'?"},
    {"--interface", kDevice},
    {"--dev", kDevice},
    {"--device", kDevice},
    {"--json", "did you mean '-o json'?"},
    {"--format", "did you mean '-o LAYOUT'?"},
    {"--limit", "did you mean '-c N'?"},
    {"--max", "did you mean '-c N'?"},
    {"--help-all", "did you mean '--help'?"},
    {"--all", "did you mean '-t all'? -v shows more of each event"},
    {"--debug", "did you mean '-v'? 'skbtrail doctor' says what this kernel allows"},
    {"--silent", "did you mean '-q'?"},
    {"--no-color", "did you mean '--color never'?"},
    {"--colour", "did you mean '--color'?"},
    {"--list", "did you mean 'skbtrail list'?"},
    {"--read", "'skbtrail read FILE' reads a recording"},
    {"--read-file", "'skbtrail read FILE' reads a recording"},
    {"--input", "'skbtrail read FILE' reads a recording"},
    {"--file", "did you mean '-w FILE', or 'skbtrail read FILE'?"},
    {"--csv", "did you mean '-o json'? 'jq -r @csv' makes the rest"},
    {"--output-format", "did you mean '-o LAYOUT'?"},
    {"--iface", kDevice},
    {"--namespace", "did you mean '-N NETNS'?"},
    {"--net-namespace", "did you mean '-N NETNS'?"},
    {"--container", "did you mean '-N container:ID'?"},
    {"--pod", "did you mean '-N container:ID'?"},
    {"--name", "did you mean '--comm NAME'?"},
    {"--ip", kAddress},
    {"--address", kAddress},
    {"--mac", "did you mean 'ether host MAC', as the expression?"},
    {"--vlan", "did you mean 'vlan N', as the expression?"},
    {"--drop", "did you mean 'skbtrail drop'?"},
    {"--drops", "did you mean 'skbtrail drop'?"},
    {"--function", "did you mean '-t FUNCTION'?"},
    {"--functions", "did you mean '-t FUNCTION'?"},
    {"--seconds", "did you mean '--duration'?"},
    {"--filter", "the packet expression takes no option: skbtrail 'tcp port 80'"},
    {"--event", "did you mean '-t'?"},
    {"--probes", "did you mean '-t'?"},
    {"--kprobe", "did you mean '-t FUNCTION'?"},
    {"--callstack", kStack},
    {"--process", "did you mean '--pid' or '--comm'?"},
    {"--ret", "did you mean '--return'?"},
    {"--write-file", "did you mean '-w FILE'?"},
    // Of a later version.
    {"--reason", "'skbtrail drop' has it; --where 'drop_reason == NAME' selects here"},
    {"--not-reason", "'skbtrail drop' has it; --where 'drop_reason != NAME' selects here"},
    {"--table", "'skbtrail drop --table' has it"},
    {"--interval", "'skbtrail drop --table' has it"},
    {"--module", "it is not in this version; functions of all modules that are loaded are traced, too"},
    {"--btf", "it is not in this version; the running kernel's own BTF is read"},
};

// Read as ours with a value.
constexpr Habit kTaken[] = {
    {"-tt", "-t takes tracers here; did you mean '--time utc'?"},
    {"-ttt", "-t takes tracers here; did you mean '--time delta'?"},
    {"-tttt", "-t takes tracers here; did you mean '--time date'?"},
    {"-ttttt", "-t takes tracers here; did you mean '--time mono'?"},
    {"-dd", "-d takes an address here; 'skbtrail -v' says how the filter is run"},
    {"-ddd", "-d takes an address here; 'skbtrail -v' says how the filter is run"},
    {"-xx", kBytes},
};

constexpr Habit kWords[] = {
    {"collect", "events are traced without a word: skbtrail -w FILE 'tcp port 80'"},
    {"print", "did you mean 'skbtrail read FILE'?"},
    {"sort", "'skbtrail read FILE' is in order of time"},
    {"pcap", "recordings are pcapng: 'skbtrail -w FILE', 'tshark -r FILE'"},
    {"inspect", "did you mean 'skbtrail list'?"},
    {"record", "did you mean 'skbtrail -w FILE'?"},
    {"replay", "did you mean 'skbtrail read FILE'?"},
    {"help", "did you mean 'skbtrail --help'?"},
    {"version", "did you mean 'skbtrail --version'?"},
    {"drops", "did you mean 'skbtrail drop'?"},
    {"report", "'skbtrail report' is not in this version"},
    {"diff", "'skbtrail diff' is not in this version"},
    {"top", "'skbtrail top' is not in this version"},
    {"serve", "'skbtrail serve' is not in this version"},
    {"join", "'skbtrail join' is not in this version; 'skbtrail read FILE FILE' merges by time"},
    {"dns", "did you mean 'port 53'? --where has 'known(dns_id)'"},
    {"mdns", "did you mean 'udp port 5353'?"},
    {"http", "did you mean 'tcp port 80'? --where has 'known(http_method)'"},
    {"https", "did you mean 'tcp port 443'?"},
    {"tls", "did you mean 'tcp port 443'? --where has 'known(tls_sni)'"},
    {"ssl", "did you mean 'tcp port 443'? --where has 'known(tls_sni)'"},
    {"ssh", "did you mean 'tcp port 22'?"},
    {"dhcp", "did you mean 'udp port 67 or udp port 68'?"},
    {"bootp", "did you mean 'udp port 67 or udp port 68'?"},
    {"ntp", "did you mean 'udp port 123'?"},
    {"quic", "did you mean 'udp port 443'?"},
    {"vxlan", "did you mean 'udp port 4789'? --inner looks inside"},
    {"gre", "did you mean '-p gre'?"},
    {"icmpv6", "did you mean icmp6?"},
    {"ipv6", "did you mean ip6?"},
    {"ipv4", "did you mean ip?"},
    {"eth", "did you mean ether?"},
    {"tcp6", "did you mean 'ip6 and tcp'?"},
    {"udp6", "did you mean 'ip6 and udp'?"},
    {"syn", "did you mean '--tcp-flags syn'?"},
    {"rst", "did you mean '--tcp-flags rst'?"},
    {"in", "did you mean inbound?"},
    {"out", "did you mean outbound?"},
    {"all", "did you mean '-t all'? Without words the default tracers are traced"},
    {"ping", "did you mean icmp? A command is written after '--': skbtrail -- ping -c 1 ADDRESS"},
    {"curl", "a command is written after '--': skbtrail -- curl ADDRESS"},
    {"dig", "a command is written after '--': skbtrail -- dig NAME"},
    {"stack", "did you mean '--stack'?"},
    {"status", "did you mean 'skbtrail doctor'?"},
    {"check", "did you mean 'skbtrail doctor'?"},
};

// Whole expressions by what they look like, the first that fits. $1 is the first part in brackets, $& all of it.
constexpr Shape kShapes[] = {
    {"02:00:00:00:00:01", R"([\da-fA-F]{1,2}(?::[\da-fA-F]{1,2}){5})", "did you mean 'ether host $&'?"},
    {"10.0.0.1", R"(\d+(?:\.\d+){3}|[\da-fA-F]*:[\da-fA-F:]*:[\da-fA-F:.]*)", "did you mean 'host $&', or -H $&?"},
    {"10.0.0.0/8", R"(\d+(?:\.\d+){0,3}/\d+|[\da-fA-F]*:[\da-fA-F:]*:[\da-fA-F:.]*/\d+)",
     "did you mean 'net $&', or -H $&?"},
    {"8080", R"(\d+)", "did you mean 'port $&', or -P $&?"},
    {":80", R"(:(\d+))", "did you mean 'port $1', or -P $1?"},
    {"tcp:80", R"((tcp|udp|sctp)[:/](\d+))", "did you mean '$1 port $2'?"},
    {"53/udp", R"((\d+)/(tcp|udp|sctp))", "did you mean '$2 port $1'?"},
    {"10.0.0.1:80", R"((\d+(?:\.\d+){3}):(\d+))", "did you mean 'host $1 and port $2', or -H $1 -P $2?"},
    {"[fd00::1]:80", R"(\[([\da-fA-F:.]+)\]:(\d+))", "did you mean 'host $1 and port $2', or -H $1 -P $2?"},
    {"web-1:80", R"(([A-Za-z][\w.-]*):(\d+))", "did you mean 'host $1 and port $2'?"},
    {"10.0.0.1 8080", R"((\d+(?:\.\d+){3})\s+(\d+))", "did you mean 'host $1 and port $2', or -H $1 -P $2?"},
    {"10.0.0.1 and port 80", R"((\d+(?:\.\d+){3})\s+(?:and\s+)?(\D.*))", "did you mean 'host $1 and $2'?"},
    {"tcp port 80,443", R"((.*port )(\d+),\s*(\d+))", "did you mean '$1$2 or $1$3'?"},
    {"dst port = 80", R"(((?:tcp |udp |src |dst )*(?:src|dst|host|net|port))\s*==?\s*([^\s=]+))",
     "did you mean '$1 $2'?"},
    {"kprobe:ip_rcv", R"((?:k(?:ret)?probe|fentry|fexit|kfunc|tracepoint|rawtracepoint|[tpk]):([\w:*?]+))",
     "did you mean '-t $1'?"},
    {"skb:kfree_skb", R"([a-z][a-z\d_]*:[a-z*?][\w*?]*)", "did you mean '-t $&'?"},
    {"ip_forward", R"([a-z_]\w*_\w+)", "did you mean '-t $&'?"},
    {"eth7", R"((?:eth|en[spox]|wl|veth|br|virbr|docker|bond|tun|tap|wg|cni|cali|vxlan)[\w.-]*\d[\w.-]*)",
     "did you mean '-i $&'?"},
    {"tcp.flags.syn == 1",
     R"((?:ip|ipv6|tcp|udp|icmp|icmpv6|eth|arp|http2?|dns|tls|ssl|dhcp|frame|vlan|quic|sctp|ntp|snmp)\.[a-z_]\S*.*)",
     "that is a display filter of Wireshark; --where has such, and \"--fields '?'\" lists its fields"},
    {"www.example.com", R"((?:[A-Za-z\d][A-Za-z\d-]*\.)+[A-Za-z]{2,})", "did you mean 'host $&'?"},
};

constexpr Habit kFields[] = {
    // Wireshark
    {"ip.addr", "did you mean 'src == A or dst == A'? As an expression it is 'host A'"},
    {"ipv6.addr", "did you mean 'src == A or dst == A'? As an expression it is 'host A'"},
    {"ip.src", "did you mean src?"},
    {"ip.dst", "did you mean dst?"},
    {"ipv6.src", "did you mean src?"},
    {"ipv6.dst", "did you mean dst?"},
    {"ip.proto", "did you mean proto?"},
    {"ip.ttl", "did you mean ttl?"},
    {"ip.id", "did you mean ip_id?"},
    {"ip.flags", "did you mean ip_flags?"},
    {"ip.len", "did you mean len?"},
    {"tcp.port", "did you mean 'sport == N or dport == N'? As an expression it is 'tcp port N'"},
    {"udp.port", "did you mean 'sport == N or dport == N'? As an expression it is 'udp port N'"},
    {"tcp.srcport", "did you mean sport?"},
    {"tcp.dstport", "did you mean dport?"},
    {"udp.srcport", "did you mean sport?"},
    {"udp.dstport", "did you mean dport?"},
    {"tcp.flags", "did you mean tcp_flags?"},
    {"tcp.seq", "did you mean tcp_seq?"},
    {"tcp.ack", "did you mean tcp_ack?"},
    {"eth.src", "did you mean eth_src?"},
    {"eth.dst", "did you mean eth_dst?"},
    {"eth.addr", "did you mean 'eth_src == M or eth_dst == M'?"},
    {"eth.type", "did you mean protocol?"},
    {"vlan.id", "did you mean vlan?"},
    {"icmp.type", "did you mean icmp_type?"},
    {"icmp.code", "did you mean icmp_code?"},
    {"arp.opcode", "did you mean arp_op?"},
    {"dns.qry.name", "did you mean dns_name?"},
    {"tls.handshake.extensions_server_name", "did you mean tls_sni?"},
    {"http.request.method", "did you mean http_method?"},
    {"http.request.uri", "did you mean http_path?"},
    {"http.host", "did you mean http_host?"},
    {"http.response.code", "did you mean http_status?"},
    {"dhcp.option.dhcp", "did you mean dhcp_type?"},
    {"quic.dcid", "did you mean quic_dcid?"},
    {"frame.len", "did you mean len?"},
    {"frame.time", "did you mean time?"},
    {"frame.interface_name", "did you mean ifname?"},
    // Other tracers
    {"reason", "did you mean drop_reason?"},
    {"dev", "did you mean ifname?"},
    {"device", "did you mean ifname?"},
    {"iface", "did you mean ifname?"},
    {"interface", "did you mean ifname?"},
    {"function", "did you mean func?"},
    {"probe", "did you mean func?"},
    {"saddr", "did you mean src?"},
    {"daddr", "did you mean dst?"},
    {"src_ip", "did you mean src?"},
    {"dst_ip", "did you mean dst?"},
    {"srcport", "did you mean sport?"},
    {"dstport", "did you mean dport?"},
    {"port", "did you mean 'sport == N or dport == N'?"},
    {"host", "did you mean 'src == A or dst == A'?"},
    {"process", "did you mean comm?"},
    {"ns", "did you mean netns?"},
    {"length", "did you mean len?"},
    {"ret", "did you mean return_value?"},
    {"retval", "did you mean return_value?"},
    {"flags", "did you mean tcp_flags?"},
};

constexpr Habit kValues[] = {
    {"perfetto", kLater},
    {"pcap", "did you mean pcapng?"},
    {"text", "did you mean line?"},
    {"jsonl", "did you mean json?"},
    {"ndjson", "did you mean json?"},
};

// Of a whole expression.
std::string hint_by_shape(const std::string& expression) {
  for (const Shape& shape : kShapes) {
    const std::regex pattern{std::string(shape.pattern)};
    std::smatch parts;
    if (std::regex_match(expression, parts, pattern)) return parts.format(std::string(shape.hint));
  }
  return {};
}

}  // namespace

std::span<const Habit> option_habits() {
  return kOptions;
}
std::span<const Habit> taken_habits() {
  return kTaken;
}
std::span<const Shape> shapes() {
  return kShapes;
}
std::span<const Habit> word_habits() {
  return kWords;
}
std::span<const Habit> field_habits() {
  return kFields;
}
std::span<const Habit> value_habits() {
  return kValues;
}

std::string_view hint_for(std::span<const Habit> habits, std::string_view written) {
  const auto found = std::find_if(habits.begin(), habits.end(), [&](const Habit& it) { return it.written == written; });
  return found != habits.end() ? found->hint : std::string_view{};
}

std::string hint_for_expression(std::string_view expression) {
  constexpr size_t kLongest = 200;  // a regular expression takes stack for each letter
  const size_t end = expression.find_first_of(" \t=<>!()[]&|");
  const std::string first(expression.substr(0, end));
  const bool alone = end == std::string_view::npos;
  if (alone && if_nametoindex(first.c_str()) != 0) return fmt::format("did you mean '-i {}'?", first);
  if (const auto hint = hint_for(word_habits(), first); !hint.empty()) return std::string(hint);
  const std::vector<std::string> subcommands{"trace", "drop", "list", "read", "doctor"};
  if (first == "as" || std::find(subcommands.begin(), subcommands.end(), first) != subcommands.end())
    return fmt::format("a subcommand is the first word, before all options: 'skbtrail {} ...'", first);
  if (alone)
    if (const std::string near = nearest(first, subcommands); !near.empty())
      return fmt::format("did you mean 'skbtrail {}'?", near);
  // A display filter's fields have a dot in their names; the words of the expression have none.
  if (first.find('.') != std::string::npos)
    if (const auto hint = hint_for(field_habits(), first); !hint.empty())
      return fmt::format("that is a display filter of Wireshark. As --where: {}", hint);
  return expression.size() > kLongest ? "" : hint_by_shape(std::string(expression));
}

}  // namespace skbtrail::text
