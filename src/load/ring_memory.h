// What programs have to know of the rings that their records go to. stream/rings.h makes them and reads them.
#pragma once

#include <cstdint>
#include <vector>

namespace skbtrail::load {

struct RingMemory {
  bool own = true;               // rings of our own (bpf/ring.h); else the kernel's ring buffers
  uint32_t kernel_rings = 0;     // of these, one for each CPU that is possible
  int table = -1;                // the map in which the kernel's ring buffers lie, or the bell
  int segments = -1;             // the map in which our own lie
  uint32_t bytes = 0;            // of each of our own
  uint32_t segment_bits = 0;     // see bpf/ring.h
  uint64_t secret = 0;           // the same
  std::vector<uint16_t> of_cpu;  // which of our own, by CPU; SKBTRAIL_CPUS of them
};

}  // namespace skbtrail::load
