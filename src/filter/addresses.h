// The addresses of `-H`, `-s` and `-d`: IPv4 or IPv6, alone or with a prefix length, in a list of which one has to be
// the packet's.
//
// An IPv4 address is looked for in ARP and RARP, too, as tcpdump does. An address that IPv6 sockets show as
// ::ffff:10.0.0.1 is IPv4's in the packet, and is taken so.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "filter/protocols.h"

namespace skbtrail::filter {

enum class Side : uint8_t { either, source, destination };

struct Network {
  std::array<uint8_t, 16> bytes{};  // IPv4's are first; after the prefix they are 0
  unsigned bits = 0;                // of an address: 32 or 128
  unsigned prefix = 0;

  [[nodiscard]] Families family() const { return bits == 32 ? kIpv4 : kIpv6; }
};

// `side` is for what is said of a word that is no address. Throws std::invalid_argument with a sentence that begins
// with `option`.
std::vector<Network> parse_addresses(std::string_view list, Side side, std::string_view option);

}  // namespace skbtrail::filter
