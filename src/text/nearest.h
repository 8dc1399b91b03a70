// The name that somebody most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::text {

// The candidate with the smallest edit distance to `word`, empty if none is near enough (a third of its length, or it
// begins with the word).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// "a,b ,c" to its parts, without blanks around them; empty parts are skipped.
std::vector<std::string> split_list(std::string_view list);

}  // namespace skbtrail::text
