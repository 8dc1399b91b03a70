#include "filter/packet_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <vector>

namespace skbtrail::filter {
namespace {

using Numbers = std::set<uint8_t>;

// An option that only some protocols can answer.
struct Constraint {
  std::string_view option;
  std::string_view who;   // can answer it
  std::string_view what;  // they have
  Numbers answering;      // if they are named
  Numbers unnamed;        // if not
};

// Those without -p are libpcap's `port`.
Constraint ports_constraint(std::string_view option) {
  return {option,
          "TCP, UDP, SCTP, DCCP and UDP-Lite have",
          "ports",
          {kTcp, kUdp, kSctp, kDccp, kUdpLite},
          {kTcp, kUdp, kSctp}};
}

std::vector<Constraint> take_constraints(const RawPacketOptions& words, PacketConditions& into) {
  std::vector<Constraint> constraints;
  const auto take_ports = [&](const std::optional<std::string>& list, Side side, std::string_view option) {
    if (!list) return;
    into.ports.push_back({side, parse_ports(*list, option)});
    constraints.push_back(ports_constraint(option));
  };
  take_ports(words.port, Side::either, "--port");
  take_ports(words.sport, Side::source, "--sport");
  take_ports(words.dport, Side::destination, "--dport");
  if (words.icmp_id) {
    into.echo_ids = parse_numbers(*words.icmp_id, "--icmp-id");
    constraints.push_back(
        {"--icmp-id", "the echoes of ICMP and ICMPv6 have", "an identifier", {kIcmp, kIcmp6}, {kIcmp, kIcmp6}});
  }
  if (words.tcp_flags) {
    into.tcp_flags = parse_tcp_flags(*words.tcp_flags, "--tcp-flags");
    constraints.push_back({"--tcp-flags", "TCP has", "flags", {kTcp}, {kTcp}});
  }
  return constraints;
}

bool have_common(const Numbers& one, const Numbers& other) {
  return std::any_of(one.begin(), one.end(), [&](uint8_t number) { return other.contains(number); });
}

// Of a packet's one protocol. Only echoes have an identifier and nothing else, so that any two are enough to look at.
void refuse_unanswerable(const std::vector<Constraint>& constraints) {
  for (const Constraint& one : constraints)
    for (const Constraint& other : constraints)
      if (!have_common(one.answering, other.answering))
        throw std::invalid_argument(fmt::format(
            "{} and {}: no packet has both {} and {}; --proto with a protocol for each shows what meets either",
            one.option, other.option, one.what, other.what));
}

void refuse_unanswered(const std::vector<Constraint>& constraints, const std::vector<Protocol>& protocols) {
  for (const Constraint& it : constraints) {
    const auto answers = [&](const Protocol& protocol) {
      return protocol.is_carrier() ||
             (protocol.kind == Protocol::Kind::over_ip && it.answering.contains(protocol.number));
    };
    if (std::any_of(protocols.begin(), protocols.end(), answers)) continue;
    std::vector<std::string> names;
    for (const Protocol& protocol : protocols) names.push_back(protocol.name);
    throw std::invalid_argument(
        fmt::format("{}: only {} {}, and --proto names {}", it.option, it.who, it.what, fmt::join(names, ", ")));
  }
}

struct AddressOption {
  std::string_view option;
  Side side;
  std::vector<Network> networks;

  [[nodiscard]] Families families() const {
    unsigned families = kNoFamily;
    for (const Network& it : networks) families |= it.family();
    return static_cast<Families>(families);
  }
};

std::vector<AddressOption> addresses_of(const RawPacketOptions& words) {
  std::vector<AddressOption> addresses;
  const auto add = [&](const std::optional<std::string>& list, Side side, std::string_view option) {
    if (list) addresses.push_back({option, side, parse_addresses(*list, side, option)});
  };
  add(words.addr, Side::either, "--addr");
  add(words.saddr, Side::source, "--saddr");
  add(words.daddr, Side::destination, "--daddr");
  return addresses;
}

const char* name_of(Families families) {
  return families == kIpv4 ? "IPv4" : "IPv6";
}

// A packet has addresses of one family. Every option left one to have.
Families common_family(const std::vector<AddressOption>& addresses) {
  unsigned families = kBothFamilies;
  for (const AddressOption& it : addresses) {
    if ((families & it.families()) == 0)
      throw std::invalid_argument(fmt::format("{}: the address is {}, and that of another option {}", it.option,
                                              name_of(it.families()), name_of(static_cast<Families>(families))));
    families &= it.families();
  }
  return static_cast<Families>(families);
}

void refuse_other_family(const std::vector<Protocol>& protocols, Families families) {
  const auto possible = [&](const Protocol& it) { return (it.families & families) != 0; };
  if (std::any_of(protocols.begin(), protocols.end(), possible)) return;
  const Protocol& first = protocols.front();
  throw std::invalid_argument(fmt::format("--proto: {} is a protocol of {}, and the address is one of {}{}", first.name,
                                          name_of(first.families), name_of(families),
                                          first.number == kIcmp    ? "; did you mean icmp6?"
                                          : first.number == kIcmp6 ? "; did you mean icmp?"
                                                                   : ""));
}

// Of what IP carries, all that can answer each of the constraints, whatever it is.
void take_carried(Families families, const std::vector<Constraint>& constraints, PacketConditions& into) {
  if (constraints.empty()) {
    into.any_ipv4 |= (families & kIpv4) != 0;
    into.any_ipv6 |= (families & kIpv6) != 0;
    return;
  }
  refuse_unanswerable(constraints);
  for (const uint8_t number : constraints.front().unnamed) {
    const auto answers = [&](const Constraint& it) { return it.unnamed.contains(number); };
    if (!std::all_of(constraints.begin(), constraints.end(), answers)) continue;
    if ((families & kIpv4) != 0 && number != kIcmp6) into.over_ipv4.insert(number);
    if ((families & kIpv6) != 0 && number != kIcmp) into.over_ipv6.insert(number);
  }
}

void take_protocol(const Protocol& protocol, const std::vector<Constraint>& constraints, PacketConditions& into) {
  switch (protocol.kind) {
    case Protocol::Kind::ip: return take_carried(protocol.families, constraints, into);
    case Protocol::Kind::arp: into.arp = true; return;
    case Protocol::Kind::rarp: into.rarp = true; return;
    case Protocol::Kind::over_ip: break;
  }
  if ((protocol.families & kIpv4) != 0) into.over_ipv4.insert(protocol.number);
  if ((protocol.families & kIpv6) != 0) into.over_ipv6.insert(protocol.number);
}

}  // namespace

std::optional<PacketConditions> parse_packet_options(const RawPacketOptions& words) {
  PacketConditions conditions;
  const std::vector<AddressOption> addresses = addresses_of(words);
  const Families families = common_family(addresses);
  for (const AddressOption& it : addresses) conditions.addresses.push_back({it.side, it.networks});

  const std::vector<Constraint> constraints = take_constraints(words, conditions);
  if (!words.proto) {
    if (addresses.empty() && constraints.empty()) return std::nullopt;
    take_carried(kBothFamilies, constraints, conditions);
    conditions.arp = conditions.rarp = constraints.empty();
    return conditions;
  }
  const std::vector<Protocol> protocols = parse_protocols(*words.proto, "--proto");
  refuse_unanswered(constraints, protocols);
  refuse_other_family(protocols, families);
  for (const Protocol& protocol : protocols) take_protocol(protocol, constraints, conditions);
  return conditions;
}

}  // namespace skbtrail::filter
