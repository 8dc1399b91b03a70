// What the user writes as tcpdump's users do ("host 10.0.0.1 and not port 22"), compiled by libpcap to classic BPF.
//
// There is one program for every packet, made for Ethernet. A packet that starts at its network header is judged by the
// same program behind a made Ethernet header (Front::link_header), and not by one made for raw IP: there libpcap
// refuses half of its primitives (`ether host`, `vlan`, `mpls`, `multicast`, …), and `not` of what cannot hold would be
// refused too.
#pragma once

#include <string>

#include "filter/classic.h"
#include "filter/packet_conditions.h"

namespace skbtrail::filter {

// Throws std::invalid_argument with libpcap's message, and behind it what to use instead, where there is something.
// Names of hosts are looked up. May be called from several threads (libpcap from 1.8 on).
ClassicProgram compile(const std::string& expression);

// The same of what the short options ask, and of both, where there is an expression: each holds for itself.
ClassicProgram compile(const PacketConditions& options, const std::string& expression = {});

// For an expression with a syntax error: the word of the language that its first strange word was meant to be. Empty
// where none is near.
std::string meant_word(const std::string& expression);

}  // namespace skbtrail::filter
