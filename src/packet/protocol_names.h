// Names of protocol and Ethernet type numbers. nullptr where a number has no name here: the caller prints the
// number.
#pragma once

#include <cstdint>

namespace skbtrail::packet {

// Ethernet types that this room looks into (IEEE 802 numbers).
constexpr uint16_t kEtherIpv4 = 0x0800;
constexpr uint16_t kEtherArp = 0x0806;
constexpr uint16_t kEtherReverseArp = 0x8035;
constexpr uint16_t kEtherIpv6 = 0x86dd;
constexpr uint16_t kEtherVlan = 0x8100;         // 802.1Q
constexpr uint16_t kEtherServiceVlan = 0x88a8;  // 802.1ad
constexpr uint16_t kEtherVlan9100 = 0x9100;     // the same before 802.1ad was a standard
constexpr uint16_t kEtherVlan9200 = 0x9200;
constexpr uint16_t kEtherTransparentBridging = 0x6558;  // a whole Ethernet frame, in tunnels
constexpr uint16_t kEtherMpls = 0x8847;
constexpr uint16_t kEtherMplsUpstream = 0x8848;  // RFC 5332; once multicast
constexpr uint16_t kEtherPppoeDiscovery = 0x8863;
constexpr uint16_t kEtherPppoeSession = 0x8864;
constexpr uint16_t kEtherLldp = 0x88cc;
constexpr uint16_t kEtherNsh = 0x894f;
constexpr uint16_t kEtherLlc = 4;  // ETH_P_802_2: what skb->protocol says of a frame with a length in place of a type
constexpr uint16_t kMaxEtherLength = 1500;  // up to here the field is an 802.3 length, not a type

// IP protocol numbers (IANA) that this room looks into.
constexpr uint8_t kProtoHopByHop = 0;
constexpr uint8_t kProtoIcmp = 1;
constexpr uint8_t kProtoIpip = 4;
constexpr uint8_t kProtoTcp = 6;
constexpr uint8_t kProtoUdp = 17;
constexpr uint8_t kProtoIpv6 = 41;
constexpr uint8_t kProtoRouting = 43;
constexpr uint8_t kProtoFragment = 44;
constexpr uint8_t kProtoGre = 47;
constexpr uint8_t kProtoEsp = 50;
constexpr uint8_t kProtoAh = 51;
constexpr uint8_t kProtoIcmp6 = 58;
constexpr uint8_t kProtoNone = 59;
constexpr uint8_t kProtoDestOptions = 60;
constexpr uint8_t kProtoMpls = 137;
constexpr uint8_t kProtoIgmp = 2;
constexpr uint8_t kProtoDccp = 33;
constexpr uint8_t kProtoSctp = 132;
constexpr uint8_t kProtoMobility = 135;
constexpr uint8_t kProtoUdpLite = 136;
constexpr uint8_t kProtoHip = 139;
constexpr uint8_t kProtoShim6 = 140;

// Lower case, as in `-p NAME` and /etc/protocols: "tcp", "icmp6", "ospf".
const char* protocol_name(uint8_t ip_proto) noexcept;

// As tcpdump writes it: "IPv4", "LLDP", "MPLS unicast".
const char* ethertype_name(uint16_t ethertype) noexcept;

}  // namespace skbtrail::packet
