// The short options about packet bytes (-p, -H, -s, -d, -P, --sport, --dport, --icmp-id, --tcp-flags), which become
// part of the same pcap expression as the one that the user wrote.
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
// Ports, identifiers and flags are those of packets whose IP header is followed by TCP, UDP, ... at once: a later IPv4
// fragment has none, and an IPv6 packet with any extension header (a fragment header, too) does not match.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skbtrail::filter {

// What was written behind each option; none where the option was not given.
struct PacketWords {
  std::optional<std::string> proto, addr, saddr, daddr, port, sport, dport, icmp_id, tcp_flags;
};

// One pcap expression of what was written and of `expression`, which may be empty. Empty if nothing was written at
// all. The expression stands first, so the options are judged behind what it moves over: `vlan`, `mpls`, `pppoes`.
//
// Throws std::invalid_argument with a sentence that begins with the option. Mistakes in `expression` are left to
// compile(), but for parentheses that would break the whole.
std::string whole_expression(const PacketWords& words, std::string_view expression);

}  // namespace skbtrail::filter
