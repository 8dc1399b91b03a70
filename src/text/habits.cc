#include "text/habits.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <array>

#include "text/nearest.h"

namespace skbtrail::text {
namespace {

constexpr std::string_view kLater = "it is not in this version";
constexpr std::string_view kNotFollowed = "it is not in this version; --follow follows each packet that matched";

constexpr Habit kOptions[] = {
    // tcpdump
    {"-r", "'skbtrail read FILE' reads a recording"},
    {"-n", "addresses and ports are always numbers here"},
    {"-nn", "addresses and ports are always numbers here"},
    {"-e", "did you mean '--fields +eth_src,+eth_dst'?"},
    {"-l", "lines are flushed as they come"},
    {"-T", "did you mean '--time'?"},
    {"-A", "bytes are not printed; -w FILE records them, and 'tshark -x -r FILE' prints them"},
    {"-X", "bytes are not printed; -w FILE records them, and 'tshark -x -r FILE' prints them"},
    {"-XX", "bytes are not printed; -w FILE records them, and 'tshark -x -r FILE' prints them"},
    {"-C", "did you mean '--rotate SIZE[,N]'?"},
    {"-W", "did you mean '--rotate SIZE,N'?"},
    {"-G", "did you mean '--rotate SIZE[,N]'? It goes by size"},
    {"-D", "'ip -br link' lists devices, 'skbtrail list' what can be traced"},
    {"-F", "the expression stands on the command line: skbtrail \"$(cat FILE)\""},
    {"-Q", "'inbound' and 'outbound' are words of the expression"},
    {"-U", "recordings are written as events come"},
    {"-y", "packets in the kernel are Ethernet frames or begin at their network header"},
    {"-L", "packets in the kernel are Ethernet frames or begin at their network header"},
    {"-B", "did you mean '--buffer SIZE'?"},
    {"-K", "checksums are not verified"},
    {"-E", "IPsec is not decrypted"},
    {"-Z", "did you mean '--user NAME', for the command?"},
    {"--immediate-mode", "lines are flushed as they come"},
    {"--number", "'--fields +mono' tells events apart"},
    {"--snapshot-length", "did you mean '--snaplen'?"},
    // pwru
    {"--filter-func", "did you mean '-t FUNCTION'? It takes globs"},
    {"--filter-netns", "did you mean '-N NETNS'?"},
    {"--filter-ifname", "did you mean '-i NAME'?"},
    {"--filter-mark", "did you mean '--mark'?"},
    {"--filter-pid", "did you mean '--pid'?"},
    {"--filter-kprobe-batch", "functions are attached at once where the kernel can; see --backend"},
    {"--filter-non-skb-funcs", "-t takes functions with a socket, too"},
    {"--filter-track-skb", "did you mean --follow?"},
    {"--filter-track-skb-by-stackid", "did you mean --follow?"},
    {"--filter-trace-tc", "tc programs cannot be traced in this version"},
    {"--filter-trace-xdp", "XDP programs cannot be traced in this version"},
    {"--filter-tunnel-pcap-l2", "did you mean '--inner EXPR'?"},
    {"--filter-tunnel-pcap-l3", "did you mean '--inner EXPR'?"},
    {"--output-meta", "did you mean '--meta'?"},
    {"--output-tuple", "the packet is always shown"},
    {"--output-tcp-flags", "the packet is always shown; '--fields +tcp_flags' is a column"},
    {"--output-skb", "did you mean '--meta'?"},
    {"--output-skb-metadata", "did you mean '--meta'?"},
    {"--output-stack", "did you mean '--stack'?"},
    {"--output-caller", "did you mean '--caller'?"},
    {"--output-limit-lines", "did you mean '-c N'?"},
    {"--output-json", "did you mean '-o json'?"},
    {"--all-kmods", "functions of all modules that are loaded are traced, too: '-t all'"},
    {"--kmods", "functions of all modules that are loaded are traced, too: '-t NAME'"},
    {"--kernel-btf", "the running kernel's own BTF is read; it takes no other in this version"},
    {"--timestamp", "did you mean '--time'?"},
    // retis
    {"-f", "the packet expression stands alone: skbtrail 'tcp port 80'"},
    {"-m", "did you mean '--where EXPR'?"},
    {"--filter-packet", "the packet expression stands alone: skbtrail 'tcp port 80'"},
    {"--filter-meta", "did you mean '--where EXPR'?"},
    {"--probe", "did you mean '-t'?"},
    {"--probe-stack", "did you mean '--stack'?"},
    {"--collectors", "did you mean '-t', for groups of functions? '-t ?' prints them"},
    {"--allow-system-changes", "nothing on the host is changed"},
    {"--print", "did you mean '-o line', beside -w?"},
    {"--out", "did you mean '-w FILE'?"},
    // Others
    {"--host", "did you mean '-H ADDRESS'?"},
    {"--src", "did you mean '-s ADDRESS'?"},
    {"--dst", "did you mean '-d ADDRESS'?"},
    {"--source", "did you mean '-s ADDRESS'?"},
    {"--destination", "did you mean '-d ADDRESS'?"},
    {"--protocol", "did you mean '-p PROTO'?"},
    {"--timeout", "did you mean '--duration'?"},
    {"--interface", "did you mean '-i NAME'?"},
    {"--dev", "did you mean '-i NAME'?"},
    {"--device", "did you mean '-i NAME'?"},
    {"--json", "did you mean '-o json'?"},
    {"--format", "did you mean '-o LAYOUT'?"},
    {"--limit", "did you mean '-c N'?"},
    {"--filter", "the packet expression stands alone: skbtrail 'tcp port 80'"},
    {"--event", "did you mean '-t'?"},
    {"--probes", "did you mean '-t'?"},
    {"--kprobe", "did you mean '-t FUNCTION'?"},
    {"--callstack", "did you mean '--stack'?"},
    {"--process", "did you mean '--pid' or '--comm'?"},
    {"--ret", "did you mean '--return'?"},
    {"--write-file", "did you mean '-w FILE'?"},
    // Of a later version.
    {"--conversation", kNotFollowed},
    {"--exact", kNotFollowed},
    {"--track", kNotFollowed},
    {"--track-age", kNotFollowed},
    {"--reason", "it is not in this version; --where 'drop_reason == NAME' selects"},
    {"--not-reason", "it is not in this version; --where 'drop_reason != NAME' selects"},
    {"--table", kLater},
    {"--interval", kLater},
    {"--latency", kLater},
    {"--between", kLater},
    {"--diagnose", kLater},
    {"--explain", kLater},
    {"--merge", kLater},
    {"--module", "it is not in this version; functions of all modules that are loaded are traced, too"},
    {"--btf", "it is not in this version; the running kernel's own BTF is read"},
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
    {"drop", "'skbtrail drop' is not in this version; 'skbtrail -t kfree_skb -v' shows drops"},
    {"drops", "'skbtrail -t kfree_skb -v' shows drops"},
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
    {"task", "did you mean comm?"},
    {"ns", "did you mean netns?"},
    {"length", "did you mean len?"},
    {"ret", "did you mean return_value?"},
    {"retval", "did you mean return_value?"},
    {"flags", "did you mean tcp_flags?"},
};

constexpr Habit kValues[] = {
    {"route", kLater},
    {"perfetto", kLater},
    {"skbtracer", "'as skbtracer' is not in this version"},
    {"packetdrop", "'as packetdrop' is not in this version"},
    {"pcap", "did you mean pcapng?"},
    {"text", "did you mean line?"},
    {"jsonl", "did you mean json?"},
    {"ndjson", "did you mean json?"},
};

bool is_address(const std::string& word) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(AF_INET, word.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, word.c_str(), bytes.data()) == 1;
}

bool is_number(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A word that is all there is.
std::string hint_for_bare(const std::string& word) {
  if (is_address(word)) return fmt::format("did you mean 'host {}', or -H {}?", word, word);
  if (is_number(word)) return fmt::format("did you mean 'port {}', or -P {}?", word, word);
  if (if_nametoindex(word.c_str()) != 0) return fmt::format("did you mean -i {}?", word);
  return {};
}

}  // namespace

std::span<const Habit> option_habits() {
  return kOptions;
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
  const size_t end = expression.find_first_of(" \t=<>!()[]&|");
  const std::string first(expression.substr(0, end));
  if (end == std::string_view::npos)
    if (std::string hint = hint_for_bare(first); !hint.empty()) return hint;
  if (const auto hint = hint_for(word_habits(), first); !hint.empty()) return std::string(hint);
  if (end == std::string_view::npos)
    if (const std::string near = nearest(first, {"trace", "list", "read", "doctor"}); !near.empty())
      return fmt::format("did you mean 'skbtrail {}'?", near);
  // A display filter's fields have a dot in their names; the words of the expression have none.
  if (first.find('.') == std::string::npos) return {};
  if (const auto hint = hint_for(field_habits(), first); !hint.empty())
    return fmt::format("that is a display filter of Wireshark. As --where: {}", hint);
  return {};
}

}  // namespace skbtrail::text
