#include "filter/packet_conditions.h"

#include <linux/bpf_common.h>

#include <algorithm>
#include <array>
#include <map>

#include "filter/backward_graph.h"
#include "filter/classic_code.h"

namespace skbtrail::filter {
namespace {

using Target = BackwardGraph::Target;
using Statements = BackwardGraph::Statements;

constexpr uint32_t kEthertypeAt = 12, kNetwork = 14;  // offsets in a frame without tags
// X counts from here: after all bytes that may be in no memory (Front of filter/classic.h), where a load is short.
constexpr uint32_t kAfterMade = 18;
constexpr uint32_t kTags = 4, kTagBytes = 4;
constexpr std::array<uint32_t, 4> kTagTypes{0x8100, 0x88a8, 0x9100, 0x9200};
constexpr uint32_t kIpv4Type = 0x0800, kArpType = 0x0806, kRarpType = 0x8035, kIpv6Type = 0x86dd;

// Offsets in the headers.
constexpr uint32_t kIpv4Fragment = 6, kIpv4Protocol = 9, kIpv4Source = 12, kIpv4Destination = 16;
constexpr uint32_t kIpv6Next = 6, kIpv6Source = 8, kIpv6Destination = 24, kIpv6HeaderLen = 40;
constexpr uint32_t kArpSender = 14, kArpTarget = 24;
constexpr uint32_t kIpv4OffsetBits = 0x1fff, kIpv6OffsetBits = 0xfff8;

constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAh = 51, kDestOptions = 60, kMobility = 135,
                  kHip = 139, kShim6 = 140;
constexpr uint32_t kExtensions = 8;
// Memory cells; the last ones take least of the stack.
constexpr uint32_t kProtocolCell = kMemoryCells - 1, kHeaderCell = kMemoryCells - 2;

// Up to so many networks are searched for in code of its own where no tag is before the IP header, in which every
// offset is a constant.
constexpr size_t kFewNetworks = 512;

// Where a family's addresses are, and how many words of four bytes they are.
struct AddressOffsets {
  uint32_t source, destination, words;
};

class Filter {
 public:
  explicit Filter(const PacketConditions& asked) : asked_(asked) {}

  FlowGraph made() {
    // From the end: what a header leads to is there first.
    const bool few = networks() <= kFewNetworks;
    base_ = few ? kAfterMade : kNetwork;
    const Families after_tags = families(false);
    const auto with_tags = [&](uint32_t tags) { return with_x(after_tags, kNetwork + tags * kTagBytes - base_); };
    Target next = kReject;
    for (uint32_t tags = kTags; tags > 0; tags--) next = by_ethertype(tags, with_tags(tags), next);
    return graph_.finished(by_ethertype(0, few ? families(true) : with_tags(0), next));
  }

 private:
  // What an Ethernet type leads to.
  struct Families {
    Target ipv4 = kReject, ipv6 = kReject, arp = kReject, rarp = kReject;
  };

  // ---- link layer ----

  Target by_ethertype(uint32_t tags, const Families& to, Target after_tag) {
    std::vector<BackwardGraph::Branch> branches;
    const auto lead = [&](uint32_t type, Target target) {
      if (target != kReject) branches.push_back({{type, type}, target});
    };
    lead(kIpv4Type, to.ipv4);
    lead(kIpv6Type, to.ipv6);
    lead(kArpType, to.arp);
    lead(kRarpType, to.rarp);
    for (const uint32_t type : kTagTypes) lead(type, after_tag);
    const Target found = graph_.choose(std::move(branches), kReject);
    return graph_.add({{BPF_LD | BPF_H | BPF_ABS, 0, 0, kEthertypeAt + tags * kTagBytes}}, found);
  }

  Families with_x(const Families& to, uint32_t x) {
    const auto set = [&](Target target) { return graph_.add({{BPF_LDX | BPF_IMM, 0, 0, x}}, target); };
    return {set(to.ipv4), set(to.ipv6), set(to.arp), set(to.rarp)};
  }

  // ---- network layer: offsets count from the network header, which is at X + base_ ----

