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

inline void append(fmt::memory_buffer& out, std::string_view text) {
  std::memcpy(room(out, text.size()), text.data(), text.size());
}

inline void append_number(fmt::memory_buffer& out, uint64_t number) {
  if (number < 10) return out.push_back(static_cast<char>('0' + number));
  const fmt::format_int digits(number);
  append(out, {digits.data(), digits.size()});
}

inline void append_integer(fmt::memory_buffer& out, int64_t number) {
  const fmt::format_int digits(number);
  append(out, {digits.data(), digits.size()});
}

// "0x1f".
inline void append_hex(fmt::memory_buffer& out, uint64_t number) {
  const auto digits = static_cast<size_t>((std::bit_width(number | 1) + 3) / 4);
  char* at = room(out, 2 + digits);
  *at++ = '0';
  *at++ = 'x';
  for (size_t left = digits; left-- > 0;) *at++ = "0123456789abcdef"[number >> (4 * left) & 15];
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

// Exactly `width` digits, zeros in front; the number must not have more.
inline void append_padded(fmt::memory_buffer& out, uint64_t number, size_t width) {
  char* at = room(out, width);
  for (; width >= 2; width -= 2, number /= 100) std::memcpy(at + width - 2, &kTwoDigits[2 * (number % 100)], 2);
  if (width == 1) *at = static_cast<char>('0' + number % 10);
}

}  // namespace skbtrail::text
