// A captured packet of another program's file as a record without a place: no probe, no device, no skb, only bytes and
// time.
//
//   link type                      where the record's bytes begin
//   Ethernet                       link
//   raw IP, IPv4, IPv6             network
//   Linux cooked, versions 1 and 2 network, behind 16 or 20 bytes that say the protocol and whose packet it is
//   BSD loopback                   network, behind 4 bytes
//   any other                      nowhere: no bytes
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "bpf/record.h"

namespace skbtrail::recording {

struct ForeignPacket {
  uint16_t link_type;  // LINKTYPE_*
  std::span<const std::byte> bytes;
  uint64_t wire_len;
  uint64_t time_ns;
  uint32_t flags;  // epb_flags
};

// `bytes` gets the record's packet bytes. The core has a probe and a CPU of no number (event::kUnknownProbe).
rec_core record_of(const ForeignPacket& packet, std::span<const std::byte>& bytes);

// Whether bytes of such packets can be shown.
bool is_understood(uint16_t link_type);

}  // namespace skbtrail::recording
