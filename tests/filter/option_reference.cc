#include "tests/filter/option_reference.h"

#include <algorithm>
#include <optional>
#include <random>
#include <stdexcept>

namespace skbtrail::test {
namespace {

using filter::PacketConditions;
using filter::Side;

struct NotThere {};

class Reading {
 public:
  explicit Reading(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] uint32_t number(size_t at, size_t size) const {
    if (at + size > bytes_.size()) throw NotThere{};
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | bytes_[at + i];
    return value;
  }

  [[nodiscard]] bool is_in(size_t at, const filter::Network& network) const {
    // As many words of four bytes as the prefix is in.
    const unsigned words = std::max(1u, (network.prefix + 31) / 32);
    if (at + 4 * words > bytes_.size()) return false;
    for (unsigned bit = 0; bit < network.prefix; bit++) {
      const uint32_t here = number(at + bit / 8, 1) >> (7 - bit % 8) & 1;
      const uint32_t there = network.bytes[bit / 8] >> (7 - bit % 8) & 1u;
      if (here != there) return false;
    }
    return true;
  }

 private:
  std::span<const uint8_t> bytes_;
};

class Judging {
 public:
  Judging(const PacketConditions& asked, std::span<const uint8_t> frame) : asked_(asked), packet_(frame) {}

  bool holds() {
    size_t at = 12;
    uint32_t type = packet_.number(at, 2);
    at += 2;
    for (int tags = 0; tags < 4 && (type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200); tags++) {
      type = packet_.number(at + 2, 2);
      at += 4;
    }
    switch (type) {
      case 0x0800: return addresses(at + 12, at + 16, 32) && ipv4(at);
      case 0x86dd: return addresses(at + 8, at + 24, 128) && ipv6(at);
      case 0x0806: return asked_.arp && addresses(at + 14, at + 24, 32);
      case 0x8035: return asked_.rarp && addresses(at + 14, at + 24, 32);
      default: return false;
    }
  }

 private:
  bool addresses(size_t source, size_t destination, unsigned bits) const {
    for (const auto& [side, networks] : asked_.addresses) {
      const auto one_has = [&, &networks = networks](size_t at) {
        return std::any_of(networks.begin(), networks.end(),
                           [&](const auto& it) { return it.bits == bits && packet_.is_in(at, it); });
      };
      const bool holds =
          (side != Side::destination && one_has(source)) || (side != Side::source && one_has(destination));
      if (!holds) return false;
    }
    return true;
  }

  bool ipv4(size_t at) {
    if (asked_.any_ipv4) return true;
    wanted_ = &asked_.over_ipv4;
    version_ = 4;
    uint32_t protocol = packet_.number(at + 9, 1);
    const auto is_later = [&] { return (packet_.number(at + 6, 2) & 0x1fff) != 0; };
    if (is_wanted(protocol) && !is_constrained(protocol)) return true;
    if (!is_wanted(protocol) && protocol != 51) return false;
    if (is_later()) return false;
    const uint32_t length = 4 * (packet_.number(at, 1) & 0xf);
    if (length < 20) return false;
    at += length;
    if (!is_wanted(protocol)) {
      protocol = behind_authentication(at);
      if (!is_wanted(protocol)) return false;
    }
    return meets_constraints(protocol, at);
  }

  // Leads `at` after it. Returns what follows.
  uint32_t behind_authentication(size_t& at) const {
    const uint32_t words = packet_.number(at + 1, 1), protocol = packet_.number(at, 1);
    if (words == 0) throw NotThere{};
    at += 4 * size_t{words + 2};
    return protocol;
  }

  bool ipv6(size_t at) {
    if (asked_.any_ipv6) return true;
    wanted_ = &asked_.over_ipv6;
    version_ = 6;
    uint32_t protocol = packet_.number(at + 6, 1);
    at += 40;
    for (int walked = 0;; walked++) {
      if (is_wanted(protocol)) return meets_constraints(protocol, at);
      if (walked == 8) return false;
      switch (protocol) {
        case 0:
        case 43:
        case 60:
        case 135:
        case 139:
        case 140:
          protocol = packet_.number(at, 1);
          at += 8 * size_t{packet_.number(at + 1, 1) + 1};
          break;
        case 51: protocol = behind_authentication(at); break;
        case 44:
          if ((packet_.number(at + 2, 2) & 0xfff8) != 0) {
            protocol = packet_.number(at, 1);
            return is_wanted(protocol) && !is_constrained(protocol);
          }
          protocol = packet_.number(at, 1);
          at += 8;
          break;
        default: return false;
      }
    }
  }

  [[nodiscard]] bool is_wanted(uint32_t protocol) const { return wanted_->contains(static_cast<uint8_t>(protocol)); }

  static bool has_ports(uint32_t protocol) {
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
  }
  static bool is_icmp(uint32_t protocol) { return protocol == 1 || protocol == 58; }

  [[nodiscard]] bool is_constrained(uint32_t protocol) const {
    return (has_ports(protocol) && !asked_.ports.empty()) || (protocol == 6 && asked_.tcp_flags) ||
           (is_icmp(protocol) && asked_.echo_ids);
  }

  static bool is_one_of(uint32_t number, const std::vector<filter::NumberRange>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& it) { return it.first <= number && number <= it.last; });
  }

