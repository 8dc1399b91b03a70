// Texts of several lines, or of several words.
#pragma once

#include <algorithm>
#include <string_view>

namespace skbtrail::text {

// Calls `use(part)` for each part, without the separator after it. What follows the last separator is a part unless it
// is empty.
template <typename Use>
void for_each_part(std::string_view text, char separator, Use use) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    use(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

template <typename Use>
void for_each_line(std::string_view text, Use use) {
  for_each_part(text, '\n', use);
}

}  // namespace skbtrail::text
