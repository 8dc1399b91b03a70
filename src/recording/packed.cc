#include "recording/packed.h"

#include <bit>

namespace skbtrail::recording {

size_t unpack(std::span<const uint8_t> packed, uint64_t* to, size_t room) {
  const uint8_t* at = packed.data();
  const uint8_t* const end = at + packed.size();
  size_t words = 0;
  while (at < end) {
    const unsigned which = *at++;
    if (which == 0) {
      if (at == end) return SIZE_MAX;
      const size_t zeros = size_t{*at++} + 1;
      if (words + zeros > room) return SIZE_MAX;
      std::memset(to + words, 0, zeros * sizeof(uint64_t));
      words += zeros;
      continue;
    }
    if (words == room || end - at < std::popcount(which)) return SIZE_MAX;
    uint64_t word = 0;
    for (unsigned left = which; left; left &= left - 1)
      word |= uint64_t{*at++} << (8 * static_cast<unsigned>(std::countr_zero(left)));
    to[words++] = word;
  }
  return words;
}

}  // namespace skbtrail::recording