  // `plain`: it is at kNetwork, and X is not used.
  Families families(bool plain) {
    plain_ = plain;
    constexpr AddressOffsets kIpv4Addresses{kIpv4Source, kIpv4Destination, 1};
    constexpr AddressOffsets kIpv6Addresses{kIpv6Source, kIpv6Destination, 4};
    constexpr AddressOffsets kArpAddresses{kArpSender, kArpTarget, 1};
    Families made;
    made.ipv4 = with_addresses(kIpv4Addresses, asked_.any_ipv4 ? kAccept : over_ipv4());
    made.ipv6 = with_addresses(kIpv6Addresses, asked_.any_ipv6 ? kAccept : over_ipv6());
    if (asked_.arp || asked_.rarp) {
      const Target arp = with_addresses(kArpAddresses, kAccept);
      if (asked_.arp) made.arp = arp;
      if (asked_.rarp) made.rarp = arp;
    }
    return made;
  }

  [[nodiscard]] ClassicInstruction load(uint16_t size, uint32_t at) const {
    if (plain_) return {static_cast<uint16_t>(BPF_LD | size | BPF_ABS), 0, 0, kNetwork + at};
    return {static_cast<uint16_t>(BPF_LD | size | BPF_IND), 0, 0, base_ + at};
  }

  Target over_ipv4() {
    if (asked_.over_ipv4.empty()) return kReject;
    const auto after_header = [&](Target target) { return first_of_ipv4(target); };
    const Target after_ah = by_protocol(4, kReject, [](Target target) { return target; });
    return graph_.add({load(BPF_B, kIpv4Protocol)}, by_protocol(4, walk_ah(moved_to(after_ah)), after_header));
  }

  // From the network header to what is after it, A being the header's length.
  [[nodiscard]] Statements moved_by_a() const {
    Statements statements;
    if (!plain_) statements.push_back({BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0});
    if (const uint32_t less = kAfterMade - (plain_ ? kNetwork : base_))
      statements.push_back({BPF_ALU | BPF_SUB | BPF_K, 0, 0, less});
    statements.push_back({kTaxCode, 0, 0, 0});
    return statements;
  }

  // In a fragment but the first no such header is after IPv4's.
  Target first_of_ipv4(Target target) {
    constexpr uint32_t kLengthBits = 0xf, kShortest = 20;
    Target next = graph_.add(moved_by_a(), target);
    if (plain_) {
      next = graph_.add({{BPF_LDX | BPF_B | BPF_MSH, 0, 0, kNetwork}, {kTxaCode, 0, 0, 0}}, BPF_JGE, kShortest, next,
                        kReject);
    } else {
      next = graph_.add(
          {load(BPF_B, 0), {BPF_ALU | BPF_AND | BPF_K, 0, 0, kLengthBits}, {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 2}},
          BPF_JGE, kShortest, next, kReject);
    }
    return graph_.add({load(BPF_H, kIpv4Fragment)}, BPF_JSET, kIpv4OffsetBits, kReject, next);
  }

  Target over_ipv6() {
    if (asked_.over_ipv6.empty()) return kReject;
    const auto stay = [](Target target) { return target; };
    for (; extensions_ < kExtensions; extensions_++) chain_ = walk(by_protocol(6, chain_, stay));
    const auto after_header = [&](Target target) {
      if (plain_) return graph_.add({{BPF_LDX | BPF_IMM, 0, 0, kNetwork + kIpv6HeaderLen - kAfterMade}}, target);
      Statements statements = moved_by_a();
      statements.insert(statements.begin(), {BPF_LD | BPF_IMM, 0, 0, kIpv6HeaderLen});
      return graph_.add(std::move(statements), target);
    };
    return graph_.add({load(BPF_B, kIpv6Next)}, by_protocol(6, chain_, after_header));
  }

  // ---- addresses ----

  size_t networks() const {
    size_t count = 0;
    for (const auto& it : asked_.addresses) count += it.networks.size();
    return count;
  }

  Target with_addresses(const AddressOffsets& offsets, Target next) {
    for (const auto& [side, networks] : asked_.addresses) {
      std::vector<Network> ours;
      for (const Network& it : networks)
        if (it.bits == offsets.words * 32) ours.push_back(it);
      Target found = kReject;
      if (side != Side::source) found = in_networks(ours, offsets.destination, 0, next, found);
      if (side != Side::destination) found = in_networks(ours, offsets.source, 0, next, found);
      next = found;
    }
    return next;
  }

  static uint32_t word_of(const Network& network, uint32_t word) {
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i++) value = value << 8 | network.bytes[4 * word + i];
    return value;
  }

