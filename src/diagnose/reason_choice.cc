#include "diagnose/reason_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "text/glob.h"
#include "text/nearest.h"

namespace skbtrail::diagnose {

namespace {

constexpr std::string_view kPrefix = "SKB_DROP_REASON_";

// As reasons are named: subsystem in small letters, reason in capitals.
std::string normalized(std::string word) {
  const size_t colon = word.find(':');
  const size_t begin = colon == std::string::npos ? 0 : colon + 1;
  for (size_t i = 0; i < word.size(); i++) {
    const auto c = static_cast<unsigned char>(word[i]);
    word[i] = static_cast<char>(i < begin ? std::tolower(c) : std::toupper(c));
  }
  if (word.starts_with(kPrefix)) word.erase(0, kPrefix.size());
  return word;
}

}  // namespace

std::vector<std::string> choose_reasons(const std::vector<std::string>& words, const std::vector<std::string>& known,
                                        std::string_view before) {
  std::vector<bool> chosen(known.size(), false);
  for (const auto& word : words) {
    const std::string pattern = normalized(word);
    bool some = false;
    for (size_t i = 0; i < known.size(); i++)
      if (text::is_glob(pattern) ? text::matches_glob(pattern, known[i]) : pattern == known[i]) some = chosen[i] = true;
    if (some) continue;
    const std::string near = text::nearest(pattern, known);
    throw std::invalid_argument(fmt::format("{}{}", before,
                                            text::is_glob(word) ? fmt::format("'{}' matches no drop reason", word)
                                            : near.empty()      ? fmt::format("no drop reason is called '{}'", word)
                                                           : fmt::format("no drop reason is called '{}'; did you mean "
                                                                         "{}?",
                                                                         word, near)));
  }
  std::vector<std::string> result;
  for (size_t i = 0; i < known.size(); i++)
    if (chosen[i]) result.push_back(known[i]);
  return result;
}

}  // namespace skbtrail::diagnose
