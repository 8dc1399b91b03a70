// The life of an skb: from where it was first seen at an address to where it ends, or another packet is seen there.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "bpf/record.h"
#include "trail/content.h"

namespace skbtrail::trail {

// How an skb came to be, as far as it is known.
enum class Lineage : uint8_t {
  original,
  clone,
  copy,  // or a clone: its content tells that it is the same packet, and nothing tells how it was made
  segment,
  fragment,
  reassembled,
  merged,
  rebuilt,
  retransmission,
};

// Why the life that was at the same address before ended without an end that was seen: the address was used again.
enum class Cut : uint8_t {
  none,
  revisited,     // the same probe at the same device once more
  other_packet,  // another content
  other_id,      // the kernel side followed another skb
  after_loss,    // events were lost in between, and nothing tells that it is still the same packet
};

struct Life {
  uint64_t number = 0;  // never used again; 0: none
  uint64_t address = 0;
  uint64_t kernel_id = 0;  // 0: not known
  uint64_t kernel_trail = 0;
  uint64_t last_ns = 0;
  uint64_t digest = 0;             // of the bytes of `look`
  Look look;                       // the last that was a packet
  std::array<uint64_t, 3> keys{};  // that it is found by, 0: none
  std::vector<uint64_t> visited;   // locations where a packet comes once
  uint32_t trail = 0;              // whose it is: for the user of the splitter
  uint16_t branch = 0;
  bool has_ended = false;
  bool is_with_driver = false;   // the last that was seen of it is that it was handed to one
  bool went_to_program = false;  // by a tun device
};

}  // namespace skbtrail::trail
