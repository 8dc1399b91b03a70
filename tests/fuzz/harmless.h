// What may reach a terminal, said a second time and in another way than by src/text/printable.h.
#pragma once

#include <cstdint>
#include <string_view>

inline bool is_harmless(std::string_view text) {
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<uint8_t>(text[at]) : 0U; };
  for (size_t at = 0; at < text.size();) {
    const unsigned first = byte(at), second = byte(at + 1), third = byte(at + 2);
    if (first < 0x80) {
      if ((first < 0x20 && first != '\n') || first == 0x7f) return false;
      at++;
      continue;
    }
    const size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4) return false;
    for (size_t i = 1; i <= more; i++)
      if (byte(at + i) >> 6 != 2) return false;
    if (first == 0xc2 && second < 0xa0) return false;                                     // C1
    if (first == 0xe0 && second < 0xa0) return false;                                     // overlong
    if (first == 0xed && second > 0x9f) return false;                                     // surrogates
    if (first == 0xe2 && second == 0x80 && third >= 0x8b && third <= 0x8f) return false;  // U+200B to U+200F
    if (first == 0xe2 && second == 0x80 && third >= 0xa8 && third <= 0xae) return false;  // U+2028 to U+202E
    if (first == 0xe2 && second == 0x81 && third >= 0xa0 && third <= 0xaf) return false;  // U+2060 to U+206F
    if (first == 0xef && second == 0xbb && third == 0xbf) return false;                   // U+FEFF
    at += more + 1;
  }
  return true;
}
