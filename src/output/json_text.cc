#include "output/json_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "text/append.h"
#include "text/plain.h"
#include "text/printable.h"
#include "text/utf8.h"

namespace skbtrail::output {

namespace {

constexpr char32_t kReplacement = 0xfffd;  // for a byte that is not UTF-8

void append_unit(fmt::memory_buffer& out, char32_t unit) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(unit));
}

// In UTF-16, as JSON counts.
void append_escaped(fmt::memory_buffer& out, char32_t code) {
  constexpr char32_t kPlane = 0x10000;
  if (code < kPlane) return append_unit(out, code);
  append_unit(out, 0xd800 + ((code - kPlane) >> 10));
  append_unit(out, 0xdc00 + ((code - kPlane) & 0x3ff));
}

}  // namespace

void append_json_text(fmt::memory_buffer& out, std::string_view text) {
  if (text::is_plain<'"', '\\'>(text)) {
    char* at = text::room(out, text.size() + 2);
    *at = '"';
    text::copy(at + 1, text.data(), text.size());
    at[1 + text.size()] = '"';
    return;
  }
  out.push_back('"');
  for (size_t at = 0; at < text.size();) {
    const auto [bytes, code] = text::first_character(text.substr(at));
    if (code == '"' || code == '\\') out.push_back('\\');
    if (bytes == 0)
      append_unit(out, kReplacement);
    else if (!text::is_printable(code))
      append_escaped(out, code);
    else
      text::append(out, text.substr(at, bytes));
    at += std::max<size_t>(bytes, 1);
  }
  out.push_back('"');
}

}  // namespace skbtrail::output