  [[nodiscard]] bool meets_constraints(uint32_t protocol, size_t at) const {
    if (has_ports(protocol))
      for (const auto& [side, ranges] : asked_.ports)
        if (!(side != Side::destination && is_one_of(packet_.number(at, 2), ranges)) &&
            !(side != Side::source && is_one_of(packet_.number(at + 2, 2), ranges)))
          return false;
    if (protocol == 6 && asked_.tcp_flags)
      if ((packet_.number(at + 12, 2) & asked_.tcp_flags->mask) != asked_.tcp_flags->value) return false;
    if (!is_icmp(protocol) || !asked_.echo_ids) return true;
    if (protocol != (version_ == 4 ? 1 : 58)) return false;
    const uint32_t type = packet_.number(at, 1);
    const bool echo = version_ == 4 ? type == 8 || type == 0 : type == 128 || type == 129;
    return echo && is_one_of(packet_.number(at + 4, 2), *asked_.echo_ids);
  }

  const PacketConditions& asked_;
  Reading packet_;
  const std::set<uint8_t>* wanted_ = nullptr;
  int version_ = 0;
};

// Some of the words, each with a chance.
class Choosing {
 public:
  OptionSet set() {
    OptionSet made;
    choose(2, made.words.proto, {"tcp",  "udp", "icmp",    "icmp6", "58",     "1",   "sctp", "dccp",      "esp",
                                 "ah",   "ip",  "ip6",     "arp",   "rarp",   "0",   "60",   "ipv6-frag", "ipv6-route",
                                 "ospf", "135", "udplite", "59",    "hopopt", "hip", "shim6"});
    choose(5, made.words.addr, {"10.0.0.1", "fd00::/16", "10.0.0.0/8,fd00::1", "::/0", "0.0.0.0/0", "192.168.1.5"});
    choose(6, made.words.saddr, {"10.0.0.1", "fd00::1,fd00:0:0:1::/64", "fd00::/30", "10.0.0.2/31"});
    choose(6, made.words.daddr, {"10.0.0.2", "fd00::2", "2001:db8::/32,10.0.0.0/24", "192.168.1.5/32"});
    choose(4, made.words.port, {"7", "80", "50-60", "9,80,4000", "1-6,8-65535"});
    choose(8, made.words.sport, {"7", "4000", "53", "1024-65535"});
    choose(5, made.words.dport, {"7", "80", "53", "9"});
    choose(6, made.words.icmp_id, {"7", "9", "1-8"});
    choose(6, made.words.tcp_flags, {"syn", "syn,!ack", "ack", "ae", "!rst"});
    if (number(4) == 0)
      made.expression = one_of({"udp", "not vlan", "vlan", "ip6", "not port 80", "ip6 protochain 17"});
    return made;
  }

 private:
  size_t number(size_t below) { return random_() % below; }
  const char* one_of(const std::vector<const char*>& words) { return words[number(words.size())]; }

  void choose(size_t one_in, std::optional<std::string>& into, const std::vector<const char*>& words) {
    if (number(one_in) != 0) return;
    into = one_of(words);
    while (number(3) == 0) *into += std::string(",") + one_of(words);
  }

  std::mt19937 random_{20261128};
};

std::vector<OptionSet> single_options() {
  std::vector<OptionSet> sets;
  for (const char* proto : {"ip", "ip6", "arp", "tcp", "udp", "icmp", "icmp6", "esp", "ah", "0", "44", "60"})
    sets.push_back({{.proto = proto}, ""});
  for (const char* address : {"10.0.0.1", "fd00::1", "fd00::/16", "10.0.0.0/8"}) {
    sets.push_back({{.addr = address}, ""});
    sets.push_back({{.saddr = address}, ""});
    sets.push_back({{.proto = "udp", .daddr = address}, ""});
  }
  sets.push_back({{.port = "7"}, ""});
  sets.push_back({{.sport = "80"}, ""});
  sets.push_back({{.proto = "udp", .dport = "9"}, ""});
  sets.push_back({{.icmp_id = "7"}, ""});
  sets.push_back({{.tcp_flags = "syn"}, ""});
  // More than are searched for in code of their own for plain packets.
  std::string many = "10.0.0.1,fd00::2";
  for (int i = 0; i < 600; i++) many += ",172.16." + std::to_string(i / 250) + "." + std::to_string(i % 250);
  sets.push_back({{.proto = "udp,tcp", .saddr = many, .port = "7"}, ""});
  return sets;
}

}  // namespace

bool options_hold(const PacketConditions& options, std::span<const uint8_t> frame) {
  try {
    return Judging(options, frame).holds();
  } catch (const NotThere&) {
    return false;
  }
}

std::vector<OptionSet> option_sets(size_t count) {
  std::vector<OptionSet> sets = single_options();
  for (Choosing choosing; sets.size() < count;) {
    OptionSet made = choosing.set();
    try {
      if (filter::parse_packet_options(made.words)) sets.push_back(std::move(made));
    } catch (const std::invalid_argument&) {
      // What no packet can answer.
    }
  }
  return sets;
}

std::string written(const OptionSet& set) {
  std::string text;
  const auto add = [&](const char* option, const std::optional<std::string>& words) {
    if (words) text += std::string(option) + " " + words->substr(0, 60) + " ";
  };
  add("-p", set.words.proto), add("-H", set.words.addr), add("-s", set.words.saddr), add("-d", set.words.daddr);
  add("-P", set.words.port), add("--sport", set.words.sport), add("--dport", set.words.dport);
  add("--icmp-id", set.words.icmp_id), add("--tcp-flags", set.words.tcp_flags);
  return text + set.expression;
}

}  // namespace skbtrail::test
