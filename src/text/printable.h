// A name from outside, fit for a terminal.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "text/append.h"
#include "text/plain.h"

namespace skbtrail::text {

// With '?' for control characters, which have no place in a device's or a task's name.
inline void append_printable(fmt::memory_buffer& out, std::string_view text) {
  if (is_plain<>(text)) return append(out, text);
  char* at = room(out, text.size());
  for (char c : text) *at++ = static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
}

}  // namespace skbtrail::text
