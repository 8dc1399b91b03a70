#include "text/utf8.h"

#include <array>
#include <cstdint>

namespace skbtrail::text {

namespace {

struct Lead {
  uint8_t mask, bits;  // a first byte, masked, is this
  size_t bytes;
  char32_t least;  // a smaller code has a shorter form
};

constexpr std::array<Lead, 4> kLeads{
    {{0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}}};
constexpr char32_t kHighest = 0x10ffff;

bool is_surrogate(char32_t code) {
  return code >= 0xd800 && code <= 0xdfff;
}

}  // namespace

Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (const auto& lead : kLeads) {
    if ((byte(0) & lead.mask) != lead.bits) continue;
    if (text.size() < lead.bytes) return {};
    char32_t code = byte(0) & static_cast<uint8_t>(~lead.mask);
    for (size_t i = 1; i < lead.bytes; i++) {
      if ((byte(i) & 0xc0) != 0x80) return {};
      code = code << 6 | (byte(i) & 0x3f);
    }
    if (code < lead.least || code > kHighest || is_surrogate(code)) return {};
    return {lead.bytes, code};
  }
  return {};
}

}  // namespace skbtrail::text
