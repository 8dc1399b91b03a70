#include "recording/foreign.h"

#include <endian.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <optional>

#include "event/event.h"
#include "recording/format.h"
#include "recording/link_layer.h"

namespace skbtrail::recording {

namespace {

// By the flags of its block, where they say which way it went.
std::optional<uint8_t> pkt_type_of(uint32_t flags) {
  switch (flags & kDirectionMask) {
    case kOutbound: return PACKET_OUTGOING;
    case kInbound: break;
    default: return std::nullopt;
  }
  switch (flags & kReceptionMask) {
    case kMulticast: return PACKET_MULTICAST;
    case kBroadcast: return PACKET_BROADCAST;
    case kPromiscuous: return PACKET_OTHERHOST;
    default: return PACKET_HOST;
  }
}

}  // namespace

bool make_record(const ForeignPacket& packet, rec_core& core, PacketParts& bytes) {
  core = {};
  core.time_ns = packet.time_ns;
  core.probe = event::kUnknownProbe;
  core.cpu = event::kUnknownCpu;
  core.flags = REC_FLAG_SKB_NOT_OWNED;
  core.network_offset = 0xffff;
  core.wire_len = static_cast<uint32_t>(std::min<uint64_t>(packet.wire_len, UINT32_MAX));
  const LinkLayer link = link_layer_of(packet.link_type, packet.bytes, packet.swapped);
  if (const auto pkt_type = link.pkt_type ? link.pkt_type : pkt_type_of(packet.flags)) {
    core.flags |= REC_FLAG_PKT_TYPE;
    core.pkt_type = *pkt_type;
  }
  bytes = {};
  if (!link.is_understood) return false;
  const auto front = packet.bytes.first(link.front);
  auto rest = packet.bytes.subspan(link.size);
  rest = rest.first(std::min({rest.size(), link.packet_size.value_or(rest.size()), UINT16_MAX - front.size()}));
  if (front.empty() && rest.empty()) return true;
  bytes = {front, rest};
  core.start_layer = static_cast<uint8_t>(link.start);
  if (link.start == REC_START_NETWORK) core.protocol = htobe16(link.protocol);
  core.sections = REC_SECTION_BYTES;
  const uint64_t left = packet.wire_len - std::min<uint64_t>(link.size - link.front, packet.wire_len);
  const uint64_t wire_len = std::min<uint64_t>(left, link.packet_size.value_or(left));
  core.wire_len = static_cast<uint32_t>(std::clamp<uint64_t>(wire_len, front.size() + rest.size(), UINT32_MAX));
  return true;
}

}  // namespace skbtrail::recording
