// Shell globs over names, as fnmatch(3) without flags decides them: * ? [a-z] [!a-z], and \ before a character that
// means itself.
#pragma once

#include <string>
#include <string_view>

namespace skbtrail::text {

// Whether a word is a pattern, and not a name.
inline bool is_glob(std::string_view word) {
  return word.find_first_of("*?[") != std::string_view::npos;
}

bool matches_glob(const std::string& pattern, const std::string& name);

}  // namespace skbtrail::text
