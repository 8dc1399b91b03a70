// The packets that filters are judged on: frames and network-start packets of every kind, cut at every length, bent,
// and garbage. The same every time.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/unit/packet/packet_builder.h"

namespace skbtrail::test {

struct FilterPacket {
  ByteVector bytes;     // what is linear
  uint32_t copied = 0;  // how many of them are in the copy
  uint32_t wire_len = 0;
  uint16_t ethertype = 0;  // for a made header
  uint32_t tag = 0;        // TPID << 16 | TCI
};

std::vector<FilterPacket> filter_packets(size_t count);

// Packets of which most have VLAN tags, extension headers, or both: some more of each than are walked through.
std::vector<FilterPacket> walked_packets(size_t count);

}  // namespace skbtrail::test
