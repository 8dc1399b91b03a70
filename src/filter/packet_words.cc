#include "filter/packet_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

#include "filter/addresses.h"
#include "filter/numbers.h"
#include "filter/protocols.h"
#include "filter/tcp_flags.h"

namespace skbtrail::filter {
namespace {

constexpr int kAny = Protocol::kNoNumber;
constexpr int kIcmp = 1, kTcp = 6, kUdp = 17, kDccp = 33, kIcmp6 = 58, kSctp = 132, kUdpLite = 136;
constexpr int kIpv6HeaderLen = 40;

using Terms = std::vector<std::string>;

std::string joined(const Terms& terms, std::string_view word) {
  if (terms.size() == 1) return terms.front();
  return fmt::format("({})", fmt::join(terms, fmt::format(") {} (", word)));
}

std::string within(const std::string& field, const std::vector<NumberRange>& ranges) {
  Terms terms;
  for (const auto& [first, last] : ranges)
    terms.push_back(first == last ? fmt::format("{} = {}", field, first)
                                  : fmt::format("{0} >= {1} and {0} <= {2}", field, first, last));
  return joined(terms, "or");
}

// An option that only some protocols can answer.
struct Constraint {
  std::string_view option;
  std::string_view who;                   // can answer it
  std::string_view what;                  // they have
  std::map<int, std::string> expression;  // for each of those protocols, and for kAny
};

// What libpcap's `port` does for TCP, UDP and SCTP, for a protocol that it does not know. IPv6's next header is ip6[6]
// and not `ip6 proto`, which looks behind a fragment header too, where the ports stand elsewhere.
std::string written_out(int protocol, Side side, const std::vector<NumberRange>& ports) {
  Terms four, six;
  for (int at = side == Side::destination ? 2 : 0; at <= (side == Side::source ? 0 : 2); at += 2) {
    four.push_back(within(fmt::format("ip[((ip[0] & 0xf) << 2) + {}:2]", at), ports));
    six.push_back(within(fmt::format("ip6[{}:2]", kIpv6HeaderLen + at), ports));
  }
  return fmt::format("(ip proto {0} and ip[6:2] & 0x1fff = 0 and ({1})) or (ip6[6] = {0} and ({2}))", protocol,
                     joined(four, "or"), joined(six, "or"));
}

Constraint port_constraint(std::string_view list, Side side, std::string_view option) {
  const std::vector<NumberRange> ports = parse_ports(list, option);
  const char* direction = side == Side::source ? "src " : side == Side::destination ? "dst " : "";
  Terms terms;
  for (const auto& [first, last] : ports)
    terms.push_back(first == last ? fmt::format("{}port {}", direction, first)
                                  : fmt::format("{}portrange {}-{}", direction, first, last));
  const std::string known = joined(terms, "or");
  return {option,
          "TCP, UDP, SCTP, DCCP and UDP-Lite have",
          "ports",
          {{kAny, known},
           {kTcp, known},
           {kUdp, known},
           {kSctp, known},
           {kDccp, written_out(kDccp, side, ports)},
           {kUdpLite, written_out(kUdpLite, side, ports)}}};
}

Constraint echo_constraint(std::string_view list, std::string_view option) {
  const std::vector<NumberRange> ids = parse_numbers(list, option);
  const std::string four = fmt::format("(icmp[0] = 8 or icmp[0] = 0) and ({})", within("icmp[4:2]", ids));
  const std::string six = fmt::format("(icmp6[0] = 128 or icmp6[0] = 129) and ({})", within("icmp6[4:2]", ids));
  return {option,
          "the echoes of ICMP and ICMPv6 have",
          "an identifier",
          {{kAny, joined({four, six}, "or")}, {kIcmp, four}, {kIcmp6, six}}};
}

// libpcap's tcp[] sees IPv4 only.
Constraint flag_constraint(std::string_view list, std::string_view option) {
  const TcpFlags flags = parse_tcp_flags(list, option);
  const std::string expression = fmt::format(
      "(tcp[12:2] & {0:#x} = {1:#x}) or (ip6[6] = 6 and ip6[52:2] & {0:#x} = {1:#x})", flags.mask, flags.value);
  return {option, "TCP has", "flags", {{kAny, expression}, {kTcp, expression}}};
}

std::vector<Constraint> constraints_of(const PacketWords& words) {
  std::vector<Constraint> constraints;
  if (words.port) constraints.push_back(port_constraint(*words.port, Side::either, "--port"));
  if (words.sport) constraints.push_back(port_constraint(*words.sport, Side::source, "--sport"));
  if (words.dport) constraints.push_back(port_constraint(*words.dport, Side::destination, "--dport"));
  if (words.icmp_id) constraints.push_back(echo_constraint(*words.icmp_id, "--icmp-id"));
  if (words.tcp_flags) constraints.push_back(flag_constraint(*words.tcp_flags, "--tcp-flags"));
  return constraints;
}

// All of them hold.
Terms answers_all(const std::vector<Constraint>& constraints) {
  Terms terms;
  for (const Constraint& it : constraints) terms.push_back(it.expression.at(kAny));
  return terms;
}

// Of a packet's one protocol. Only echoes have an identifier and nothing else, so that any two are enough to look at.
void refuse_unanswerable(const std::vector<Constraint>& constraints) {
  for (const Constraint& one : constraints)
    for (const Constraint& other : constraints) {
      const auto both_answer = [&](const auto& it) { return it.first != kAny && other.expression.contains(it.first); };
      if (std::none_of(one.expression.begin(), one.expression.end(), both_answer))
        throw std::invalid_argument(fmt::format(
            "{} and {}: no packet has both {} and {}; --proto with a protocol for each shows what meets either",
            one.option, other.option, one.what, other.what));
    }
}

void refuse_unanswered(const std::vector<Constraint>& constraints, const std::vector<Protocol>& protocols) {
  for (const Constraint& it : constraints) {
    const auto answers = [&](const Protocol& protocol) {
      return protocol.is_carrier() || (protocol.number != kAny && it.expression.contains(protocol.number));
    };
    if (std::any_of(protocols.begin(), protocols.end(), answers)) continue;
    Terms names;
    for (const Protocol& protocol : protocols) names.push_back(protocol.name);
    throw std::invalid_argument(
        fmt::format("{}: only {} {}, and --proto names {}", it.option, it.who, it.what, fmt::join(names, ", ")));
  }
}

std::string constrained(const Protocol& protocol, const std::vector<Constraint>& constraints) {
  Terms terms{protocol.expression};
  if (protocol.is_carrier()) {
    refuse_unanswerable(constraints);
    for (std::string& term : answers_all(constraints)) terms.push_back(std::move(term));
  } else if (protocol.number != kAny) {
    for (const Constraint& it : constraints)
      if (auto found = it.expression.find(protocol.number); found != it.expression.end())
        terms.push_back(found->second);
  }
  return joined(terms, "and");
}

struct AddressOption {
  std::string_view option;
  AddressWords words;
};

std::vector<AddressOption> addresses_of(const PacketWords& words) {
  std::vector<AddressOption> addresses;
  const auto add = [&](const std::optional<std::string>& list, Side side, std::string_view option) {
    if (list) addresses.push_back({option, parse_addresses(*list, side, option)});
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
    if ((families & it.words.families) == 0)
      throw std::invalid_argument(fmt::format("{}: it asks for {}, and another option for {}", it.option,
                                              name_of(it.words.families), name_of(static_cast<Families>(families))));
    families &= it.words.families;
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

// A ')' too many would end our own parenthesis, and the rest would mean something else.
void refuse_unbalanced(std::string_view expression) {
  int open = 0;
  for (char c : expression) {
    open += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (open < 0) break;
  }
  if (open != 0)
    throw std::invalid_argument(
        fmt::format("the expression '{}' has {} too many", expression, open < 0 ? "a ')'" : "a '('"));
}

Terms option_terms(const PacketWords& words) {
  Terms terms;
  const std::vector<AddressOption> addresses = addresses_of(words);
  const Families families = common_family(addresses);
  for (const AddressOption& it : addresses) terms.push_back(it.words.expression);

  const std::vector<Constraint> constraints = constraints_of(words);
  if (!words.proto) {
    refuse_unanswerable(constraints);
    for (std::string& term : answers_all(constraints)) terms.push_back(std::move(term));
    return terms;
  }
  const std::vector<Protocol> protocols = parse_protocols(*words.proto, "--proto");
  refuse_unanswered(constraints, protocols);
  refuse_other_family(protocols, families);
  Terms alternatives;
  for (const Protocol& protocol : protocols) alternatives.push_back(constrained(protocol, constraints));
  terms.push_back(joined(alternatives, "or"));
  return terms;
}

}  // namespace

std::string whole_expression(const PacketWords& words, std::string_view expression) {
  Terms terms = option_terms(words);
  if (expression.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    if (!terms.empty()) refuse_unbalanced(expression);
    terms.emplace(terms.begin(), expression);
  }
  return terms.empty() ? std::string() : joined(terms, "and");
}

}  // namespace skbtrail::filter
