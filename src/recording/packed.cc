#include "recording/packed.h"

#include <bit>

namespace skbtrail::recording {

namespace {

// Bytes to a word, from `at` on, which moves after them; false: there are not as many.
bool take_word(unsigned which, const uint8_t*& at, const uint8_t* end, uint64_t& word) {
  if (end - at < std::popcount(which)) return false;
  word = 0;
  for (unsigned left = which; left; left &= left - 1)
    word |= uint64_t{*at++} << (8 * static_cast<unsigned>(std::countr_zero(left)));
  return true;
}

}  // namespace

size_t unpack(std::span<const uint8_t> packed, uint64_t* to, size_t room) {
  if (packed.empty()) return SIZE_MAX;
  const uint8_t* at = packed.data();
  const uint8_t* const end = at + packed.size();
  const size_t in_last = *at++;
  size_t words = 0;
  if (in_last > 8 || (in_last == 0) != (at == end)) return SIZE_MAX;
  while (at < end) {
    const unsigned present = *at++;
    if (room - words < 8) return SIZE_MAX;
    for (unsigned i = 0; i < 8; i++, words++) {
      to[words] = 0;
      if (!(present >> i & 1)) continue;
      if (at == end) return SIZE_MAX;
      const unsigned which = *at++;
      if (!take_word(which, at, end, to[words])) return SIZE_MAX;
    }
    if (at == end) words -= 8 - in_last;
  }
  return words;
}

size_t unpack_version_1(std::span<const uint8_t> packed, uint64_t* to, size_t room) {
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
    if (words == room || !take_word(which, at, end, to[words++])) return SIZE_MAX;
  }
  return words;
}

}  // namespace skbtrail::recording
