#include "text/printable.h"

#include <algorithm>
#include <array>

#include "text/utf8.h"

namespace skbtrail::text {

namespace {

struct Codes {
  char32_t first, last;
};

// What is not seen or moves others: category Cf of Unicode, line and paragraph separators, fillers, selectors of
// variants; and controls. In order.
constexpr std::array kHidden{
    Codes{0x00, 0x1f},       Codes{0x7f, 0x9f},       Codes{0xad, 0xad},       Codes{0x34f, 0x34f},
    Codes{0x600, 0x605},     Codes{0x61c, 0x61c},     Codes{0x6dd, 0x6dd},     Codes{0x70f, 0x70f},
    Codes{0x890, 0x891},     Codes{0x8e2, 0x8e2},     Codes{0x115f, 0x1160},   Codes{0x17b4, 0x17b5},
    Codes{0x180b, 0x180f},   Codes{0x200b, 0x200f},   Codes{0x2028, 0x202e},   Codes{0x2060, 0x206f},
    Codes{0x3164, 0x3164},   Codes{0xfe00, 0xfe0f},   Codes{0xfeff, 0xfeff},   Codes{0xffa0, 0xffa0},
    Codes{0xfff0, 0xfffb},   Codes{0x110bd, 0x110bd}, Codes{0x110cd, 0x110cd}, Codes{0x13430, 0x1343f},
    Codes{0x1bca0, 0x1bca3}, Codes{0x1d173, 0x1d17a}, Codes{0xe0000, 0xe0fff},
};

constexpr std::array kCombining{
    Codes{0x300, 0x36f},   Codes{0x483, 0x489},   Codes{0x591, 0x5bd},   Codes{0x610, 0x61a},
    Codes{0x64b, 0x65f},   Codes{0x1ab0, 0x1aff}, Codes{0x1dc0, 0x1dff}, Codes{0x20d0, 0x20ff},
    Codes{0x302a, 0x302f}, Codes{0x3099, 0x309a}, Codes{0xfe20, 0xfe2f},
};

// East_Asian_Width W and F, and pictures.
constexpr std::array kWide{
    Codes{0x1100, 0x115e},   Codes{0x2e80, 0x303e},   Codes{0x3041, 0xa4cf},   Codes{0xac00, 0xd7a3},
    Codes{0xf900, 0xfaff},   Codes{0xfe30, 0xfe6f},   Codes{0xff01, 0xff60},   Codes{0xffe0, 0xffe6},
    Codes{0x1f300, 0x1f64f}, Codes{0x1f680, 0x1f6ff}, Codes{0x1f900, 0x1f9ff}, Codes{0x20000, 0x3fffd},
};

template <size_t Count>
bool is_among(const std::array<Codes, Count>& ranges, char32_t code) {
  const auto after = std::find_if(ranges.begin(), ranges.end(), [&](const Codes& codes) { return code <= codes.last; });
  return after != ranges.end() && code >= after->first;
}

size_t columns_of(char32_t code) {
  if (code < kCombining.front().first) return 1;
  if (is_among(kCombining, code)) return 0;
  return is_among(kWide, code) ? 2 : 1;
}

// A line's end that is one of ours, or not.
enum class Ends : uint8_t { hidden, kept, kept_if_indented };

bool is_kept(std::string_view text, size_t at, Ends ends) {
  if (ends == Ends::hidden) return false;
  if (text[at] == '\t') return true;
  return text[at] == '\n' && (ends == Ends::kept || text.substr(at + 1).starts_with("  "));
}

// Returns bytes beyond columns.
size_t append_shown(fmt::memory_buffer& out, std::string_view text, Ends ends) {
  size_t excess = 0;
  for (size_t at = 0; at < text.size();) {
    const auto [bytes, code] = first_character(text.substr(at));
    if (is_kept(text, at, ends)) {
      append(out, text[at]);
    } else if (bytes == 0 || !is_printable(code)) {
      append(out, '?');
    } else {
      append(out, text.substr(at, bytes));
      excess += bytes - columns_of(code);
    }
    at += std::max<size_t>(bytes, 1);
  }
  return excess;
}

std::string shown(std::string_view text, Ends ends) {
  fmt::memory_buffer out;
  append_shown(out, text, ends);
  return fmt::to_string(out);
}

}  // namespace

bool is_printable(char32_t code) {
  return !is_among(kHidden, code);
}

size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const auto [bytes, code] = first_character(text.substr(at));
    columns += bytes ? columns_of(code) : 1;
    at += std::max<size_t>(bytes, 1);
  }
  return columns;
}

void fill_columns(fmt::memory_buffer& out, size_t begin, size_t columns) {
  const size_t taken = columns_of({out.data() + begin, out.size() - begin});
  if (taken < columns) std::memset(room(out, columns - taken), ' ', columns - taken);
}

size_t append_printable_slowly(fmt::memory_buffer& out, std::string_view text) {
  return append_shown(out, text, Ends::hidden);
}

std::string printable(std::string_view text) {
  return shown(text, Ends::hidden);
}

std::string printable_lines(std::string_view text) {
  return shown(text, Ends::kept);
}

std::string printable_message(std::string_view text) {
  return shown(text, Ends::kept_if_indented);
}

}  // namespace skbtrail::text
