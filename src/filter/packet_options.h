// The short options about packet bytes (-p, -H, -s, -d, -P, --sport, --dport, --icmp-id, --tcp-flags), which become
// part of the same filter as the expression that the user wrote; both hold.
//
// All options hold together; the parts of a list are alternatives. The rule that is not obvious is about options that
// only some protocols can answer: ports (TCP, UDP, SCTP, DCCP, UDP-Lite), --icmp-id (the echoes of ICMP and ICMPv6) and
// --tcp-flags (TCP).
//
// - Without -p, a packet has to answer each of them. `-P 80` is port 80 of TCP, UDP or SCTP, and nothing else.
// - With -p, such an option constrains those of the named protocols that can answer it, and leaves the others alone:
//   `-p icmp,tcp -P 80` is port 80 of TCP, and all ICMP. `ip` and `ip6` carry the others, so under them all options
//   hold as without -p.
// - What no packet could answer is an error: `-P 80 --icmp-id 7`, `-p icmp --tcp-flags syn`, `-p icmp -s fd00::1`.
//
// What the options see through, and an expression does not, is drawn in filter/packet_conditions.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "filter/packet_conditions.h"

namespace skbtrail::filter {

// What was written after each option; none where the option was not given.
struct RawPacketOptions {
  std::optional<std::string> proto, addr, saddr, daddr, port, sport, dport, icmp_id, tcp_flags;
};

// Nothing where no option was given. Throws std::invalid_argument with a sentence that begins with the option.
std::optional<PacketConditions> parse_packet_options(const RawPacketOptions& words);

}  // namespace skbtrail::filter
