#include "output/json_text.h"

#include <cstdint>
#include <iterator>

#include "text/append.h"
#include "text/plain.h"

namespace skbtrail::output {

namespace {

// Length of the UTF-8 sequence at the front of `text`, 0 if there is none that is well formed (RFC 3629).
size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  auto continues = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  uint8_t first = byte(0);
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    bool overlong = first == 0xe0 && byte(1) < 0xa0;
    bool surrogate = first == 0xed && byte(1) > 0x9f;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    bool overlong = first == 0xf0 && byte(1) < 0x90;
    bool beyond = first == 0xf4 && byte(1) > 0x8f;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
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
  for (size_t i = 0; i < text.size();) {
    auto c = static_cast<uint8_t>(text[i]);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(text[i++]);
    } else if (c < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
      i++;
    } else if (c < 0x80) {
      out.push_back(text[i++]);
    } else if (size_t length = utf8_length(text.substr(i))) {
      text::append(out, text.substr(i, length));
      i += length;
    } else {
      text::append(out, "\\ufffd");
      i++;
    }
  }
  out.push_back('"');
}

}  // namespace skbtrail::output
