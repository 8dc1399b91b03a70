#include "packet/protocol_names.h"

namespace skbtrail::packet {

const char* protocol_name(uint8_t ip_proto) noexcept {
  switch (ip_proto) {
    case kProtoHopByHop: return "hopopt";
    case kProtoIcmp: return "icmp";
    case kProtoIgmp: return "igmp";
    case 4: return "ipip";
    case kProtoTcp: return "tcp";
    case 8: return "egp";
    case 9: return "igp";
    case 12: return "pup";
    case kProtoUdp: return "udp";
    case 22: return "idp";
    case 29: return "tp";
    case kProtoDccp: return "dccp";
    case 41: return "ipv6";
    case kProtoRouting: return "ipv6-route";
    case kProtoFragment: return "ipv6-frag";
    case 46: return "rsvp";
    case 47: return "gre";
    case 50: return "esp";
    case 51: return "ah";
    case kProtoIcmp6: return "icmp6";
    case kProtoNone: return "ipv6-nonxt";
    case kProtoDestOptions: return "ipv6-opts";
    case 88: return "eigrp";
    case 89: return "ospf";
    case 92: return "mtp";
    case 94: return "beetph";
    case 98: return "encap";
    case 103: return "pim";
    case 108: return "ipcomp";
    case 112: return "vrrp";
    case 115: return "l2tp";
    case kProtoSctp: return "sctp";
    case kProtoMobility: return "mobility-header";
    case kProtoUdpLite: return "udplite";
    case 137: return "mpls-in-ip";
    case kProtoHip: return "hip";
    case kProtoShim6: return "shim6";
    case 143: return "ethernet";
    case 255: return "raw";
    default: return nullptr;
  }
}

const char* ethertype_name(uint16_t ethertype) noexcept {
  switch (ethertype) {
    case kEtherIpv4: return "IPv4";
    case kEtherArp: return "ARP";
    case kEtherReverseArp: return "Reverse ARP";
    case kEtherIpv6: return "IPv6";
    case kEtherVlan: return "802.1Q";
    case kEtherServiceVlan: return "802.1Q-QinQ";
    case kEtherVlan9100: return "802.1Q-9100";
    case kEtherVlan9200: return "802.1Q-9200";
    case 0x6558: return "TEB";
    case 0x8137: return "IPX";
    case 0x8808: return "MPCP";
    case 0x8809: return "Slow Protocols";
    case 0x880b: return "PPP";
    case 0x8847: return "MPLS unicast";
    case 0x8848: return "MPLS multicast";
    case 0x8863: return "PPPoE D";
    case 0x8864: return "PPPoE S";
    case 0x888e: return "EAPOL";
    case 0x88a2: return "AoE";
    case 0x88ca: return "TIPC";
    case 0x88cc: return "LLDP";
    case 0x88e5: return "802.1AE MACsec";
    case 0x88f7: return "PTP";
    case 0x8902: return "CFM";
    case 0x894f: return "NSH";
    case 0x9000: return "Loopback";
    default: return nullptr;
  }
}

}  // namespace skbtrail::packet
