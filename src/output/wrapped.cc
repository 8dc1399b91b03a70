#include "output/wrapped.h"

#include "text/printable.h"

namespace skbtrail::output {

// Nearly all is ASCII.
size_t columns_of(std::string_view text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte == 0x1b) {
      at = std::min(text.find('m', at), text.size() - 1) + 1;
    } else if (byte < 0x80) {
      columns++;
      at++;
    } else {
      size_t end = at;
      while (end < text.size() && static_cast<uint8_t>(text[end]) >= 0x80) end++;
      columns += text::columns_of(text.substr(at, end - at));
      at = end;
    }
  }
  return columns;
}

}  // namespace skbtrail::output
