#include "event/ethernet_frame.h"

#include <endian.h>
#include <linux/if_ether.h>

#include <algorithm>
#include <cstring>

namespace skbtrail::event {

namespace {

std::byte* put_be16(std::byte* to, uint16_t value) {
  const uint16_t big = htobe16(value);
  std::memcpy(to, &big, sizeof(big));
  return to + sizeof(big);
}

// As bpf/packet_filter.h decides it: IP's own version counts for more than what skb->protocol says.
uint16_t ethertype_of(const Event& event) {
  const uint16_t protocol = be16toh(event.core->protocol);
  const bool ip = protocol == 0 || protocol == ETH_P_IP || protocol == ETH_P_IPV6;
  const unsigned version = event.bytes[0] >> 4;
  if (ip && version == 4) return ETH_P_IP;
  if (ip && version == 6) return ETH_P_IPV6;
  return protocol;
}

}  // namespace

uint8_t frame_changes(const Event& event) {
  if (event.bytes.empty()) return 0;
  uint8_t changes = 0;
  if (event.core->start_layer == REC_START_NETWORK) changes |= kFrameHeader;
  const bool has_room = changes || event.bytes.size() >= kAddressesSize;
  if (event.has(REC_FLAG_VLAN) && has_room) changes |= kFrameTag;
  return changes;
}

void write_frame(const Event& event, uint8_t changes, std::byte* to) {
  const auto bytes = std::as_bytes(event.bytes);
  if (!changes) {
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return;
  }
  size_t taken = 0;
  if (changes & kFrameHeader) {
    std::memset(to, 0, kAddressesSize);
  } else {
    taken = kAddressesSize;
    std::memcpy(to, bytes.data(), taken);
  }
  to += kAddressesSize;
  if (changes & kFrameTag) to = put_be16(put_be16(to, be16toh(event.core->vlan_proto)), event.core->vlan_tci);
  if (changes & kFrameHeader) to = put_be16(to, ethertype_of(event));
  if (bytes.size() > taken) std::memcpy(to, bytes.data() + taken, bytes.size() - taken);
}

size_t write_bytes_of(std::span<const std::byte> frame, uint8_t changes, std::byte* to) {
  size_t size = 0;
  const auto take = [&](std::span<const std::byte> part) {
    if (!part.empty()) std::memcpy(to + size, part.data(), part.size());
    size += part.size();
  };
  if (!changes) {
    take(frame);
    return size;
  }
  if (!(changes & kFrameHeader)) take(frame.first(std::min(frame.size(), kAddressesSize)));
  const size_t skipped = added_by(changes) + (changes & kFrameHeader ? 0 : kAddressesSize);
  if (frame.size() > skipped) take(frame.subspan(skipped));
  return size;
}

}  // namespace skbtrail::event