  // The address at `at`, of whose first `word` words is known that they are those of all these networks.
  Target in_networks(const std::vector<Network>& networks, uint32_t at, uint32_t word, Target yes, Target no) {
    if (networks.empty() || yes == no) return no;
    std::vector<Range> whole;
    std::map<uint32_t, std::vector<Network>> longer;
    for (const Network& it : networks) {
      const uint32_t value = word_of(it, word);
      const unsigned bits = it.prefix > 32 * word ? it.prefix - 32 * word : 0;
      if (bits > 32)
        longer[value].push_back(it);
      else
        whole.push_back({value, bits == 32 ? value : value | UINT32_MAX >> bits});
    }
    std::vector<BackwardGraph::Branch> branches;
    whole = merged(std::move(whole));
    for (const Range& range : whole) branches.push_back({range, yes});
    for (const auto& [value, inside] : longer) {
      const auto covers = [value = value](const Range& range) { return range.first <= value && value <= range.last; };
      if (std::any_of(whole.begin(), whole.end(), covers)) continue;
      branches.push_back({{value, value}, in_networks(inside, at, word + 1, yes, no)});
    }
    return graph_.add({load(BPF_W, at + 4 * word)}, graph_.choose(std::move(branches), no));
  }

  // ---- protocols: A is the protocol of the header that comes next, which is at X + kAfterMade ----

  // `walked`: what a header leads to that is walked through. `ready` is called with what expects X to be set.
  template <typename Ready>
  Target by_protocol(int version, Target walked, Ready ready) {
    const std::set<uint8_t>& wanted = version == 4 ? asked_.over_ipv4 : asked_.over_ipv6;
    const Target otherwise =
        walked == kReject ? kReject
                          : by_extension(version, wanted, graph_.add({{BPF_ST, 0, 0, kProtocolCell}}, ready(walked)));
    std::map<Target, Target> made;
    std::vector<BackwardGraph::Branch> branches;
    for (const uint8_t protocol : wanted) {
      const Target check = check_of(version, protocol);
      if (check == kReject) continue;
      const auto [at, is_new] = made.emplace(check, check);
      if (is_new && check != kAccept) at->second = ready(check);
      branches.push_back({{protocol, protocol}, at->second});
    }
    return graph_.choose(joined(branches), otherwise);
  }

  // Protocols that follow each other and lead to the same.
  static std::vector<BackwardGraph::Branch> joined(const std::vector<BackwardGraph::Branch>& branches) {
    std::vector<BackwardGraph::Branch> result;
    for (const auto& it : branches) {
      if (!result.empty() && result.back().target == it.target && result.back().range.last + 1 == it.range.first)
        result.back().range.last = it.range.last;
      else
        result.push_back(it);
    }
    return result;
  }

  Target by_extension(int version, const std::set<uint8_t>& wanted, Target walked) {
    std::vector<BackwardGraph::Branch> low, high;
    const auto lead = [&](uint8_t protocol) {
      if (!wanted.contains(protocol)) (protocol < kRouting ? low : high).push_back({{protocol, protocol}, walked});
    };
    if (version == 4) return lead(kAh), graph_.choose(std::move(high), kReject);
    for (const uint8_t it : {kHopByHop, kRouting, kFragment, kAh, kDestOptions, kMobility, kHip, kShim6}) lead(it);
    // Nearly all packets are of a protocol below these, or ICMPv6.
    const Target above = graph_.choose(joined(high), kReject);
    return graph_.add({}, BPF_JGE, kRouting, above, graph_.choose(std::move(low), kReject));
  }

  // ---- headers that are walked through, at X + kAfterMade ----

  static ClassicInstruction load_at_x(uint16_t size, uint32_t at) {
    return {static_cast<uint16_t>(BPF_LD | size | BPF_IND), 0, 0, kAfterMade + at};
  }

  // A is the header's length, and its first byte, which says what follows, is the upper one of two in a cell.
  Target moved_to(Target next) {
    return graph_.add({{BPF_ALU | BPF_ADD | BPF_X, 0, 0, 0},
                       {kTaxCode, 0, 0, 0},
                       {BPF_LD | BPF_MEM, 0, 0, kHeaderCell},
                       {BPF_ALU | BPF_RSH | BPF_K, 0, 0, 8}},
                      next);
  }

