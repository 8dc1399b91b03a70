// What a reader takes of a file, whoever wrote it: a few compressed bytes may become any number of interfaces, names
// and stacks. A file that has more is read to there, and Reader::problem() says which limit it was. With all of them
// memory stays below 700 MiB for each file that is read at the same time; a recording of ten million events takes 14.
//
// What needs none: options have at most 64 KiB, and link types, times and snap lengths are numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/name_texts.h"

namespace skbtrail::recording {

constexpr uint32_t kMostBlock = 16u << 20;    // bytes of a block, and of a packet of pcap; as Wireshark
constexpr uint32_t kMostPacket = 262144;      // bytes of a packet of pcap, as libpcap; of USB and D-Bus as of a block
constexpr size_t kMostInterfaces = 1u << 20;  // of a section
constexpr size_t kMostName = 4096;            // bytes; the kernel's longest symbol has 511
constexpr size_t kMostFrames = 1024;          // of a stack; the kernel's has 127
constexpr size_t kMostJson = 16u << 20;       // bytes of the head, and of the summary
constexpr size_t kMostJsonValues = 1'000'000;
constexpr size_t kMostJsonDepth = 16;
constexpr size_t kMostKept = 256u << 20;  // bytes of names and stacks together
constexpr int kMostWindow = 27;           // of zstd: 2^27 bytes, as its own program takes without being asked

// What one name or stack takes beside its bytes.
constexpr size_t kPerName = event::NameTexts::kPerName;

}  // namespace skbtrail::recording
