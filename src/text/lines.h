// Texts of several lines.
#pragma once

#include <algorithm>
#include <string_view>

namespace skbtrail::text {

// Calls `use(line)` for each line, without its end. What follows the last line's end is a line unless it is empty.
template <typename Use>
void for_each_line(std::string_view text, Use use) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    use(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace skbtrail::text
