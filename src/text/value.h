// What a field has to say, and the room for texts that are made for it.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <variant>

namespace skbtrail::text {

// Nothing: not known. A string view points into what the value was asked of, or into the scratch buffer.
using Value = std::variant<std::monostate, uint64_t, int64_t, bool, std::string_view>;

// A text in it is valid until the next value is asked for.
using Scratch = fmt::memory_buffer;

// The text that was written there; nothing was written: not known.
inline Value text_in(const Scratch& scratch) {
  return scratch.size() != 0 ? Value(std::string_view(scratch.data(), scratch.size())) : Value();
}

inline Value number(uint64_t value) {
  return value;
}

}  // namespace skbtrail::text
