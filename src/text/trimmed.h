// A text without the blanks at both of its ends: spaces, tabs and ends of lines.
#pragma once

#include <string_view>

namespace skbtrail::text {

constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace skbtrail::text
