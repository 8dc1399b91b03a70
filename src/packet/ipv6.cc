// IPv6 (RFC 8200). The chain of extension headers is walked in extensions.cc until the upper protocol.
//
//    0                    4                6             7           8     24    40
//   +--+-------+---------+----------------+-------------+-----------+-----+-----+--- -
//   |v6| class | flow    | payload length | next header | hop limit | src | dst | extension headers, payload
//   +--+-------+---------+----------------+-------------+-----------+-----+-----+--- -
//    class: 8 bits; flow: 20 bits; payload length: with the extension headers
#include "packet/layers.h"

namespace skbtrail::packet {
namespace {

constexpr uint32_t kFixedLen = 40;
constexpr uint32_t kMaxPayloadField = 65535;

struct FixedHeader {
  uint32_t version_class_flow = 0;
  uint16_t payload_len = 0;
  uint8_t next_header = 0;
  uint8_t hop_limit = 0;
  IpAddress src, dst;
};

bool read_fixed(Cursor& cursor, FixedHeader& header) noexcept {
  return cursor.read(header.version_class_flow) && cursor.read(header.payload_len) && cursor.read(header.next_header) &&
         cursor.read(header.hop_limit) && read_ipv6_address(cursor, header.src) &&
         read_ipv6_address(cursor, header.dst);
}

// A payload length of 0 is either no payload or a packet larger than the field can tell (a jumbogram, RFC
// 2675, or one before segmentation): only the packet's own length can say.
std::optional<uint32_t> payload_length(const Cursor& cursor, const FixedHeader& header) noexcept {
  if (header.payload_len != 0 || header.next_header == kProtoNone) return header.payload_len;
  const std::optional<uint32_t> left = cursor.packet_left();
  if (!left || *left > kMaxPayloadField) return left;
  return 0;
}

void set_fixed(Ip& ip, const FixedHeader& header) noexcept {
  ip.version = 6;
  ip.tos = static_cast<uint8_t>(header.version_class_flow >> 20);
  ip.flow_label = header.version_class_flow & 0xfffff;
  ip.protocol = header.next_header;
  ip.ttl = header.hop_limit;
  ip.src = header.src;
  ip.dst = header.dst;
  ip.header_len = kFixedLen;
}

void set_lengths(Cursor& cursor, Ip& ip, std::optional<uint32_t> payload_len) noexcept {
  ip.payload_len = payload_len;
  if (!payload_len) return;
  ip.total_len = kFixedLen + *payload_len;
  const std::optional<uint32_t> left = cursor.packet_left();
  if (left && *payload_len > *left) ip.missing_len = *payload_len - *left;
  cursor.narrow(*payload_len);
}

Layer layer_of_extension(uint8_t protocol) noexcept {
  switch (protocol) {
    case kProtoHopByHop: return Layer::hop_by_hop;
    case kProtoRouting: return Layer::routing;
    case kProtoFragment: return Layer::fragment;
    case kProtoMobility: return Layer::mobility;
    case kProtoHip: return Layer::hip;
    case kProtoShim6: return Layer::shim6;
    default: return Layer::dest_options;
  }
}

void add_extension(Ip& ip, Extension& extension, const std::optional<FragmentField>& fragment) noexcept {
  const uint32_t len = 8u * (extension.length_field + 1u);
  ip.header_len += len;
  if (ip.payload_len) *ip.payload_len -= len;  // not more than it: the cursor was narrowed to it
  extension.len_after = ip.payload_len;
  ip.extensions[ip.extension_count++] = extension;
  if (!fragment) return;
  ip.id = fragment->id;
  ip.fragment_offset = fragment->offset;
  ip.more_fragments = fragment->more;
}

// A jumbo payload option (RFC 2675) says what the header's own field cannot.
void take_jumbo(Cursor& cursor, Ip& ip, uint32_t payload_len) noexcept {
  const uint32_t walked = ip.header_len - kFixedLen;
  if (payload_len <= kMaxPayloadField) return;
  const std::optional<uint32_t> left = cursor.packet_left();
  ip.payload_len = payload_len - walked;
  ip.total_len = kFixedLen + payload_len;
  ip.missing_len = left && *ip.payload_len > *left ? *ip.payload_len - *left : 0;
  cursor.narrow(*ip.payload_len);
  ip.extensions[ip.extension_count - 1u].len_after = ip.payload_len;
}

// `options`: the whole header that holds them.
void take_options(Cursor& cursor, Packet& packet, Layer layer, Cursor options) noexcept {
  constexpr uint8_t kJumbo = 0xc2;
  Ip& ip = *packet.ip;
  if (!options.skip(2)) return;
  Ipv6Option option;
  while (read_ipv6_option(options, option)) {
    if (!option.is_padding()) ip.has_options = true;
    const bool jumbo = option.kind == kJumbo && option.len == 4 && layer == Layer::hop_by_hop;
    if (jumbo && ip.total_len.value_or(UINT32_MAX) > kMaxPayloadField) take_jumbo(cursor, ip, option.value);
  }
  if (options.packet_left() != 0u) stop(packet, layer, Problem::bad_option, option.kind, option.len);
}

}  // namespace

bool read_ipv6_address(Cursor& cursor, IpAddress& address) noexcept {
  address.version = 6;
  return cursor.read(address.bytes);
}

void dissect_ipv6(Cursor& cursor, Packet& packet) noexcept {
  const Offset begin{cursor.offset()};
  const std::optional<uint8_t> first = cursor.peek();
  if (first && *first >> 4 != 6) return stop(packet, Layer::ipv6, Problem::bad_version, *first >> 4u, 6);
  FixedHeader header;
  if (!read_fixed(cursor, header)) return stop(packet, Layer::ipv6, cursor);
  Ip& ip = packet.ip.emplace();
  ip.begin = begin;
  set_fixed(ip, header);
  set_lengths(cursor, ip, payload_length(cursor, header));
  dissect_extensions(cursor, packet);
}

void dissect_extensions(Cursor& cursor, Packet& packet) noexcept {
  Ip& ip = *packet.ip;
  while (is_extension(ip.protocol) && ip.fragment_offset == 0) {
    const Layer layer = layer_of_extension(ip.protocol);
    if (ip.extension_count == kMaxExtensions) {
      return stop(packet, layer, Problem::too_deep, kMaxExtensions + 1, kMaxExtensions);
    }
    Extension extension;
    extension.begin = {cursor.offset()};
    std::optional<FragmentField> fragment;
    Cursor options = cursor;
    if (!read_extension(cursor, ip.protocol, extension, fragment)) return stop(packet, layer, cursor);
    add_extension(ip, extension, fragment);
    if (layer != Layer::hop_by_hop && layer != Layer::dest_options) continue;
    options.narrow(uint64_t{8} * (extension.length_field + 1u));
    take_options(cursor, packet, layer, options);
  }
  packet.payload_len = ip.payload_len;
  if (ip.fragment_offset == 0) dissect_after_options(cursor, packet);
}

void dissect_quoted_ipv6(Cursor& cursor, Packet& packet) noexcept {
  const std::optional<uint8_t> first = cursor.peek();
  if (first && *first >> 4 != 6) return stop(packet, Layer::quoted, Problem::bad_version, *first >> 4u, 6);
  FixedHeader header;
  if (!read_fixed(cursor, header)) return stop(packet, Layer::icmp6, cursor);
  Quoted& quoted = packet.icmp->quoted.emplace();
  quoted.src = header.src;
  quoted.dst = header.dst;
  quoted.protocol = header.next_header;
  if (header.payload_len != 0) quoted.total_len = kFixedLen + header.payload_len;
  for (size_t walked = 0; is_extension(quoted.protocol) && walked < kMaxExtensions; ++walked) {
    Extension extension;
    std::optional<FragmentField> fragment;
    if (!read_extension(cursor, quoted.protocol, extension, fragment)) return stop(packet, Layer::icmp6, cursor);
    if (fragment && fragment->offset != 0) return;
  }
  if (!read_quoted_upper(cursor, quoted)) stop(packet, Layer::icmp6, cursor);
}

}  // namespace skbtrail::packet
