// Texts and numbers to the end of a buffer, for the lines of events: a million of them a second, which is more than
// format strings are fast enough for. Numbers look as {fmt} prints them ("{}", "{:#x}").
//
// Nothing here throws but for lack of memory.
#pragma once

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace skbtrail::text {

// Makes room for `size` more characters, which the caller then writes; returns where they begin.
inline char* room(fmt::memory_buffer& out, size_t size) {
  const size_t at = out.size();
  out.resize(at + size);
  return out.data() + at;
}

// memcpy() for what is mostly a few bytes, which is cheaper without a call: the first and the last bytes, overlapping.
inline void copy(char* to, const char* from, size_t size) {
  auto ends = [&](auto word) {
    std::memcpy(&word, from, sizeof(word));
    auto last = word;
    std::memcpy(&last, from + size - sizeof(word), sizeof(word));
    std::memcpy(to, &word, sizeof(word));
    std::memcpy(to + size - sizeof(word), &last, sizeof(word));
  };
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    ends(uint64_t{});
  } else if (size >= 4) {
    ends(uint32_t{});
  } else {
    for (size_t i = 0; i < size; i++) to[i] = from[i];
  }
}

inline void append(fmt::memory_buffer& out, std::string_view text) {
  copy(room(out, text.size()), text.data(), text.size());
}

inline void append(fmt::memory_buffer& out, char c) {
  *room(out, 1) = c;
}

// "00" to "99".
inline constexpr auto kTwoDigits = [] {
  std::array<char, 200> digits{};
  for (size_t i = 0; i < 100; i++) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

// Eight digits from `begin` on, zeros in front: four pairs that do not wait for one another.
inline void put_eight(char* begin, uint32_t number) {
  const size_t high = number / 10'000, low = number % 10'000;
  std::memcpy(begin, &kTwoDigits[2 * (high / 100)], 2);
  std::memcpy(begin + 2, &kTwoDigits[2 * (high % 100)], 2);
  std::memcpy(begin + 4, &kTwoDigits[2 * (low / 100)], 2);
  std::memcpy(begin + 6, &kTwoDigits[2 * (low % 100)], 2);
}

// The digits of `number` so that they end at `end`; returns where they begin. There must be room for 20.
inline char* put_number(char* end, uint64_t number) {
  for (constexpr uint32_t kEight = 100'000'000; number >= kEight; number /= kEight)
    put_eight(end -= 8, static_cast<uint32_t>(number % kEight));
  for (; number >= 100; number /= 100) std::memcpy(end -= 2, &kTwoDigits[2 * (number % 100)], 2);
  if (number < 10) {
    *--end = static_cast<char>('0' + number);
  } else {
    std::memcpy(end -= 2, &kTwoDigits[2 * number], 2);
  }
  return end;
}

inline void append_number(fmt::memory_buffer& out, uint64_t number) {
  if (number < 10) return append(out, static_cast<char>('0' + number));
  constexpr size_t kMost = 20;
  std::array<char, 2 * kMost> digits{};
  const char* end = digits.data() + kMost;
  const char* begin = put_number(digits.data() + kMost, number);
  const size_t before = out.size();
  std::memcpy(room(out, kMost), begin, kMost);  // as many each time: no call
  out.resize(before + static_cast<size_t>(end - begin));
}

inline void append_integer(fmt::memory_buffer& out, int64_t number) {
  if (number < 0) append(out, '-');
  append_number(out, number < 0 ? uint64_t{0} - static_cast<uint64_t>(number) : static_cast<uint64_t>(number));
}

// "0x1f".
inline void append_hex(fmt::memory_buffer& out, uint64_t number) {
  const auto digits = static_cast<size_t>((std::bit_width(number | 1) + 3) / 4);
  char* at = room(out, 2 + digits);
  *at++ = '0';
  *at++ = 'x';
  for (size_t left = digits; left-- > 0;) *at++ = "0123456789abcdef"[number >> (4 * left) & 15];
}

// Exactly `width` digits, zeros in front; the number must not have more.
inline void append_padded(fmt::memory_buffer& out, uint64_t number, size_t width) {
  char* at = room(out, width);
  for (; width >= 2; width -= 2, number /= 100) std::memcpy(at + width - 2, &kTwoDigits[2 * (number % 100)], 2);
  if (width == 1) *at = static_cast<char>('0' + number % 10);
}

}  // namespace skbtrail::text
