// The addresses of `-H`, `-s` and `-d`: IPv4 or IPv6, alone or with a prefix length, in a list of which one has to be
// the packet's.
//
// An IPv4 address is looked for in ARP and RARP, too, as tcpdump does. An address that IPv6 sockets show as
// ::ffff:10.0.0.1 is IPv4's in the packet, and is taken so.
#pragma once

#include <string>
#include <string_view>

#include "filter/protocols.h"

namespace skbtrail::filter {

enum class Side : uint8_t { either, source, destination };

struct AddressWords {
  std::string expression;  // pcap's
  Families families;       // of the addresses in the list
};

// Throws std::invalid_argument with a sentence that begins with `option`.
AddressWords parse_addresses(std::string_view list, Side side, std::string_view option);

}  // namespace skbtrail::filter
