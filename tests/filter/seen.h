// A packet with the bytes that a front puts in.
#pragma once

#include <optional>

#include "filter/classic.h"
#include "tests/filter/packets.h"

namespace skbtrail::test {

// The packet as the program is to see it; none where a tag has no place.
inline std::optional<ByteVector> seen(const FilterPacket& packet, filter::Front front) {
  ByteVector bytes = packet.bytes, made;
  if (front == filter::Front::tag && bytes.size() < 12) return std::nullopt;
  if (front == filter::Front::link_header || front == filter::Front::tagged_link_header) made.resize(12);
  if (front == filter::Front::tag || front == filter::Front::tagged_link_header) put32(made, packet.tag);
  if (front == filter::Front::link_header || front == filter::Front::tagged_link_header) put16(made, packet.ethertype);
  bytes.insert(bytes.begin() + (front == filter::Front::tag ? 12 : 0), made.begin(), made.end());
  return bytes;
}

}  // namespace skbtrail::test
