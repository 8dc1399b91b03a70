#include "recording/foreign.h"

#include <endian.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cstring>

#include "event/event.h"

namespace skbtrail::recording {

namespace {

enum LinkType : uint16_t {
  kNull = 0,
  kEthernet = 1,
  kRaw = 101,
  kLoop = 108,
  kLinuxCooked = 113,
  kIpv4 = 228,
  kIpv6 = 229,
  kLinuxCooked2 = 276,
};

uint16_t be16_at(std::span<const std::byte> bytes, size_t at) {
  uint16_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// Bytes in front of the network header; nothing for Ethernet.
std::optional<size_t> link_size(uint16_t type) {
  switch (type) {
    case kNull:
    case kLoop: return 4;
    case kRaw:
    case kIpv4:
    case kIpv6: return 0;
    case kLinuxCooked: return 16;
    case kLinuxCooked2: return 20;
    default: return std::nullopt;
  }
}

// Big-endian, 0 where the bytes do not say.
uint16_t protocol_of(uint16_t type, std::span<const std::byte> link, std::span<const std::byte> network) {
  if (type == kLinuxCooked) return be16_at(link, 14);
  if (type == kLinuxCooked2) return be16_at(link, 0);
  if (network.empty()) return 0;
  const auto version = std::to_integer<unsigned>(network[0]) >> 4;
  return htobe16(version == 4 ? ETH_P_IP : version == 6 ? ETH_P_IPV6 : 0);
}

}  // namespace

bool is_understood(uint16_t link_type) {
  return link_type == kEthernet || link_size(link_type).has_value();
}

rec_core record_of(const ForeignPacket& packet, std::span<const std::byte>& bytes) {
  rec_core core{};
  core.time_ns = packet.time_ns;
  core.probe = event::kUnknownProbe;
  core.cpu = event::kUnknownCpu;
  core.flags = REC_FLAG_SKB_GONE;
  core.network_offset = 0xffff;
  constexpr uint32_t kDirection = 3, kOutbound = 2;
  if ((packet.flags & kDirection) == kOutbound) core.pkt_type = PACKET_OUTGOING;
  bytes = {};
  const size_t link = link_size(packet.link_type).value_or(0);
  if (!is_understood(packet.link_type) || packet.bytes.size() <= link) return core;
  bytes = packet.bytes.subspan(link);
  bytes = bytes.first(std::min<size_t>(bytes.size(), UINT16_MAX));
  core.start_layer = packet.link_type == kEthernet ? REC_START_LINK : REC_START_NETWORK;
  if (core.start_layer == REC_START_NETWORK) core.protocol = protocol_of(packet.link_type, packet.bytes, bytes);
  core.sections = REC_SECTION_BYTES;
  core.caplen = static_cast<uint16_t>(bytes.size());
  core.wire_len = static_cast<uint32_t>(
      std::clamp<uint64_t>(packet.wire_len - std::min<uint64_t>(link, packet.wire_len), bytes.size(), UINT32_MAX));
  return core;
}

}  // namespace skbtrail::recording
