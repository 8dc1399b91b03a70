// Names as the kernel keeps them: in an array of fixed size, padded with zeros.
#pragma once

#include <cstring>
#include <string_view>

namespace skbtrail::text {

template <size_t Size>
std::string_view fixed_text(const char (&text)[Size]) {
  return {text, strnlen(text, Size)};
}

}  // namespace skbtrail::text
