#include "filter/expression.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "text/nearest.h"

namespace skbtrail::filter {
namespace {

// What a program returns for a match; any value but 0 would do.
constexpr int kSnaplen = 262144;

// The time that libpcap takes grows with the cube of the length: 5 seconds for 500 addresses, 44 for 1,000 (1.10.3).
constexpr size_t kLongest = 8192;

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

}  // namespace

ClassicProgram compile(const std::string& expression) {
  if (expression.size() > kLongest)
    throw std::invalid_argument(
        fmt::format("{} bytes are more than the {} that libpcap's compiler can do in seconds; a net or a portrange "
                    "instead of single addresses and ports is shorter, --where with 'in (...)' takes any number",
                    expression.size(), kLongest));
  const std::unique_ptr<pcap_t, Close> handle(pcap_open_dead(DLT_EN10MB, kSnaplen));
  if (!handle) throw std::bad_alloc();
  bpf_program compiled{};
  constexpr int kOptimize = 1;
  if (pcap_compile(handle.get(), &compiled, expression.c_str(), kOptimize, PCAP_NETMASK_UNKNOWN) != 0)
    throw std::invalid_argument(message_of(pcap_geterr(handle.get())));
  ClassicProgram program = copy_of(compiled);
  pcap_freecode(&compiled);
  refuse_ifindex(program);
  return program;
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
