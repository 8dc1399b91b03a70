// A captured packet of another program's file as a record without a location: no probe, no device, no skb, only bytes
// and time. Where they begin says link_layer.h. A packet of which no byte can be shown has a length alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bpf/record.h"

namespace skbtrail::recording {

struct ForeignPacket {
  uint16_t link_type = 0;  // LINKTYPE_*
  std::span<const std::byte> bytes{};
  uint64_t wire_len = 0;
  uint64_t time_ns = 0;
  uint32_t flags = 0;    // epb_flags
  bool swapped = false;  // the file is of the other byte order
};

// Packet bytes, one part after the other: a tag may have stood between them.
using PacketParts = std::array<std::span<const std::byte>, 2>;

// `bytes` gets those of the record. The core has a probe and a CPU of no number (event::kUnknownProbe). Returns
// whether it is understood what the frame is.
bool make_record(const ForeignPacket& packet, rec_core& core, PacketParts& bytes);

}  // namespace skbtrail::recording
