// A recording, byte by byte. It is a pcapng file (draft-ietf-opsawg-pcapng) that other programs open as it is; what
// they have no field for is in custom options, which they pass over. (Custom blocks would be the obvious choice for
// it; but Wireshark lists those among the packets.)
//
//   Section Header Block      machine, kernel, program, command line as a comment; custom: head, original
//   Interface Description 0   for events without a device
//   then, in the order of the events
//     Interface Description   one for each device in each namespace, before its first event; custom: device
//     Enhanced Packet         an event, or a gap; custom: names that it is the first to need, then itself
//   Interface Statistics 0    events lost; custom: end, or next
//
// All integers are in the byte order of the host that wrote, blocks and options are padded to 4 bytes.
//
// Interface Description Block: link type Ethernet for all, see event/ethernet_frame.h; name "eth0@blue" (device and
// namespace), times in nanoseconds.
//
// Enhanced Packet Block: time of day, the frame, and options:
//
//   opt_comment     "kfree_skb in blue: NO_SOCKET at icmp_rcv+0x12"
//   epb_flags       inbound or outbound, where that is known
//   epb_packetid    address of the skb, where there is one
//   epb_dropcount   of a gap: events lost
//   custom ones     2989, which programs may copy:
//
//   | u32 number of ours | 's' | u8 version | u8 kind | rest |
//
//   kind            rest
//   0 to 31         an event or a gap. Bits 0 and 1: event::FrameChange; bit 2: late; bit 3: a gap; bit 4: the upper
//                   half of `sk` is that of skb, and 0 here.
//                   Event: the record (bpf/record.h) from `sk` on, without device section and packet bytes, packed
//                   (packed.h); its sections as the head lists them (sections.h). Before version 5 the core was another
//                   (old_core.h), and the sections were those of sections_before_lists(). So that there are more zeros,
//                   `wire_len` is what it differs (^) from that of the block, without what FrameChange added, `tid` is
//                   tid ^ pid. From version 2 on it is kept of all what it differs by from what is expected
//                   (residual.h). Gap: | u64 after | u64 before | u32 cpu | u32 flags | u64 lost, by cause |
//                        and from version 4 on | u64 skipped | u32 functions | u16 probe | u16 0 |
//                   flags: bit 0: may_have_matched (event/gap.h). Before version 4 they are 0, and the third cause
//                   counts stacks that were not kept, and no events.
//   head            JSON (head.h), in pieces of as many options as it takes
//   clock           number: time of day - CLOCK_MONOTONIC, ns; holds for what follows
//   names           number: what event/name_kinds.h says; each kind of name has the kind that its row there says
//   stack           | u64 id | u64 return addresses, innermost first |
//   end             JSON: the summary
//   next            nothing: the ring's next file goes on
//   device          struct rec_device
//   original        nothing; of a section header, in option 19373, which programs must not copy: the section is as its
//                   writer left it, so that an end that is missing was not written. editcap and mergecap leave both
//                   out
//
//   those with a number: | u64 number | name |
//
// So an event is its record again: time from the block's and the last clock, skb from epb_packetid, the device from the
// interface, the packet bytes from the frame.
//
// The number of ours is 32473, which RFC 5612 keeps for examples: this project has none registered. Others may use it
// too, hence the 's'.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "event/name_kinds.h"

namespace skbtrail::recording {

constexpr uint32_t kPen = 32473;  // Private Enterprise Number of custom options: the one for documentation, RFC 5612
constexpr uint8_t kOurMark = 's';
// Raised when a reader of the version before would misunderstand something. Every version before is read, too.
constexpr uint8_t kVersion = 5;
constexpr uint8_t kVersionOfExpected = 2;  // and of this packing
constexpr uint8_t kVersionOfLen = 3;       // predicted, and of what else residual.h marks
constexpr uint8_t kVersionOfSkipped = 4;   // gaps of hits that the kernel skipped
constexpr uint8_t kVersionOfSections = 5;  // the head lists the sections, of which there may be 32; this core

enum BlockType : uint32_t {
  kSectionHeader = 0x0a0d0d0a,
  kInterfaceDescription = 1,
  kObsoletePacket = 2,
  kSimplePacket = 3,
  kInterfaceStatistics = 5,
  kEnhancedPacket = 6,
};
constexpr uint32_t kByteOrder = 0x1a2b3c4d;

enum OptionCode : uint16_t {
  kOptionEnd = 0,
  kComment = 1,
  kHardware = 2,     // of a section header
  kSystem = 3,       // the same
  kApplication = 4,  // the same
  kInterfaceName = 2,
  kTimeResolution = 9,
  kTimeOffset = 14,
  kPacketFlags = 2,
  kDropCount = 4,
  kPacketId = 5,
  kStatisticsDropped = 7,  // isb_osdrop
  kCustomOption = 2989,    // bytes, may be copied
  kCustomNoCopy = 19373,   // bytes, not to be copied by a program that changes the file
};

// epb_flags: bits 0 and 1 direction, bits 2 to 4 how it was received.
constexpr uint32_t kDirectionMask = 3, kInbound = 1, kOutbound = 2;
constexpr uint32_t kReceptionMask = 7 << 2, kMulticast = 2 << 2, kBroadcast = 3 << 2, kPromiscuous = 4 << 2;

// One series with the kinds of names (event/name_kinds.h: 34, 35, 36, 41, 43, 44). The next free number is 45.
enum CustomKind : uint8_t {
  kHead = 32,
  kClock = 33,
  kStack = 37,
  kEnd = 38,
  kNext = 39,
  kDevice = 40,
  kOriginal = 42,
};
static_assert(
    [] {
      for (const uint8_t kind : {kHead, kClock, kStack, kEnd, kNext, kDevice, kOriginal})
        if (event::name_kind_on_disk(kind)) return false;
      for (const auto& row : event::kNameRows)
        if (row.on_disk <= kHead || event::name_kind_on_disk(row.on_disk) != row.kind) return false;
      return true;
    }(),
    "each kind has a number of its own");

// Bits of an event's kind, beside event::FrameChange.
constexpr uint8_t kChanges = 3;
constexpr uint8_t kLate = 4;
constexpr uint8_t kGap = 8;
constexpr uint8_t kSharesUpperHalf = 16;  // the addresses of skb and socket
constexpr uint64_t kUpperHalf = 0xffffffff00000000;

constexpr uint16_t kEthernet = 1;     // link type
constexpr uint32_t kSnapLen = 65535;  // of all interfaces, for libpcap wants them alike

// Bytes in front of the rest.
constexpr size_t kCustomHead = 7;

constexpr size_t padded(size_t size) {
  return (size + 3) & ~size_t{3};
}

struct GapBytes {
  uint64_t after_ns;
  uint64_t before_ns;
  uint32_t cpu;
  uint32_t flags;
  std::array<uint64_t, 4> lost;
  uint64_t skipped;
  uint32_t functions;
  uint16_t probe;
  uint16_t zero;
};
constexpr size_t kGapBytesBefore = offsetof(GapBytes, skipped);  // before version 4
constexpr uint32_t kGapMayHaveMatched = 1;

}  // namespace skbtrail::recording
