#include "trail/content.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <variant>

#include "packet/protocol.h"

namespace skbtrail::trail {

namespace {

constexpr uint16_t kEtherArp = 0x0806;

// What is after the transport header, where nothing on the way rewrites it.
void take_payload(Headers& headers, const packet::Bytes& from, size_t begin) {
  if (begin >= from.bytes.size()) return;
  const size_t known = std::min(from.bytes.size() - begin, headers.payload.size());
  std::memcpy(headers.payload.data(), from.bytes.data() + begin, known);
  headers.payload_known = static_cast<uint8_t>(known);
}

void take_transport(Headers& headers, const packet::Bytes& from, const packet::Packet& packet) {
  const size_t upper = packet.ip->upper.bytes;
  if (packet.ports) {
    headers.has_ports = true;
    headers.sport = packet.ports->src;
    headers.dport = packet.ports->dst;
  }
  if (packet.tcp) {
    headers.has_sequence = true;
    headers.sequence = packet.tcp->seq;
    headers.control = packet.tcp->flags & (packet::kTcpFin | packet::kTcpSyn | packet::kTcpRst);
    if (packet.tcp->header_len) take_payload(headers, from, upper + packet.tcp->header_len);
  } else if (packet.udp) {
    if (!packet.inner) take_payload(headers, from, upper + 8);
  } else if (packet.icmp) {
    headers.type = packet.icmp->type;
    headers.is_echo = packet.icmp->is_echo();
    headers.has_sequence = headers.is_echo;
    headers.sequence = packet.icmp->seq();
    if (headers.is_echo) take_payload(headers, from, upper + 8);
  } else if (std::holds_alternative<packet::Esp>(packet.carried)) {
    take_payload(headers, from, upper);
  }
}

Headers headers_of(const packet::Bytes& from, const packet::Packet& packet) {
  Headers headers;
  if (packet.arp && packet.arp->addresses) {
    headers.src = packet.arp->addresses->sender_ip;
    headers.dst = packet.arp->addresses->target_ip;
    headers.has_sequence = true;
    headers.sequence = packet.arp->operation;
  }
  if (!packet.ip) return headers;
  headers.src = packet.ip->src;
  headers.dst = packet.ip->dst;
  headers.protocol = packet.ip->protocol;
  headers.ttl = packet.ip->ttl;
  headers.has_id = packet.ip->id && *packet.ip->id != 0;
  if (headers.has_id) headers.id = *packet.ip->id;
  headers.total_len = packet.ip->total_len.value_or(0);
  headers.is_fragment = packet.ip->is_fragment();
  headers.fragment_offset = packet.ip->fragment_offset;
  if (headers.fragment_offset == 0) take_transport(headers, from, packet);
  return headers;
}

void take_tunnels(Look& look, const packet::Bytes& from, const packet::Packet& packet) {
  if (!packet.inner && !packet.mpls && !packet.pppoe) return;
  fmt::memory_buffer names;
  packet::append_tunnels(names, from, packet);
  std::memcpy(look.tunnels.data(), names.data(), std::min(names.size(), look.tunnels.size() - 1));
}

Same same_headers(const Headers& a, const Headers& b) {
  if (a.src.version != b.src.version || a.protocol != b.protocol || a.type != b.type) {
    const bool fragments = a.fragment_offset || b.fragment_offset;  // the type is in the first one
    if (a.src.version != b.src.version || a.protocol != b.protocol || !fragments) return Same::no;
  }
  if (a.has_id != b.has_id || a.id != b.id) return Same::no;
  if (a.fragment_offset || b.fragment_offset) return a.has_id ? Same::yes : Same::unknown;
  if (a.has_sequence && b.has_sequence && a.sequence != b.sequence) return Same::no;
  if (std::memcmp(a.payload.data(), b.payload.data(), std::min(a.payload_known, b.payload_known)) != 0) return Same::no;
  return a.tells_packets_apart() ? Same::yes : Same::unknown;
}

class Digest {
 public:
  void add(uint64_t word) {
    value_ = (value_ ^ word) * 0x9e3779b97f4a7c15ULL;
    value_ ^= value_ >> 29;
  }
  [[nodiscard]] uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0x243f6a8885a308d3ULL;
};

void add_address(Digest& digest, const packet::IpAddress& address) {
  uint64_t words[2];
  std::memcpy(words, address.bytes.data(), sizeof(words));
  digest.add(words[0]);
  if (address.version == 6) digest.add(words[1]);
}

// Of VXLAN, Geneve: what their files in src/packet/protocol call so.
std::optional<uint32_t> network_identifier(const packet::Bytes& from, const packet::Packet& packet) {
  const auto* protocol = packet.message.protocol();
  if (!protocol || protocol->tunnel.empty()) return std::nullopt;
  text::Scratch scratch;
  for (const auto& field : protocol->fields) {
    if (field.name != "vni") continue;
    const auto value = field.get(from, packet, scratch);
    if (const auto* number = std::get_if<uint64_t>(&value)) return static_cast<uint32_t>(*number);
  }
  return std::nullopt;
}

}  // namespace

Look look_at(const event::Event& event) {
  Look look;
  const packet::Packet* packet = event.packet();
  if (!packet) return look;
  look.made = packet->made;
  look.ethertype = packet->ethertype.value_or(packet->arp ? kEtherArp : 0);
  look.vlan_count = packet->vlan_count;
  for (size_t i = 0; i < std::min<size_t>(packet->vlan_count, look.vlans.size()); i++)
    look.vlans[i] = packet->vlan_tags[i].vlan_id();
  const auto from = event.packet_bytes();
  look.inner = headers_of(from, *packet);
  look.layers = 1;
  take_tunnels(look, from, *packet);
  if (!packet->inner) return look;
  packet::Walk walk(from, *packet);
  do {
    if (const auto vni = network_identifier(walk.bytes(), walk.packet())) look.vni = *vni;
    if (walk.depth() == 1 || (!walk.packet().ip && !walk.packet().arp)) continue;
    if (look.layers == 1) look.outer = look.inner;
    look.inner = headers_of(walk.bytes(), walk.packet());
    look.layers = static_cast<uint8_t>(walk.depth());
  } while (walk.next());
  return look;
}

Same same_packet(const Look& a, const Look& b) {
  if (!a.is_packet() || !b.is_packet()) return Same::unknown;
  const Same inner = same_headers(a.inner, b.inner);
  if (inner != Same::no) return inner;
  // Of a fragment of a tunnel's packet no inner packet can be seen.
  const auto is_of = [](const Look& whole, const Look& outermost) {
    return whole.layers > 1 &&
           same_headers(whole.outer, outermost.layers > 1 ? outermost.outer : outermost.inner) == Same::yes;
  };
  const bool is_piece = a.inner.is_fragment || b.inner.is_fragment || a.outer.is_fragment || b.outer.is_fragment;
  return is_piece && (is_of(a, b) || is_of(b, a)) ? Same::yes : Same::no;
}

uint64_t key_of(const Headers& headers) {
  if (!headers.tells_packets_apart()) return 0;
  Digest digest;
  add_address(digest, headers.src);
  add_address(digest, headers.dst);
  digest.add(uint64_t{headers.id} << 8 | headers.protocol);
  if (!headers.has_id) digest.add(uint64_t{headers.type} << 32 | headers.sequence);
  return digest.value() | 1;
}

uint64_t digest_of(const event::Event& event) {
  const rec_core& core = *event.core;
  Digest digest;
  digest.add(uint64_t{core.wire_len} << 32 | uint64_t{core.protocol} << 16 | core.start_layer);
  digest.add(uint64_t{core.vlan_proto} << 32 | uint64_t{core.vlan_tci} << 16 |
             (core.flags & (REC_FLAG_SYNTHESIZED | REC_FLAG_VLAN)));
  size_t at = 0;
  uint64_t word = 0;
  for (; at + sizeof(word) <= event.bytes.size(); at += sizeof(word)) {
    std::memcpy(&word, event.bytes.data() + at, sizeof(word));
    digest.add(word);
  }
  word = event.bytes.size();
  std::memcpy(&word, event.bytes.data() + at, event.bytes.size() - at);
  digest.add(word);
  return digest.value();
}

}  // namespace skbtrail::trail
