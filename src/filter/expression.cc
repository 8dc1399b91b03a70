#include "filter/expression.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "filter/flow_graph.h"
#include "filter/operands.h"
#include "filter/optimize.h"
#include "text/nearest.h"

namespace skbtrail::filter {
namespace {

// What a program returns for a match; any value but 0 would do.
constexpr int kSnaplen = 262144;

// The time that libpcap takes grows with the square of the length of what it compiles at once: 2 seconds for 1,000
// addresses (1.10.3, without its optimiser).
constexpr size_t kLongestWhole = 8192, kLongest = 262144;

// libpcap's messages about what no packet of this kind can tell, and what can.
struct Advice {
  std::string_view message, instead;
};
constexpr std::array kAdvice{
    Advice{"ifname supported only", "use --ifname NAME"},
    Advice{"reason supported only", "'-t kfree_skb' shows what the kernel drops, and why"},
    Advice{"supported only on PF", "no packet in the kernel says this"},
    Advice{"netmask not known", "use the address, as in 'dst host 10.0.0.255'"},
    Advice{"only link-layer/IP broadcast", "IPv6 has no broadcast, use 'ip6 multicast'"},
    Advice{"'gateway'", "use 'ether host MAC and not host ADDRESS'"},
    Advice{"802.11", "packets in the kernel have Ethernet headers"},
    Advice{"radio information", "packets in the kernel have Ethernet headers"},
    Advice{"raw ATM", "packets in the kernel have Ethernet headers"},
    Advice{"supported only on MTP2", "packets in the kernel have Ethernet headers"},
    Advice{"supported only on SS7", "packets in the kernel have Ethernet headers"},
    Advice{"modifier applied to host", "write 'tcp and host ADDRESS', a word between"},
    Advice{"rejects all packets", "no packet can match this"},
};

std::string message_of(std::string_view libpcaps) {
  for (const Advice& advice : kAdvice)
    if (libpcaps.find(advice.message) != std::string_view::npos) return fmt::format("{}; {}", libpcaps, advice.instead);
  return std::string(libpcaps);
}

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

ClassicProgram copy_of(const bpf_program& compiled) {
  ClassicProgram program;
  for (u_int i = 0; i < compiled.bf_len; i++) {
    const bpf_insn& it = compiled.bf_insns[i];
    program.push_back({it.code, it.jt, it.jf, it.k});
  }
  return program;
}

// libpcap asks the socket it captures on for a device's number; there is none here, so that nothing would match, not
// even under `not`.
void refuse_ifindex(const ClassicProgram& program) {
  constexpr uint16_t kLoadWord = BPF_LD | BPF_W | BPF_ABS;
  constexpr uint32_t kIfindex = 0xfffff008;  // SKF_AD_OFF + SKF_AD_IFINDEX of linux/filter.h
  for (const ClassicInstruction& it : program)
    if (it.code == kLoadWord && it.k == kIfindex)
      throw std::invalid_argument("ifindex: numbers of devices are not looked at; use --ifname NAME");
}

using Handle = std::unique_ptr<pcap_t, Close>;

// By libpcap, as it is: its optimiser is wrong at times (filter/optimize.h).
ClassicProgram compile_whole(pcap_t* handle, const std::string& expression) {
  bpf_program compiled{};
  constexpr int kNoOptimizer = 0;
  if (pcap_compile(handle, &compiled, expression.c_str(), kNoOptimizer, PCAP_NETMASK_UNKNOWN) != 0)
    throw std::invalid_argument(message_of(pcap_geterr(handle)));
  ClassicProgram program = copy_of(compiled);
  pcap_freecode(&compiled);
  refuse_ifindex(program);
  return program;
}

// Thrown where a part alone cannot be had: the whole is compiled then, or its message is libpcap's of the whole.
struct NotInParts {};

FlowGraph graph_of(pcap_t* handle, const std::vector<Operand>& operands) {
  std::optional<FlowGraph> all;
  for (const Operand& operand : operands) {
    auto graph = operand.parts.empty() ? FlowGraph::of(compile_whole(handle, operand.primitive))
                                       : std::optional(graph_of(handle, operand.parts));
    if (!graph) throw NotInParts{};
    if (operand.opposite) graph = opposite(std::move(*graph));
    if (!all)
      all = std::move(graph);
    else
      all = operand.join == Operand::Join::both ? both(std::move(*all), *graph) : either(std::move(*all), *graph);
  }
  return std::move(*all);
}

std::optional<FlowGraph> graph_in_parts(pcap_t* handle, const std::string& expression) {
  const auto operands = take_apart(expression);
  if (!operands) return std::nullopt;
  try {
    return graph_of(handle, *operands);
  } catch (const NotInParts&) {
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

void refuse_length(const std::string& expression, size_t limit) {
  if (expression.size() > limit)
    throw std::invalid_argument(
        fmt::format("{} bytes are more than {}; a net or a portrange instead of single addresses and ports is shorter, "
                    "--where with 'in (...)' takes any number",
                    expression.size(), limit));
}

// A program with a loop, which only `protochain` has, is no graph.
struct CompiledExpression {
  std::optional<FlowGraph> graph;
  ClassicProgram looping;
};

CompiledExpression graph_of_expression(const std::string& expression) {
  refuse_length(expression, kLongest);
  const Handle handle(pcap_open_dead(DLT_EN10MB, kSnaplen));
  if (!handle) throw std::bad_alloc();
  if (auto graph = graph_in_parts(handle.get(), expression)) return {std::move(graph), {}};
  refuse_length(expression, kLongestWhole);
  ClassicProgram program = compile_whole(handle.get(), expression);
  return {FlowGraph::of(program), program};
}

ClassicProgram program_of(FlowGraph graph) {
  if (auto shorter = optimized(graph)) graph = std::move(*shorter);
  if (!graph.accepts_something()) throw std::invalid_argument(message_of("expression rejects all packets"));
  return graph.program(kSnaplen);
}

// Where the first accepts, the second goes on.
ClassicProgram both_programs(ClassicProgram first, const ClassicProgram& second) {
  for (size_t i = 0; i < first.size(); i++)
    if (BPF_CLASS(first[i].code) == BPF_RET && first[i].k != 0)
      first[i] = {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(first.size() - i - 1)};
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

ClassicProgram compile(const std::string& expression) {
  auto [graph, looping] = graph_of_expression(expression);
  return graph ? program_of(std::move(*graph)) : looping;
}

ClassicProgram compile(const PacketConditions& options, const std::string& expression) {
  if (expression.find_first_not_of(" \t\r\n") == std::string::npos) return program_of(graph_of(options));
  auto [graph, looping] = graph_of_expression(expression);
  return graph ? program_of(both(std::move(*graph), graph_of(options)))
               : both_programs(std::move(looping), program_of(graph_of(options)));
}

namespace {

// libpcap's number of a link type: that of files, except where systems had numbers of their own (pcap-common.c).
int dlt_of(uint16_t link_type) {
  switch (link_type) {
    case 100: return DLT_ATM_RFC1483;
    case 14:
    case 101: return DLT_RAW;
    case 102: return DLT_SLIP_BSDOS;
    case 103: return DLT_PPP_BSDOS;
    case 106: return DLT_ATM_CLIP;
    default: return link_type;
  }
}

}  // namespace

std::optional<ClassicProgram> compile_for(const std::string& expression, uint16_t link_type) {
  if (expression.size() > kLongestWhole) return std::nullopt;
  const Handle handle(pcap_open_dead(dlt_of(link_type), kSnaplen));
  if (!handle) throw std::bad_alloc();
  try {
    return compile_whole(handle.get(), expression);
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

std::string link_type_name(uint16_t link_type) {
  const char* name = pcap_datalink_val_to_description(dlt_of(link_type));
  return name ? name : "unknown";
}

bool is_known_to_some_link_type(const std::string& expression) {
  constexpr uint16_t kMost = 300;
  for (uint16_t link_type = 0; link_type < kMost; link_type++)
    if (compile_for(expression, link_type)) return true;
  return false;
}

std::string meant_word(const std::string& expression) {
  static const std::vector<std::string> kWords{
      "ah",      "and",  "arp",       "broadcast", "decnet", "dst",       "esp",        "ether", "gateway", "geneve",
      "greater", "host", "icmp",      "icmp6",     "igmp",   "igrp",      "inbound",    "ip",    "ip6",     "ipx",
      "len",     "less", "link",      "mask",      "mpls",   "multicast", "net",        "not",   "or",      "outbound",
      "pim",     "port", "portrange", "pppoes",    "pppoed", "proto",     "protochain", "rarp",  "sctp",    "src",
      "stp",     "tcp",  "tcpflags",  "udp",       "vlan",   "vrrp"};
  // What a word may go on with: names of flags and hosts ("tcp-rst", "port.example") are one, and none of the language.
  const auto continues = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.'; };
  std::string word;
  for (const char c : expression + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) || (!word.empty() && continues(c))) {
      word += c;
      continue;
    }
    const bool known = word.empty() || std::find(kWords.begin(), kWords.end(), word) != kWords.end();
    if (!known)
      if (std::string near = text::nearest(word, kWords); !near.empty()) return near;
    word.clear();
  }
  return {};
}

}  // namespace skbtrail::filter
