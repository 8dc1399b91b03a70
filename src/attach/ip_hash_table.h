// The table by which programs on kprobes find out which function they were called for; bpf/config.h draws it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bpf/config.h"

namespace skbtrail::attach {

struct Call {
  uint64_t address;  // as the program sees it; not a multiple of 2^32
  uint64_t cookie;
};

struct IpHashTable {
  uint32_t multiplier = 0;  // 0: there are no calls
  uint8_t max_probes = 0;   // so many entries have to be looked at, at most
  std::vector<ip_hash_entry> entries;
  std::vector<size_t> without_slot;  // indices of the calls that found no slot

  // Addresses differ in their lower halves. Of a few multipliers the one is taken with which the fewest calls are left
  // out, and then the fewest entries have to be looked at. Of 8,000 calls mostly none is skipped.
  static IpHashTable of(std::span<const Call> calls);
};

}  // namespace skbtrail::attach
