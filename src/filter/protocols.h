// The protocols of `-p LIST`, each with the pcap expression that chooses it.
//
// A protocol is looked for in the header that names it: the Ethernet type, IPv4's protocol field, IPv6's next header
// or the one in a fragment header right behind. Other extension headers hide what is behind them, as with tcpdump's
// `tcp`; 'ip6 protochain 6' looks there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::filter {

// Which addresses a packet can have; a set of bits.
enum Families : uint8_t { kNoFamily = 0, kIpv4 = 1, kIpv6 = 2, kBothFamilies = 3 };

struct Protocol {
  std::string name;        // as the user wrote it
  std::string expression;  // pcap's
  Families families;
  int number;  // of the IP protocol, kNoNumber for ip, ip6, arp and rarp
  static constexpr int kNoNumber = -1;

  // ip and ip6: not a protocol beside TCP and ICMP but what carries them.
  bool is_carrier() const { return expression == "ip" || expression == "ip6"; }
};

// A list of names and numbers (0 to 255). Throws std::invalid_argument with a sentence that begins with `option`.
std::vector<Protocol> parse_protocols(std::string_view list, std::string_view option);

}  // namespace skbtrail::filter
