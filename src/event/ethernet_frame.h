// An event's packet as an Ethernet frame, which is how captures keep it and expressions of tcpdump see it.
//
//   the record's bytes           the frame
//   | dst | src | type | ... |   the same
//   the same, and a tag that     | dst | src | TPID | TCI | type | ... |
//     is in the skb alone
//   | IP header | ... |          | zeros, 12 | type | IP header | ... |
//     (start: network)           | zeros, 12 | TPID | TCI | type | IP header | ... |
//
// One link type for all events, because libpcap refuses a file of more than one, and `ether`, `vlan` and such words for
// raw IP. What was put in is told by FrameChange, and so can be taken out again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "event/event.h"

namespace skbtrail::event {

// Bits.
enum FrameChange : uint8_t {
  kFrameHeader = 1,  // 14 bytes in front
  kFrameTag = 2,     // 4 bytes after the first 12
};

constexpr size_t kAddressesSize = 12;
constexpr size_t kFrameHeaderSize = 14;
constexpr size_t kFrameTagSize = 4;
// A frame has at most so many bytes more than the record.
constexpr size_t kFrameRoom = kFrameHeaderSize + kFrameTagSize;

// What has to be put in; 0 where there are no bytes.
uint8_t frame_changes(const Event& event);

// Bytes that these changes add.
constexpr size_t added_by(uint8_t changes) {
  return (changes & kFrameHeader ? kFrameHeaderSize : 0) + (changes & kFrameTag ? kFrameTagSize : 0);
}

// Writes the frame to `to`, which has room for the event's bytes and added_by(changes) more.
void write_frame(const Event& event, uint8_t changes, std::byte* to);

// The record's bytes out of a frame, which may have been cut since: to `to`, which has room for as many. Returns how
// many they are.
size_t write_bytes_of(std::span<const std::byte> frame, uint8_t changes, std::byte* to);

}  // namespace skbtrail::event
