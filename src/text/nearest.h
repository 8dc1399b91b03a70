// The name that a user most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skbtrail::text {

// The candidate with the smallest edit distance to `word`, empty if none is near enough (a third of its length, or it
// begins with the word). Large and small letters are the same.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// What a message says after a word that is none of the candidates: "; did you mean X?", or `otherwise`. With `quote`
// around X.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         std::string_view otherwise = "", std::string_view quote = "");

// "a,b ,c" to its parts, without blanks around them; empty parts are skipped.
std::vector<std::string> split_list(std::string_view list);

}  // namespace skbtrail::text