  // To what is after it, by its protocol, which is in a cell. Loads are what is dear: all kinds share one.
  Target walk(Target next) {
    const Target moved = moved_to(next);
    const ClassicInstruction header{BPF_LD | BPF_MEM, 0, 0, kHeaderCell};
    const Target extension = graph_.add({header,
                                         {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xff},
                                         {BPF_ALU | BPF_ADD | BPF_K, 0, 0, 1},
                                         {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 3}},
                                        moved);
    const Target ah = graph_.add({header}, length_of_ah(moved));
    const Target later = graph_.add({header, {BPF_ALU | BPF_RSH | BPF_K, 0, 0, 8}}, in_later_fragment());
    const Target first = graph_.add({{BPF_LD | BPF_IMM, 0, 0, 8}}, moved);
    const Target fragment = graph_.add({load_at_x(BPF_H, 2)}, BPF_JSET, kIpv6OffsetBits, later, first);
    const Target kind = graph_.choose({{{kFragment, kFragment}, fragment}, {{kAh, kAh}, ah}}, extension);
    return graph_.add({load_at_x(BPF_H, 0), {BPF_ST, 0, 0, kHeaderCell}, {BPF_LD | BPF_MEM, 0, 0, kProtocolCell}},
                      kind);
  }

  Target walk_ah(Target moved) {
    return graph_.add({load_at_x(BPF_H, 0), {BPF_ST, 0, 0, kHeaderCell}}, length_of_ah(moved));
  }

  // From its first two bytes. What is shorter than its fixed part is none.
  Target length_of_ah(Target moved) {
    const Target length =
        graph_.add({{BPF_ALU | BPF_ADD | BPF_K, 0, 0, 2}, {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 2}}, moved);
    return graph_.add({{BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xff}}, BPF_JGE, 1, length, kReject);
  }

  // Its protocol is known, and nothing after.
  Target in_later_fragment() {
    std::vector<BackwardGraph::Branch> branches;
    for (const uint8_t protocol : asked_.over_ipv6)
      if (check_of(6, protocol) == kAccept) branches.push_back({{protocol, protocol}, kAccept});
    return graph_.choose(joined(branches), kReject);
  }

  // ---- what is in the header of a protocol, at X + kAfterMade ----

  Target check_of(int version, uint8_t protocol) {
    const bool has_ports =
        protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kDccp || protocol == kUdpLite;
    const bool has_echoes = protocol == (version == 4 ? kIcmp : kIcmp6);
    const bool asks_ports = has_ports && !asked_.ports.empty();
    const bool asks_flags = protocol == kTcp && asked_.tcp_flags;
    const bool asks_echo = asked_.echo_ids && (protocol == kIcmp || protocol == kIcmp6);
    if (asks_echo && !has_echoes) return kReject;  // of the other version
    const auto [at, is_new] = checks_.emplace(std::array{asks_ports, asks_flags, asks_echo, version == 6}, kAccept);
    if (!is_new) return at->second;
    Target next = kAccept;
    if (asks_echo) next = with_echo(version);
    if (asks_flags)
      next = graph_.add({load_at_x(BPF_H, 12), {BPF_ALU | BPF_AND | BPF_K, 0, 0, asked_.tcp_flags->mask}}, BPF_JEQ,
                        asked_.tcp_flags->value, next, kReject);
    if (asks_ports) next = with_ports(next);
    return at->second = next;
  }

  static std::vector<BackwardGraph::Branch> all_to(const std::vector<NumberRange>& numbers, Target target) {
    std::vector<Range> ranges;
    for (const auto& [first, last] : numbers) ranges.push_back({first, last});
    std::vector<BackwardGraph::Branch> branches;
    for (const Range& range : merged(std::move(ranges))) branches.push_back({range, target});
    return branches;
  }

  Target with_ports(Target next) {
    for (const auto& [side, ranges] : asked_.ports) {
      Target found = kReject;
      if (side != Side::source) found = graph_.add({load_at_x(BPF_H, 2)}, graph_.choose(all_to(ranges, next), found));
      if (side != Side::destination)
        found = graph_.add({load_at_x(BPF_H, 0)}, graph_.choose(all_to(ranges, next), found));
      next = found;
    }
    return next;
  }

  Target with_echo(int version) {
    const uint32_t request = version == 4 ? 8 : 128, reply = version == 4 ? 0 : 129;
    const Target id = graph_.add({load_at_x(BPF_H, 4)}, graph_.choose(all_to(*asked_.echo_ids, kAccept), kReject));
    const Target type = graph_.choose({{{request, request}, id}, {{reply, reply}, id}}, kReject);
    return graph_.add({load_at_x(BPF_B, 0)}, type);
  }

  const PacketConditions& asked_;
  BackwardGraph graph_;
  bool plain_ = false;
  uint32_t base_ = kAfterMade;
  std::map<std::array<bool, 4>, Target> checks_;
  Target chain_ = kReject;  // of extension headers
  uint32_t extensions_ = 0;
};

}  // namespace

FlowGraph graph_of(const PacketConditions& conditions) {
  return Filter(conditions).made();
}

}  // namespace skbtrail::filter
