// Whether a text may go out as it is: eight characters at a time, for names that nearly always may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace skbtrail::text {

namespace words {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x80 * kOnes;

// Not zero if one of the eight bytes is less than `bound`, which is at most 128. (A byte borrows from the one above it
// only if it is itself less.)
constexpr uint64_t less(uint64_t word, uint8_t bound) {
  return (word - bound * kOnes) & ~word & kHighBits;
}

constexpr uint64_t equal(uint64_t word, char c) {
  return less(word ^ static_cast<uint8_t>(c) * kOnes, 1);
}

}  // namespace words

// Every character is printable ASCII and none of `Without`.
template <char... Without>
bool is_plain(std::string_view text) {
  using namespace words;
  uint64_t found = 0;
  auto look = [&](uint64_t word) {
    found |= (word & kHighBits) | less(word, ' ') | equal(word, 0x7f) | (uint64_t{0} | ... | equal(word, Without));
  };
  auto word_at = [&](size_t at) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    return word;
  };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) look(word_at(at));
  if (at == text.size()) return found == 0;
  if (text.size() >= 8) {
    look(word_at(text.size() - 8));
  } else {
    for (char c : text) look(static_cast<uint8_t>(c) * kOnes);
  }
  return found == 0;
}

}  // namespace skbtrail::text
