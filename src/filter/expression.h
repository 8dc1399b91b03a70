// What the user writes as tcpdump's users do ("host 10.0.0.1 and not port 22"), compiled by libpcap to classic BPF.
//
// There is one program for every packet, made for Ethernet. A packet that starts at its network header is evaluated by
// the same program after a made Ethernet header (Front::link_header), and not by one made for raw IP: there libpcap
// refuses half of its primitives (`ether host`, `vlan`, `mpls`, `multicast`, …), and `not` of what cannot hold would be
// refused too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "filter/classic.h"
#include "filter/packet_conditions.h"

namespace skbtrail::filter {

// Throws std::invalid_argument with libpcap's message, and after it what to use instead, where there is something.
// Names of hosts are looked up. May be called from several threads (libpcap from 1.8 on).
ClassicProgram compile(const std::string& expression);

// The same of what the short options ask, and of both, where there is an expression: each holds for itself.
ClassicProgram compile(const PacketConditions& options, const std::string& expression = {});

// For frames of other programs' captures, by their link type (LINKTYPE_* of pcap-linktype(7)): as libpcap compiles it
// for that, and as tcpdump evaluates such a file. Nothing where libpcap refuses it, or does not know the link type.
std::optional<ClassicProgram> compile_for(const std::string& expression, uint16_t link_type);

// "Linux cooked v1"; "unknown" where libpcap has no name for it.
std::string link_type_name(uint16_t link_type);

// Some link type takes it.
bool is_known_to_some_link_type(const std::string& expression);

// For an expression with a syntax error: the word of the language that its first strange word was meant to be. Empty
// where none is near.
std::string meant_word(const std::string& expression);

}  // namespace skbtrail::filter
