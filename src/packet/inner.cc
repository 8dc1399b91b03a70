// Packets in packets: where the inner one begins, and the walk from one to the next.
//
// A tunnel's decoder calls carry() where its header ends. The inner packet is then dissected like any other, from its
// own first byte on, by the next step of a Walk; so nothing here or in the decoders recurses.
#include "packet/protocol.h"

namespace skbtrail::packet {
namespace {

Bytes bytes_of_inner(const Bytes& from, const Inner& inner) noexcept {
  Bytes bytes;
  bytes.bytes = from.bytes.subspan(std::min<size_t>(inner.offset, from.bytes.size()));
  bytes.start = inner.start;
  bytes.ethertype = inner.ethertype;
  bytes.wire_len = inner.len.value_or(0);
  return bytes;
}

std::string_view tunnel_name(Tunnel tunnel) noexcept {
  switch (tunnel) {
    case Tunnel::none: return {};
    case Tunnel::ipip: return "ipip";
    case Tunnel::sixin4: return "6in4";
    case Tunnel::fourin6: return "4in6";
    case Tunnel::ip6ip6: return "ip6ip6";
    case Tunnel::gre: return "gre";
  }
  return {};
}

// A tunnel is one even where what it carries is not known.
std::string_view tunnel_name(const Packet& packet) noexcept {
  if (std::holds_alternative<Gre>(packet.carried)) return "gre";
  if (packet.message && !packet.message.protocol()->tunnel.empty()) return packet.message.protocol()->tunnel;
  return packet.inner ? tunnel_name(packet.inner->tunnel) : std::string_view();
}

void append_joined(fmt::memory_buffer& out, size_t begin, std::string_view name) {
  if (out.size() > begin) out.push_back(',');
  append(out, name);
}

}  // namespace

void carry(Cursor& cursor, Packet& packet, const Inner& how) noexcept {
  const std::optional<uint32_t> left = cursor.packet_left();
  packet.payload_len = left;
  if (left == 0u) {
    const Layer first = how.start == Start::link ? Layer::ethernet : Layer::network;
    return stop(packet, first, Problem::short_packet, 0, 0);
  }
  Inner& inner = packet.inner.emplace(how);
  inner.offset = cursor.offset();
  inner.len = left;
}

void carry_ethertype(Cursor& cursor, Packet& packet, Tunnel tunnel, uint16_t ethertype) noexcept {
  const bool ethernet = ethertype == kEtherTransparentBridging;
  carry(cursor, packet,
        {.tunnel = tunnel, .start = ethernet ? Start::link : Start::network, .ethertype = ethertype, .len = {}});
}

bool Walk::next() noexcept {
  if (!packet_->inner || depth_ == kMaxPackets) return false;
  from_ = bytes_of_inner(from_, *packet_->inner);
  inner_ = dissect(from_);
  packet_ = &inner_;
  if (++depth_ == kMaxPackets && inner_.inner) {
    inner_.inner.reset();
    stop(inner_, Layer::inner, Problem::too_deep, kMaxPackets + 1, kMaxPackets);
  }
  return true;
}

void append_tunnels(fmt::memory_buffer& out, const Bytes& from, const Packet& outermost) {
  const size_t begin = out.size();
  Walk walk(from, outermost);
  do {
    const Packet& packet = walk.packet();
    if (packet.pppoe && packet.pppoe->is_session()) append_joined(out, begin, "pppoe");
    if (packet.mpls) append_joined(out, begin, "mpls");
    if (const std::string_view name = tunnel_name(packet); !name.empty()) append_joined(out, begin, name);
  } while (walk.next());
}

}  // namespace skbtrail::packet
