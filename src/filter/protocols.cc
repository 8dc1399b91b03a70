#include "filter/protocols.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "text/advised.h"
#include "text/nearest.h"
#include "text/units.h"

namespace skbtrail::filter {
namespace {

using Kind = Protocol::Kind;

struct Named {
  std::string_view name;
  uint8_t number;
  Families families = kBothFamilies;
  Kind kind = Kind::over_ip;
};

// ICMP and IGMP are IPv4's, ICMPv6 is IPv6's: the same numbers in the other version are no protocol's. The rest runs
// over both. Names are IANA's and those that `ip` and iptables take; /etc/protocols calls another protocol (94) ipip.
constexpr std::array kNamed{
    Named{"ip", 0, kIpv4, Kind::ip},
    Named{"ip4", 0, kIpv4, Kind::ip},
    Named{"ipv4", 0, kIpv4, Kind::ip},
    Named{"ip6", 0, kIpv6, Kind::ip},
    Named{"ipv6", 0, kIpv6, Kind::ip},
    Named{"arp", 0, kIpv4, Kind::arp},
    Named{"rarp", 0, kIpv4, Kind::rarp},
    Named{"hopopt", 0, kIpv6},
    Named{"ipv6-hopopts", 0, kIpv6},
    Named{"icmp", 1, kIpv4},
    Named{"igmp", 2, kIpv4},
    Named{"ipip", 4},
    Named{"tcp", 6},
    Named{"udp", 17},
    Named{"dccp", 33},
    Named{"sit", 41},
    Named{"ipv6-route", 43},
    Named{"ipv6-frag", 44},
    Named{"rsvp", 46},
    Named{"gre", 47},
    Named{"esp", 50},
    Named{"ah", 51},
    Named{"icmp6", 58, kIpv6},
    Named{"icmpv6", 58, kIpv6},
    Named{"ipv6-icmp", 58, kIpv6},
    Named{"eigrp", 88},
    Named{"ospf", 89},
    Named{"pim", 103},
    Named{"ipcomp", 108},
    Named{"vrrp", 112},
    Named{"carp", 112},
    Named{"l2tp", 115},
    Named{"isis", 124},
    Named{"sctp", 132},
    Named{"udplite", 136},
    Named{"hip", 139},
    Named{"shim6", 140, kIpv6},
};

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string nearest_name(std::string_view word) {
  std::vector<std::string> names;
  for (const Named& it : kNamed) names.emplace_back(it.name);
  return text::nearest(word, names);
}

[[noreturn]] void refuse(std::string_view word, std::string_view option) {
  const std::string near = nearest_name(word);
  if (!near.empty())
    throw std::invalid_argument(fmt::format("{}: unknown protocol '{}'; did you mean {}?", option, word, near));
  // tcpdump has -p without a value.
  constexpr std::array<std::string_view, 8> kBegins{"host", "net", "port", "portrange", "src", "dst", "not", "ether"};
  const bool begins = std::find(kBegins.begin(), kBegins.end(), word) != kBegins.end();
  throw text::Advised(
      fmt::format("{}: unknown protocol '{}'; allowed: a name such as tcp, or a number from 0 to 255", option, word),
      begins ? fmt::format("no device is made promiscuous here, so leave out -p: skbtrail {} ...", word)
             : "pcap expressions are written without an option");
}

Protocol numbered(std::string_view word, std::string_view option) {
  constexpr size_t kDigits = 3;
  if (word.size() > kDigits || text::parse_number(word, option) > UINT8_MAX)
    throw text::Advised(fmt::format("{}: {} is too large for a protocol number, at most 255", option, word),
                        "did you mean --pid?");
  return {std::string(word), Kind::over_ip, kBothFamilies, static_cast<uint8_t>(text::parse_number(word, option))};
}

Protocol parse_protocol(std::string_view word, std::string_view option) {
  if (is_number(word)) return numbered(word, option);
  const auto* found = std::find_if(kNamed.begin(), kNamed.end(), [&](const Named& it) { return it.name == word; });
  if (found == kNamed.end()) refuse(word, option);
  return {std::string(word), found->kind, found->families, found->number};
}

}  // namespace

std::vector<Protocol> parse_protocols(std::string_view list, std::string_view option) {
  std::vector<Protocol> protocols;
  for (const std::string& word : text::split_list(list)) protocols.push_back(parse_protocol(word, option));
  if (protocols.empty()) throw std::invalid_argument(fmt::format("{}: the list is empty", option));
  return protocols;
}

}  // namespace skbtrail::filter
