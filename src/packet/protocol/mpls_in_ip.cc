// MPLS in IP (RFC 4023) and in UDP (RFC 7510): the label stack follows the header. A tunnel's datagrams come from a
// port that identifies the inner flow: only the destination is looked at.
#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

void dissect(Cursor& cursor, Packet& packet) noexcept {
  carry_ethertype(cursor, packet, Tunnel::none, kEtherMpls);
}

constexpr Rule kRules[] = {{By::udp_to_port, 6635, dissect}, {By::ip_protocol, kProtoMpls, dissect}};

}  // namespace

// Of its own it says nothing: the packet in it does.
extern const Protocol protocol_mpls_in_ip;
const Protocol protocol_mpls_in_ip{.name = "mpls", .rules = kRules, .append = nullptr};

}  // namespace skbtrail::packet
